// SPDX-License-Identifier: GPL-2.0-only
/*
 * What devices have written: HWPT_SET_DIRTY_TRACKING and HWPT_GET_DIRTY_BITMAP.  No lock
 * is held over user memory: a part of the bitmap is pinned, then what it is for is read.
 */
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <uapi/linux/iommufd.h>

#include "iommufd/abi/bitmap.h"
#include "iommufd/abi/command.h"
#include "iommufd/abi/commands.h"
#include "iommufd/base/object.h"
#include "iommufd/device/hwpt.h"
#include "iommufd/ioas/dirty.h"

static struct hwpt *hwpt_get(struct command *command, u32 id)
{
	struct object *obj = object_get(command->ictx, id, OBJECT_HWPT);

	return IS_ERR(obj) ? ERR_CAST(obj) :
			     container_of(obj, struct hwpt, obj);
}

int cmd_hwpt_set_dirty_tracking(struct command *command)
{
	struct iommu_hwpt_set_dirty_tracking *cmd = command->cmd;
	struct hwpt *hwpt;
	int rc;

	if ((cmd->flags & ~IOMMU_HWPT_DIRTY_TRACKING_ENABLE) ||
	    cmd->__reserved)
		return -EOPNOTSUPP;
	hwpt = hwpt_get(command, cmd->hwpt_id);
	if (IS_ERR(hwpt))
		return PTR_ERR(hwpt);
	rc = hwpt_track(hwpt, cmd->flags & IOMMU_HWPT_DIRTY_TRACKING_ENABLE);
	object_put(&hwpt->obj);
	return rc;
}

/**
 * struct request - what is asked for
 * @bitmap: where bits are set
 * @first: first IOVA
 * @last: last IOVA, inclusive
 * @shift: a bit stands for 2^@shift bytes
 * @clear: start anew
 */
struct request {
	void __user *bitmap;
	unsigned long first;
	unsigned long last;
	unsigned int shift;
	bool clear;
};

/* The last IOVA of the part that begins at @first: of one read, and of bits of one part. */
static unsigned long request_part(const struct request *request,
				  unsigned long first)
{
	unsigned long last = first | (DIRTY_STEP - 1);

	/* Of such bits an IO page may have more than a part takes. */
	if (BIT(request->shift) < DIRTY_STEP / BITMAP_PART_BITS)
		last = first | ((BITMAP_PART_BITS << request->shift) - 1);
	return min(last, request->last);
}

/* Pin the bits of a range, and read it. */
static int request_read_part(const struct request *request, struct hwpt *hwpt,
			     unsigned long first, unsigned long last)
{
	unsigned long bit = (first - request->first) >> request->shift;
	unsigned long end = (last - request->first) >> request->shift;
	struct bitmap_part part = { .shift = request->shift };
	int rc;

	/* Bits are counted from the first of a byte on. */
	bit &= ~(BITS_PER_BYTE - 1UL);
	part.iova = request->first + (bit << request->shift);
	rc = bitmap_part_pin(&part, request->bitmap, bit, end - bit + 1);
	if (rc)
		return rc;
	rc = ioas_read_dirty(hwpt->ioas, &hwpt->domain, first, last,
			     request->clear, bitmap_part_mark, &part);
	bitmap_part_unpin(&part);
	return rc;
}

static int request_read(const struct request *request, struct hwpt *hwpt)
{
	unsigned long first = request->first, last;
	int rc;

	/* There may be far more IOVA than anybody could wait for. */
	while (ioas_next_mapped(hwpt->ioas, &first, request->last)) {
		last = request_part(request, first);
		rc = request_read_part(request, hwpt, first, last);
		if (rc)
			return rc;
		if (last == request->last)
			break;
		first = last + 1;
		cond_resched();
	}
	return 0;
}

/* Is all of the bitmap there? */
static int request_try_bitmap(const struct request *request)
{
	unsigned long last = (request->last - request->first) >> request->shift;
	struct bitmap_part part = {};
	unsigned long bit;
	int rc;

	for (bit = 0; bit <= last; bit += BITMAP_PART_BITS) {
		rc = bitmap_part_pin(&part, request->bitmap, bit,
				     min(last - bit + 1, BITMAP_PART_BITS));
		if (rc)
			return rc;
		bitmap_part_unpin(&part);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

/* Set a request to what a command says, if it can be served at all. */
static int request_take(struct request *request, struct hwpt *hwpt,
			const struct iommu_hwpt_get_dirty_bitmap *cmd)
{
	u64 last, mask = cmd->page_size - 1;
	unsigned long bytes;
	int rc;

	if (!cmd->length)
		return -EINVAL;
	if (check_add_overflow(cmd->iova, cmd->length - 1, &last) ||
	    last > ULONG_MAX)
		return -EOVERFLOW;
	if (!is_power_of_2(cmd->page_size) || (cmd->iova & mask) ||
	    ((last + 1) & mask))
		return -EINVAL;
	rc = ioas_check_dirty(hwpt->ioas, cmd->iova, last);
	if (rc)
		return rc;
	if (!hwpt->domain.tracks)
		return -EOPNOTSUPP;
	if (!READ_ONCE(hwpt->tracking))
		return -EINVAL;
	*request = (struct request){
		.bitmap = u64_to_user_ptr(cmd->data),
		.first = cmd->iova,
		.last = last,
		.shift = ilog2(cmd->page_size),
		.clear = !(cmd->flags & IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR),
	};
	bytes = ((last - cmd->iova) >> request->shift) / BITS_PER_BYTE + 1;
	return access_ok(request->bitmap, bytes) ? 0 : -EFAULT;
}

static int hwpt_get_dirty_bitmap(struct hwpt *hwpt,
				 const struct iommu_hwpt_get_dirty_bitmap *cmd)
{
	struct request request;
	int rc;

	rc = request_take(&request, hwpt, cmd);
	if (rc)
		return rc;
	/* What is read is there no more, so all of the bitmap has to be. */
	if (request_part(&request, request.first) != request.last)
		rc = request_try_bitmap(&request);
	return rc ? rc : request_read(&request, hwpt);
}

int cmd_hwpt_get_dirty_bitmap(struct command *command)
{
	struct iommu_hwpt_get_dirty_bitmap *cmd = command->cmd;
	struct hwpt *hwpt;
	int rc;

	if ((cmd->flags & ~IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR) ||
	    cmd->__reserved)
		return -EOPNOTSUPP;
	hwpt = hwpt_get(command, cmd->hwpt_id);
	if (IS_ERR(hwpt))
		return PTR_ERR(hwpt);
	rc = hwpt_get_dirty_bitmap(hwpt, cmd);
	object_put(&hwpt->obj);
	return rc;
}
