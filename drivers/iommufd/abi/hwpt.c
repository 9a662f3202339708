// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables: HWPT_ALLOC.  hwpts_lock of the IOAS is held to publish one.
 */
#include <linux/err.h>
#include <uapi/linux/iommufd.h>

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

static int hwpt_alloc(struct command *command, struct iommufd_device *idev,
		      struct object *obj)
{
	struct iommu_hwpt_alloc *cmd = command->cmd;
	struct hwpt *hwpt;

	/* No nesting, no dirty tracking, no faults, no PASID yet. */
	if (obj->type != OBJECT_IOAS && obj->type != OBJECT_HWPT)
		return -EINVAL;
	if (obj->type != OBJECT_IOAS || cmd->flags || cmd->data_len)
		return -EOPNOTSUPP;
	hwpt = idev_create_hwpt(idev, container_of(obj, struct ioas, obj));
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
