// SPDX-License-Identifier: GPL-2.0-only
/*
 * An in-kernel user of an IOAS, by the interface that our iommufd.ko and
 * mainline's have in common.  One at a time; the caller is root.
 */
#include <linux/file.h>
#include <linux/iommufd.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "compat/module.h"
#include "abi.h"

/**
 * struct bed - all there is
 * @lock: one call at a time
 * @access: NULL where there is none
 * @data: what is read, and written
 */
static struct bed {
	struct mutex lock;	/* guards the rest */
	struct iommufd_access *access;
	u8 data[ACCESS_BYTES];
} bed = {
	.lock = __MUTEX_INITIALIZER(bed.lock),
};

/* The program unpins before it unmaps. */
static void access_unmap(void *data, unsigned long iova, unsigned long length)
{
	pr_err("unmapped under a pin\n");
}

static const struct iommufd_access_ops access_ops = {
	.needs_pin_pages = 1,
	.unmap = access_unmap,
};

static int join(struct iommufd_ctx *ictx, u32 ioas)
{
	struct iommufd_access *access;
	u32 id;
	int rc;

	access = iommufd_access_create(ictx, &access_ops, NULL, &id);
	if (IS_ERR(access))
		return PTR_ERR(access);
	rc = iommufd_access_attach(access, ioas);
	if (rc)
		iommufd_access_destroy(access);
	else
		bed.access = access;
	return rc;
}

static int join_fd(struct access_join __user *user)
{
	struct access_join arg;
	struct iommufd_ctx *ictx;
	int rc;

	if (bed.access)
		return -EBUSY;
	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	ictx = iommufd_ctx_from_fd(arg.fd);
	if (IS_ERR(ictx))
		return PTR_ERR(ictx);
	rc = join(ictx, arg.ioas);
	iommufd_ctx_put(ictx);
	return rc;
}

static void leave(void)
{
	if (bed.access)
		iommufd_access_destroy(bed.access);
	bed.access = NULL;
}

static int run(unsigned int cmd, unsigned long arg)
{
	struct page *page;

	if (cmd == ACCESS_JOIN)
		return join_fd((void __user *)arg);
	if (!bed.access)
		return -ENODEV;
	switch (cmd) {
	case ACCESS_LEAVE:
		leave();
		return 0;
	case ACCESS_PIN:
		return iommufd_access_pin_pages(bed.access, arg, PAGE_SIZE,
						&page,
						IOMMUFD_ACCESS_RW_WRITE);
	case ACCESS_UNPIN:
		iommufd_access_unpin_pages(bed.access, arg, PAGE_SIZE);
		return 0;
	case ACCESS_READ:
		return iommufd_access_rw(bed.access, arg, bed.data,
					 sizeof(bed.data),
					 IOMMUFD_ACCESS_RW_READ);
	case ACCESS_WRITE:
		return iommufd_access_rw(bed.access, arg, bed.data,
					 sizeof(bed.data),
					 IOMMUFD_ACCESS_RW_WRITE);
	default:
		return -ENOTTY;
	}
}

static long access_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long rc;

	mutex_lock(&bed.lock);
	rc = run(cmd, arg);
	mutex_unlock(&bed.lock);
	return rc;
}

static int access_release(struct inode *inode, struct file *file)
{
	mutex_lock(&bed.lock);
	leave();
	mutex_unlock(&bed.lock);
	return 0;
}

static const struct file_operations access_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = access_ioctl,
	.release = access_release,
};

static struct miscdevice access_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bench_access",
	.mode = 0600,
	.fops = &access_fops,
};

module_misc_device(access_misc);

COMPAT_IMPORT_NS(IOMMUFD);
MODULE_DESCRIPTION("An access of an IOAS, for the benchmark");
MODULE_LICENSE("GPL");
