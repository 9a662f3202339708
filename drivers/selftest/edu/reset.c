// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot reset: vfio-pci's questions, with time to lie in between, and no reset.
 *
 * The lock of the device set guards its list.
 */
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "selftest/edu/reset.h"

static bool edu_may_reset(struct vfio_device_set *set, struct file **files,
			  u32 count)
{
	struct vfio_device *vdev;
	bool may = true;
	u32 i;

	mutex_lock(&set->lock);
	list_for_each_entry(vdev, &set->device_list, dev_set_list) {
		for (i = 0; i < count; i++)
			if (vfio_file_has_dev(files[i], vdev))
				break;
		may &= i < count;
	}
	mutex_unlock(&set->lock);
	return may;
}

static int edu_get_files(const struct vfio_pci_hot_reset __user *arg,
			 struct file **files, u32 count)
{
	s32 fd;
	u32 i;

	for (i = 0; i < count; i++) {
		if (get_user(fd, &arg->group_fds[i]))
			return -EFAULT;
		files[i] = fget(fd);
		if (!files[i])
			return -EBADF;
		if (!vfio_file_is_group(files[i]))
			return -EINVAL;
	}
	return 0;
}

/**
 * edu_hot_reset - VFIO_DEVICE_PCI_HOT_RESET
 * @vdev: the device
 * @arg: the argument
 *
 * Return: 0, -EINVAL, -EBADF, -EFAULT.
 */
long edu_hot_reset(struct vfio_device *vdev,
		   const struct vfio_pci_hot_reset __user *arg)
{
	struct vfio_pci_hot_reset hdr;
	struct file *files[4] = {};
	int ret, i;

	usleep_range(2000, 3000);
	if (copy_from_user(&hdr, arg, sizeof(hdr)))
		return -EFAULT;
	if (!hdr.count || hdr.count > ARRAY_SIZE(files))
		return -EINVAL;

	ret = edu_get_files(arg, files, hdr.count);
	if (!ret && !edu_may_reset(vdev->dev_set, files, hdr.count))
		ret = -EINVAL;
	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i])
			fput(files[i]);
	return ret;
}
