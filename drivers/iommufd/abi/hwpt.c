// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables: HWPT_ALLOC and HWPT_INVALIDATE.  hwpts_lock of the IOAS is held to
 * publish one.
 */
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <uapi/linux/iommufd.h>

#include "compat/nested.h"
#include "iommufd/abi/command.h"
#include "iommufd/abi/commands.h"
#include "iommufd/base/object.h"
#include "iommufd/device/device.h"
#include "iommufd/device/hwpt.h"
#include "iommufd/device/settle.h"
#include "iommufd/ioas/ioas.h"

/* User space is told the id before anybody else can find the page table by it. */
static int hwpt_hand_over(struct command *command, struct hwpt *hwpt)
{
	struct iommu_hwpt_alloc *cmd = command->cmd;
	int rc;

	cmd->out_hwpt_id = hwpt->obj.id;
	rc = command_respond(command, sizeof(*cmd));
	if (rc) {
		hwpt_abort(hwpt);
		return rc;
	}
	mutex_lock(&hwpt->ioas->hwpts_lock);
	hwpt_publish(hwpt);
	mutex_unlock(&hwpt->ioas->hwpts_lock);
	hwpt_unuse(hwpt);
	return 0;
}

/* What a page table that we fill can be asked for: no faults yet. */
#define FILLED_FLAGS \
	(IOMMU_HWPT_ALLOC_NEST_PARENT | IOMMU_HWPT_ALLOC_DIRTY_TRACKING | \
	 IOMMU_HWPT_ALLOC_PASID)

static struct hwpt *hwpt_alloc_filled(const struct iommu_hwpt_alloc *cmd,
				      struct iommufd_device *idev,
				      struct ioas *ioas)
{
	if ((cmd->flags & ~FILLED_FLAGS) || cmd->data_len)
		return ERR_PTR(-EOPNOTSUPP);
	return idev_create_hwpt(idev, ioas, cmd->flags);
}

static struct hwpt *hwpt_alloc_nested(const struct iommu_hwpt_alloc *cmd,
				      struct iommufd_device *idev,
				      struct hwpt *parent)
{
	const struct compat_user_data data = {
		.type = cmd->data_type,
		.uptr = u64_to_user_ptr(cmd->data_uptr),
		.len = cmd->data_len,
	};

	if ((cmd->flags & ~IOMMU_HWPT_ALLOC_PASID) || !cmd->data_len ||
	    !compat_can_nest(idev->dev))
		return ERR_PTR(-EOPNOTSUPP);
	return hwpt_create_nested(parent, idev->dev, cmd->flags, &data);
}

static int hwpt_alloc(struct command *command, struct iommufd_device *idev,
		      struct object *obj)
{
	struct iommu_hwpt_alloc *cmd = command->cmd;
	struct hwpt *hwpt = ERR_PTR(-EINVAL);

	if (obj->type == OBJECT_IOAS)
		hwpt = hwpt_alloc_filled(cmd, idev,
					 container_of(obj, struct ioas, obj));
	else if (obj->type == OBJECT_HWPT)
		hwpt = hwpt_alloc_nested(cmd, idev,
					 container_of(obj, struct hwpt, obj));
	return IS_ERR(hwpt) ? PTR_ERR(hwpt) : hwpt_hand_over(command, hwpt);
}

int cmd_hwpt_alloc(struct command *command)
{
	struct iommu_hwpt_alloc *cmd = command->cmd;
	struct iommufd_device *idev;
	struct object *obj;
	int rc = -EINVAL;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	if (!cmd->data_len ^ !cmd->data_type)
		return -EINVAL;
	idev = idev_get(command->ictx, cmd->dev_id);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	obj = object_get(command->ictx, cmd->pt_id, OBJECT_ANY);
	if (!IS_ERR(obj)) {
		rc = hwpt_alloc(command, idev, obj);
		object_put(obj);
	}
	idev_put(idev);
	return rc;
}

/* More can't be asked for in one call. */
#define INVALIDATE_MAX BIT(19)

/* A driver is given so many at a time, as it does not look for signals. */
#define INVALIDATE_BATCH 64U

/* @done: how many, also on error. */
static int hwpt_invalidate(struct hwpt *hwpt,
			   const struct iommu_hwpt_invalidate *cmd, u32 *done)
{
	struct compat_user_data entries = {
		.type = cmd->data_type,
		.len = cmd->entry_len,
	};
	u32 count;
	int rc;

	/* Where there are none the driver still looks at the type. */
	do {
		entries.uptr = u64_to_user_ptr(cmd->data_uptr +
					       (u64)*done * cmd->entry_len);
		count = min(cmd->entry_num - *done, INVALIDATE_BATCH);
		rc = compat_nested_invalidate(hwpt->domain.iommu, &entries,
					      &count);
		*done += count;
		cond_resched();
		if (!rc && *done < cmd->entry_num &&
		    fatal_signal_pending(current))
			rc = -EINTR;
	} while (!rc && *done < cmd->entry_num);
	return rc;
}

static int hwpt_find_and_invalidate(struct command *command, u32 *done)
{
	const struct iommu_hwpt_invalidate *cmd = command->cmd;
	struct object *obj;
	int rc = -EINVAL;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	if (cmd->entry_num &&
	    (!cmd->data_uptr || !cmd->entry_len || cmd->entry_len > PAGE_SIZE ||
	     cmd->entry_num > INVALIDATE_MAX))
		return -EINVAL;
	obj = object_get(command->ictx, cmd->hwpt_id, OBJECT_ANY);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	if (obj->type == OBJECT_NESTED)
		rc = hwpt_invalidate(container_of(obj, struct hwpt, obj), cmd,
				     done);
	object_put(obj);
	return rc;
}

int cmd_hwpt_invalidate(struct command *command)
{
	struct iommu_hwpt_invalidate *cmd = command->cmd;
	u32 done = 0;
	int rc;

	rc = hwpt_find_and_invalidate(command, &done);
	/* After an error user space wants to know how far it came, too. */
	cmd->entry_num = done;
	if (command_respond(command, sizeof(*cmd)))
		return -EFAULT;
	return rc;
}
