// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module, the node /dev/iommu, and its open files.
 *
 * VMMs and device plugins change their ways as soon as the node exists, so it
 * is there only while the module of a user is loaded that can bind devices to
 * it: node_lock guards the count of those.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/utsname.h>

#include "iommufd.h"

static DEFINE_MUTEX(node_lock);
static unsigned int node_users;

/* ---- open files ---- */

static struct iommufd_ctx *ctx_alloc(void)
{
	struct iommufd_ctx *ictx = kzalloc(sizeof(*ictx), GFP_KERNEL_ACCOUNT);

	if (!ictx)
		return NULL;
	ictx->quota = quota_get_current();
	if (!ictx->quota) {
		kfree(ictx);
		return NULL;
	}
	object_ctx_init(ictx);
	mutex_init(&ictx->groups_lock);
	INIT_LIST_HEAD(&ictx->groups);
	spin_lock_init(&ictx->account_lock);
	spin_lock_init(&ictx->share_lock);
	ictx->shares = RB_ROOT_CACHED;
	return ictx;
}

static void ctx_free(struct iommufd_ctx *ictx)
{
	quota_put(ictx->quota);
	kfree(ictx);
}

static int file_open(struct inode *inode, struct file *file)
{
	struct iommufd_ctx *ictx = ctx_alloc();

	if (!ictx)
		return -ENOMEM;
	ictx->file = file;
	file->private_data = ictx;
	return 0;
}

static int file_release(struct inode *inode, struct file *file)
{
	struct iommufd_ctx *ictx = file->private_data;

	object_ctx_destroy(ictx);
	WARN_ON(!list_empty(&ictx->groups) ||
		!RB_EMPTY_ROOT(&ictx->shares.rb_root));
	account_put(ictx->account);
	ctx_free(ictx);
	return 0;
}

static long file_ioctl(struct file *file, unsigned int nr, unsigned long arg)
{
	return ioctl_run(file->private_data, nr, (void __user *)arg);
}

static const struct file_operations file_ops = {
	.owner = THIS_MODULE,
	.open = file_open,
	.release = file_release,
	.unlocked_ioctl = file_ioctl,
};

/**
 * iommufd_ctx_from_file() - the context of an open file
 * @file: any file
 *
 * Return: the context, for iommufd_ctx_put(), or ERR_PTR(-EBADFD) where @file
 * is not of /dev/iommu.
 */
struct iommufd_ctx *iommufd_ctx_from_file(struct file *file)
{
	struct iommufd_ctx *ictx;

	if (file->f_op != &file_ops)
		return ERR_PTR(-EBADFD);
	ictx = file->private_data;
	iommufd_ctx_get(ictx);
	return ictx;
}
EXPORT_SYMBOL_GPL(iommufd_ctx_from_file);

/**
 * iommufd_ctx_from_fd() - the context of a file descriptor of the caller
 * @fd: any number
 *
 * Return: as iommufd_ctx_from_file(), and ERR_PTR(-EBADF) where it is not
 * open.
 */
struct iommufd_ctx *iommufd_ctx_from_fd(int fd)
{
	struct iommufd_ctx *ictx;
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	ictx = iommufd_ctx_from_file(file);
	fput(file);
	return ictx;
}
EXPORT_SYMBOL_GPL(iommufd_ctx_from_fd);

/**
 * iommufd_ctx_get() - take a reference on a context
 * @ictx: a context that the caller has a reference on
 */
void iommufd_ctx_get(struct iommufd_ctx *ictx)
{
	ctx_get(ictx);
}
EXPORT_SYMBOL_GPL(iommufd_ctx_get);

/**
 * iommufd_ctx_put() - drop a reference on a context
 * @ictx: the context
 */
void iommufd_ctx_put(struct iommufd_ctx *ictx)
{
	ctx_put(ictx);
}
EXPORT_SYMBOL_GPL(iommufd_ctx_put);

/**
 * ctx_create - a context that user space can't name
 *
 * Its file is one like any other, but never gets a descriptor.
 *
 * Return: the context with one reference, or an ERR_PTR: -ENOMEM, -ENFILE.
 */
struct iommufd_ctx *ctx_create(void)
{
	struct iommufd_ctx *ictx = ctx_alloc();
	struct file *file;

	if (!ictx)
		return ERR_PTR(-ENOMEM);
	file = anon_inode_getfile("[iommufd]", &file_ops, ictx, O_RDWR);
	if (IS_ERR(file)) {
		ctx_free(ictx);
		return ERR_CAST(file);
	}
	ictx->file = file;
	return ictx;
}

/* ---- the node ---- */

static struct miscdevice node = {
	.name = "iommu",
	.nodename = "iommu",
	.fops = &file_ops,
	.mode = 0660,
};

/**
 * iommufd_user_register() - make /dev/iommu appear
 *
 * Return: 0 or -errno.  Undone by iommufd_user_unregister().
 */
int iommufd_user_register(void)
{
	int rc = 0;

	mutex_lock(&node_lock);
	if (!node_users) {
		node.minor = MISC_DYNAMIC_MINOR;
		rc = misc_register(&node);
	}
	if (!rc)
		node_users++;
	mutex_unlock(&node_lock);
	return rc;
}
EXPORT_SYMBOL_GPL(iommufd_user_register);

/**
 * iommufd_user_unregister() - undo iommufd_user_register()
 *
 * Open files go on.
 */
void iommufd_user_unregister(void)
{
	mutex_lock(&node_lock);
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
	rc = area_init();
	if (!rc)
		pr_info("iommufd: version " IOMMUFD_VERSION " on %s\n",
			init_utsname()->release);
	return rc;
}

static void __exit iommufd_exit(void)
{
	area_exit();
}

module_init(iommufd_init);
module_exit(iommufd_exit);

MODULE_DESCRIPTION("/dev/iommu: IO address spaces for user space");
MODULE_LICENSE("GPL");
MODULE_AUTHOR("the iommufd project");
MODULE_VERSION(IOMMUFD_VERSION);
