// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_cdev.ko: a character device, /dev/vfio/devices/vfioN, for each device
 * of the stock vfio.ko, so that it can be used with an iommufd.
 *
 * Here: what happens on load and unload.  A module with an open file cannot be
 * unloaded, so nothing is in use when it ends.
 */
#include <linux/iommufd.h>
#include <linux/module.h>

#include "compat/vfio.h"
#include "vfio/vfio_cdev.h"

static void main_add(struct vfio_device *vdev)
{
	int ret = vfio_cdev_add(vdev);

	if (ret)
		dev_err(vdev->dev, "no VFIO character device: error %d\n", ret);
}

static const struct compat_vfio_watch main_watch = {
	.add = main_add,
	.remove = vfio_cdev_remove,
};

static int __init main_init(void)
{
	int ret;

	ret = vfio_udev_init();
	if (ret)
		return ret;

	ret = iommufd_user_register(&vfio_cdev_fops);
	if (ret)
		goto err_udev;

	ret = vfio_join_start();
	if (ret)
		goto err_user;

	vfio_redirect_start();
	/* Last: the kernel does not wait for files of a module that fails. */
	ret = compat_vfio_watch_start(&main_watch);
	if (ret)
		goto err_redirect;
	return 0;

err_redirect:
	vfio_redirect_stop();
	vfio_join_stop();
err_user:
	iommufd_user_unregister(&vfio_cdev_fops);
err_udev:
	vfio_udev_exit();
	return ret;
}

static void __exit main_exit(void)
{
	compat_vfio_watch_stop();
	vfio_redirect_stop();
	vfio_join_stop();
	iommufd_user_unregister(&vfio_cdev_fops);
	vfio_udev_exit();
}

module_init(main_init);
module_exit(main_exit);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("the iommufd project");
MODULE_VERSION(IOMMUFD_VERSION);
MODULE_DESCRIPTION("VFIO character devices for iommufd");
