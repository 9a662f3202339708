// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a context has, for who looks: LIST_OBJECTS, IOAS_LIST_AREAS, which mainline does
 * not have.  No lock: each entry is asked for below, and copied to user space after.
 */
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <uapi/linux/iommufd_list.h>

#include "iommufd/abi/command.h"
#include "iommufd/abi/commands.h"
#include "iommufd/base/object.h"
#include "iommufd/device/view.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/view.h"

/**
 * struct answer - the array of a caller
 * @at: where the next entry goes
 * @size: of an entry, as the caller knows it
 * @filled: how many there are
 * @room: how many there may be
 */
struct answer {
	u8 __user *at;
	u32 size;
	u32 filled;
	u32 room;
};

static int answer_begin(struct answer *answer, const struct iommu_list *cmd,
			u32 min_size)
{
	if (!cmd->num)
		return 0;
	if (cmd->entry_size < min_size || cmd->entry_size > IOMMU_LIST_ENTRY_MAX)
		return -EINVAL;
	*answer = (struct answer){
		.at = u64_to_user_ptr(cmd->entries),
		.size = cmd->entry_size,
		.room = min_t(u32, cmd->num, IOMMU_LIST_MAX),
	};
	return 0;
}

/*
 * Entries of @size bytes; what the caller knows of one beyond that is cleared.  All at
 * once where both know the same.
 */
static int answer_add(struct answer *answer, const void *entries, u32 size, u32 num)
{
	u32 known = min(size, answer->size), n;

	for (; num; num -= n, entries += n * size) {
		n = answer->size == size ? num : 1;
		if (copy_to_user(answer->at, entries, n * known) ||
		    clear_user(answer->at + n * known, answer->size - known))
			return -EFAULT;
		answer->at += n * answer->size;
		answer->filled += n;
	}
	return 0;
}

static int answer_end(struct answer *answer, struct command *command, bool more,
		      u64 next)
{
	struct iommu_list *cmd = command->cmd;

	cmd->num = answer->filled;
	cmd->out_more = more;
	if (more)
		cmd->next = next;
	return command_respond(command, sizeof(*cmd));
}

int cmd_list_objects(struct command *command)
{
	const struct iommu_list *cmd = command->cmd;
	unsigned long id = min_t(u64, cmd->next, ULONG_MAX);
	struct iommu_object_entry entry;
	struct object *obj = NULL;
	struct answer answer = {};
	int rc;

	if (cmd->flags || cmd->ioas_id)
		return -EOPNOTSUPP;
	rc = answer_begin(&answer, cmd, sizeof(entry));
	if (rc)
		return rc;
	while (answer.filled < answer.room) {
		obj = object_next(command->ictx, &id, OBJECT_ANY);
		if (!obj)
			break;
		object_view(obj, &entry);
		object_put(obj);
		rc = answer_add(&answer, &entry, sizeof(entry), 1);
		if (rc)
			return rc;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return answer_end(&answer, command, obj, id);
}

static int list_areas(struct ioas_listing *listing, struct answer *answer,
		      struct iommu_area_entry *batch)
{
	int n, rc;

	while (!listing->end && answer->filled < answer->room) {
		n = ioas_list(listing, batch, answer->room - answer->filled);
		if (n < 0)
			return n;
		rc = answer_add(answer, batch, sizeof(*batch), n);
		if (rc)
			return rc;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

int cmd_list_areas(struct command *command)
{
	const struct iommu_list *cmd = command->cmd;
	struct ioas_listing listing = {
		.next = cmd->next,
		.trusted = ns_capable_noaudit(&init_user_ns, CAP_SYS_PTRACE),
		.large = cmd->flags & IOMMU_LIST_LARGE,
	};
	struct iommu_area_entry *batch;
	struct answer answer = {};
	int rc;

	if (cmd->flags & ~IOMMU_LIST_LARGE)
		return -EOPNOTSUPP;
	rc = answer_begin(&answer, cmd, sizeof(*batch));
	if (rc)
		return rc;
	listing.ioas = ioas_get(command->ictx, cmd->ioas_id);
	if (IS_ERR(listing.ioas))
		return PTR_ERR(listing.ioas);
	batch = kmalloc_array(LISTING_BATCH, sizeof(*batch), GFP_KERNEL_ACCOUNT);
	rc = batch ? list_areas(&listing, &answer, batch) : -ENOMEM;
	kfree(batch);
	ioas_put(listing.ioas);
	if (rc)
		return rc;
	return answer_end(&answer, command, !listing.end, listing.next);
}
