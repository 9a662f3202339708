// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices: GET_HW_INFO.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/iommufd.h>

#include "compat/dirty.h"
#include "compat/hardware.h"
#include "compat/pasid.h"
#include "iommufd/abi/command.h"
#include "iommufd/abi/commands.h"
#include "iommufd/device/device.h"

/* For the last two a domain is made: what the kernel says of the hardware is not enough. */
static int capabilities_tell(struct iommu_hw_info *cmd, struct device *dev)
{
	int can_track, bits;

	cmd->out_capabilities = compat_hw_lacks_ats(dev) ?
				IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED : 0;
	can_track = compat_dirty_can(dev);
	if (can_track < 0)
		return can_track;
	if (can_track)
		cmd->out_capabilities |= IOMMU_HW_CAP_DIRTY_TRACKING;
	bits = compat_pasid_bits(dev);
	if (bits < 0)
		return bits;
	if (bits)
		cmd->out_capabilities |= compat_pasid_capabilities(dev);
	cmd->out_max_pasid_log2 = bits;
	return 0;
}

int cmd_get_hw_info(struct command *command)
{
	struct iommu_hw_info *cmd = command->cmd;
	void __user *out = u64_to_user_ptr(cmd->data_uptr);
	struct iommufd_device *idev;
	u32 length, known;
	void *data;
	int rc = 0;

	if ((cmd->flags & ~IOMMU_HW_INFO_FLAG_INPUT_TYPE) ||
	    memchr_inv(cmd->__reserved, 0, sizeof(cmd->__reserved)))
		return -EOPNOTSUPP;
	if (!(cmd->flags & IOMMU_HW_INFO_FLAG_INPUT_TYPE))
		cmd->in_data_type = IOMMU_HW_INFO_TYPE_DEFAULT;
	idev = idev_get(command->ictx, cmd->dev_id);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	data = compat_hw_info(idev->dev, &length, &cmd->out_data_type);
	if (IS_ERR(data)) {
		rc = PTR_ERR(data);
		goto out;
	}
	known = min(cmd->data_len, length);
	if (copy_to_user(out, data, known) ||
	    clear_user(out + known, cmd->data_len - known))
		rc = -EFAULT;
	kfree(data);

	cmd->data_len = length;
	if (!rc)
		rc = capabilities_tell(cmd, idev->dev);
	if (!rc)
		rc = command_respond(command, sizeof(*cmd));
out:
	idev_put(idev);
	return rc;
}
