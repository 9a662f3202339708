// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_FEATURE: what the device's driver answers by itself.  Drivers
 * end features that the core answers for them (migration, DMA logging) with
 * ENOTTY, which is how programs learn that a feature is not there.
 *
 * No lock: drivers have their own.
 */
#include <linux/uaccess.h>

#include "vfio_cdev.h"

/**
 * vfio_feature() - VFIO_DEVICE_FEATURE
 * @f: a file that is ready
 * @uarg: the ioctl's argument
 *
 * Return: what the driver returns, 0 for success; -ENOTTY for a feature that
 * is not there.
 */
int vfio_feature(struct vfio_cdev_file *f,
		 struct vfio_device_feature __user *uarg)
{
	const size_t minsz = offsetofend(struct vfio_device_feature, flags);
	const u32 both = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET;
	struct vfio_device_feature arg;

	if (copy_from_user(&arg, uarg, minsz))
		return -EFAULT;
	if (arg.argsz < minsz)
		return -EINVAL;

	if (arg.flags & ~(VFIO_DEVICE_FEATURE_MASK |
			  VFIO_DEVICE_FEATURE_PROBE | both))
		return -EINVAL;
	/* Only a probe may ask for both. */
	if (!(arg.flags & VFIO_DEVICE_FEATURE_PROBE) &&
	    (arg.flags & both) == both)
		return -EINVAL;

	if (!f->vdev->ops->device_feature)
		return -ENOTTY;
	return f->vdev->ops->device_feature(f->vdev, arg.flags, uarg->data,
					    arg.argsz - minsz);
}
