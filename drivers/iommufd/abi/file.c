// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files of /dev/iommu: each is a context.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommufd.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "iommufd/abi/fdinfo.h"
#include "iommufd/abi/file.h"
#include "iommufd/abi/ioctl.h"
#include "iommufd/abi/join.h"
#include "iommufd/base/context.h"
#include "iommufd/base/object.h"
#include "iommufd/iommu/quota.h"
#include "iommufd/memory/account.h"

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
	context_init(ictx);
	ictx->rlimit_mm = account_is_by_process();
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
	join_end(ictx);
	ctx_free(ictx);
	return 0;
}

static long file_ioctl(struct file *file, unsigned int nr, unsigned long arg)
{
	return ioctl_run(file->private_data, nr, (void __user *)arg);
}

/*
 * Of the node, and of the files of containers.  Structs of commands are the same for
 * programs of 32 bits; what VFIO's ioctls have as a number is one of those as well.
 */
const struct file_operations file_ops = {
	.owner = THIS_MODULE,
	.open = file_open,
	.release = file_release,
	.unlocked_ioctl = file_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = fdinfo_show,
};

/**
 * iommufd_is_file() - is a file one of /dev/iommu
 * @file: any file
 */
bool iommufd_is_file(const struct file *file)
{
	return file->f_op == &file_ops;
}
EXPORT_SYMBOL_GPL(iommufd_is_file);

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

	if (!iommufd_is_file(file))
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
