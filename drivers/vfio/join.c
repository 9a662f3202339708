// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file of /dev/iommu as the container of a group.
 *
 * vfio.ko finds no container behind such a file, see redirect.c, and takes the one that
 * is here opened for it: a container of vfio.ko like any other, but without a path or a
 * descriptor.  It is given our backend, which nobody else can choose, whatever serves
 * /dev/vfio/vfio.  The type1 ABI is spoken by the file itself; the backend only attaches
 * groups to the IOAS that the file has chosen.
 *
 * The context keeps the container, and the backend the context for as long as a group is
 * in it.  vfio.ko calls the backend with the container's group_lock held, for writing,
 * but to ask for an extension.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/iommufd.h>
#include <linux/list.h>
#include <linux/magic.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#include "compat/container.h"
#include "compat/vfio.h"
#include "vfio/vfio_cdev.h"

/* ---- the container ---- */

static int join_fs_init(struct fs_context *fc)
{
	return init_pseudo(fc, ANON_INODE_FS_MAGIC) ? 0 : -ENOMEM;
}

/* The inode of a device, which may have no node, has to be somewhere. */
static struct file_system_type join_fs = {
	.owner = THIS_MODULE,
	.name = "vfio_join",
	.init_fs_context = join_fs_init,
	.kill_sb = kill_anon_super,
};

static struct file *join_open_inode(struct vfsmount *mnt)
{
	struct inode *inode = alloc_anon_inode(mnt->mnt_sb);
	struct path path = { .mnt = mnt };
	struct file *file;

	if (IS_ERR(inode))
		return ERR_CAST(inode);
	inode->i_mode = 0;
	init_special_inode(inode, S_IFCHR | 0600,
			   MKDEV(MISC_MAJOR, VFIO_MINOR));
	path.dentry = d_obtain_alias(inode);
	if (IS_ERR(path.dentry))
		return ERR_CAST(path.dentry);
	file = dentry_open(&path, O_RDWR, current_cred());
	dput(path.dentry);
	return file;
}

/* One for all containers: a mount each would be memory that nobody is charged for. */
static struct vfsmount *join_mount;
static int join_mount_users;

static void join_close(void)
{
	simple_release_fs(&join_mount, &join_mount_users);
}

/* The file keeps the mount, and that this module, also beyond join_close(). */
static struct file *join_open(void)
{
	struct file *file;
	int rc = simple_pin_fs(&join_fs, &join_mount, &join_mount_users);

	if (rc)
		return ERR_PTR(rc);
	file = join_open_inode(join_mount);
	if (IS_ERR(file))
		join_close();
	return file;
}

/**
 * vfio_join_container() - the container behind a file of /dev/iommu
 * @file: the file
 *
 * Return: the container, which lives as long as the context, or NULL where there can't
 * be one.
 */
struct vfio_container *vfio_join_container(struct file *file)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_file(file);
	struct file *container;

	if (IS_ERR(ictx))
		return NULL;
	container = iommufd_type1_join(ictx, join_open, join_close);
	iommufd_ctx_put(ictx);
	return IS_ERR(container) ? NULL : container->private_data;
}

/* ---- the backend ---- */

/**
 * struct joined - groups in a context
 * @ictx: the context; a reference is held
 * @groups: of struct joined_group
 */
struct joined {
	struct iommufd_ctx *ictx;
	struct list_head groups;
};

/**
 * struct joined_group - one of them
 * @node: in joined->groups
 * @iommu: the group
 * @idev: what is attached for it
 */
struct joined_group {
	struct list_head node;
	struct iommu_group *iommu;
	struct iommufd_device *idev;
};

static void *joined_open(unsigned long type)
{
	struct iommufd_ctx *ictx = iommufd_join_context(true);
	struct joined *joined;

	if (type != IOMMUFD_JOIN_TYPE || !ictx)
		return ERR_PTR(-EINVAL);
	joined = kzalloc(sizeof(*joined), GFP_KERNEL_ACCOUNT);
	if (!joined)
		return ERR_PTR(-ENOMEM);
	iommufd_ctx_get(ictx);
	joined->ictx = ictx;
	INIT_LIST_HEAD(&joined->groups);
	return joined;
}

static void joined_release(void *data)
{
	struct joined *joined = data;

	WARN_ON(!list_empty(&joined->groups));
	iommufd_ctx_put(joined->ictx);
	kfree(joined);
}

/* Other containers find no extension here, so none of them has this backend. */
static long joined_ioctl(void *data, unsigned int nr, unsigned long arg)
{
	struct joined *joined = data;

	if (nr != VFIO_CHECK_EXTENSION)
		return -ENOTTY;
	if (joined)
		return iommufd_type1_ioctl(joined->ictx, nr, arg);
	return arg == IOMMUFD_JOIN_TYPE && iommufd_join_context(false);
}

static int joined_attach(struct joined *joined, struct joined_group *group)
{
	u32 pt;
	int rc;

	rc = iommufd_type1_ioas(joined->ictx, &pt);
	if (rc)
		return rc;
	group->idev = iommufd_group_bind(joined->ictx, group->iommu);
	if (IS_ERR(group->idev))
		return PTR_ERR(group->idev);
	rc = iommufd_device_attach(group->idev, IOMMUFD_NO_PASID, &pt);
	if (rc)
		iommufd_device_unbind(group->idev);
	return rc;
}

static int joined_attach_group(void *data, struct iommu_group *iommu,
			       enum vfio_group_type type)
{
	struct joined *joined = data;
	struct joined_group *group;
	int rc;

	group = kzalloc(sizeof(*group), GFP_KERNEL_ACCOUNT);
	if (!group)
		return -ENOMEM;
	group->iommu = iommu;
	/* Mediated devices have a character device. */
	rc = type == VFIO_IOMMU ? joined_attach(joined, group) : -EOPNOTSUPP;
	if (rc)
		kfree(group);
	else
		list_add(&group->node, &joined->groups);
	return rc;
}

static void joined_detach_group(void *data, struct iommu_group *iommu)
{
	struct joined *joined = data;
	struct joined_group *group;

	list_for_each_entry(group, &joined->groups, node)
		if (group->iommu == iommu)
			break;
	list_del(&group->node);
	iommufd_device_detach(group->idev, IOMMUFD_NO_PASID);
	iommufd_device_unbind(group->idev);
	kfree(group);
}

static const struct vfio_iommu_driver_ops joined_ops = {
	.name = "iommufd",
	.owner = THIS_MODULE,
	.open = joined_open,
	.release = joined_release,
	.ioctl = joined_ioctl,
	.attach_group = joined_attach_group,
	.detach_group = joined_detach_group,
};

/**
 * vfio_join_start() - let files of /dev/iommu be containers
 *
 * Return: 0 or -errno.
 */
int vfio_join_start(void)
{
	return vfio_register_iommu_driver(&joined_ops);
}

/**
 * vfio_join_stop() - undo vfio_join_start(); no group is in one any more
 *
 * Nobody can be on the way to an ioctl of the backend, as with vfio_iommufd.ko: to
 * a container that no file leads to there is none.
 */
void vfio_join_stop(void)
{
	vfio_unregister_iommu_driver(&joined_ops);
}
