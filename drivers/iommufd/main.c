// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module, and the node /dev/iommu.
 *
 * VMMs and device plugins change their ways as soon as the node exists, so it
 * is there only while the module of a user is loaded that can bind devices to
 * it: node_lock guards the count of those.
 */
#include <linux/iommufd.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/namei.h>
#include <linux/utsname.h>

#include "compat/export.h"
#include "iommufd/abi/file.h"
#include "iommufd/ioas/area.h"
#include "iommufd/ioas/revive.h"
#include "iommufd/iommu/quota.h"
#include "iommufd/memory/watch.h"

static DEFINE_MUTEX(node_lock);
static unsigned int node_users;

static struct miscdevice node = {
	.name = "iommu",
	.nodename = "iommu",
	.fops = &file_ops,
	.mode = 0660,
};

/**
 * iommufd_user_register() - make /dev/iommu appear
 * @device_files: operations of files that are VFIO devices, or NULL; one user has some
 *
 * Return: 0 or -errno.  Undone by iommufd_user_unregister().
 */
int iommufd_user_register(const struct file_operations *device_files)
{
	int rc = 0;

	mutex_lock(&node_lock);
	if (!node_users) {
		node.minor = MISC_DYNAMIC_MINOR;
		rc = misc_register(&node);
	}
	if (!rc)
		node_users++;
	if (!rc && device_files)
		watch_set_files(device_files);
	mutex_unlock(&node_lock);
	return rc;
}
EXPORT_SYMBOL_GPL(iommufd_user_register);

/**
 * iommufd_user_unregister() - undo iommufd_user_register()
 * @device_files: as there
 *
 * Open files of /dev/iommu go on; of devices there are none.
 */
void iommufd_user_unregister(const struct file_operations *device_files)
{
	mutex_lock(&node_lock);
	if (device_files)
		watch_set_files(NULL);
	if (!--node_users)
		misc_deregister(&node);
	mutex_unlock(&node_lock);
}
EXPORT_SYMBOL_GPL(iommufd_user_unregister);

/* Does the running kernel come with a /dev/iommu of its own? */
static bool node_exists(void)
{
	struct path path;

	if (kern_path("/sys/class/misc/iommu", LOOKUP_FOLLOW, &path))
		return false;
	path_put(&path);
	return true;
}

static int __init iommufd_init(void)
{
	int rc;

	if (node_exists()) {
		pr_err("iommufd: this kernel has a /dev/iommu already, use that one\n");
		return -EBUSY;
	}
	quota_init();
	revive_init();
	rc = compat_export_init();
	if (rc)
		return rc;
	rc = area_init();
	if (rc)
		compat_export_exit();
	else
		pr_info("iommufd: version " IOMMUFD_VERSION " on %s\n",
			init_utsname()->release);
	return rc;
}

static void __exit iommufd_exit(void)
{
	revive_exit();
	area_exit();
	compat_export_exit();
}

module_init(iommufd_init);
module_exit(iommufd_exit);

MODULE_DESCRIPTION("/dev/iommu: IO address spaces for user space");
MODULE_LICENSE("GPL");
MODULE_AUTHOR("the iommufd project");
MODULE_VERSION(IOMMUFD_VERSION);
