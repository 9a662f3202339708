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
 * but to ask for an extension; and in SET_IOMMU with a lock of all containers as well, so
 * there nothing may wait for users, see joined_attach_left().
 *
 * joined->lock guards its groups, inside of group_lock.  all_lock guards who is in all.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/iommufd.h>
#include <linux/list.h>
#include <linux/magic.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/mutex.h>
#include <linux/pseudo_fs.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
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

/* ---- the backend ---- */

/**
 * struct joined - groups in a context
 * @node: in all
 * @refs: of vfio.ko, and of calls
 * @opener: the task whose SET_IOMMU it is and that has yet to attach what that has left,
 *	or NULL: @lock is nobody else's until then; guarded by all_lock
 * @ictx: the context; a reference is held until vfio.ko lets go
 * @lock: guards @groups, and what is in them
 * @groups: of struct joined_group
 */
struct joined {
	struct list_head node;
	refcount_t refs;
	const struct task_struct *opener;
	struct iommufd_ctx *ictx;
	struct mutex lock;	/* inside of group_lock */
	struct list_head groups;
};

/**
 * struct joined_group - one of them
 * @node: in joined->groups
 * @iommu: the group
 * @idev: what is bound for it
 * @left: SET_IOMMU has left it to joined_attach_left()
 * @attached: it is attached
 */
struct joined_group {
	struct list_head node;
	struct iommu_group *iommu;
	struct iommufd_device *idev;
	bool left;
	bool attached;
};

static DEFINE_SPINLOCK(all_lock);	/* a leaf */
static LIST_HEAD(all);

/* NULL, or -EBUSY while its opener is at it. */
static struct joined *joined_find(const struct iommufd_ctx *ictx)
{
	struct joined *joined, *found = NULL;

	spin_lock(&all_lock);
	list_for_each_entry(joined, &all, node) {
		if (joined->ictx != ictx)
			continue;
		found = ERR_PTR(-EBUSY);
		if (!joined->opener || joined->opener == current) {
			joined->opener = NULL;
			refcount_inc(&joined->refs);
			found = joined;
		}
		break;
	}
	spin_unlock(&all_lock);
	return found;
}

static void joined_put(struct joined *joined)
{
	if (refcount_dec_and_test(&joined->refs))
		kfree(joined);
}

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
	joined->opener = current;
	refcount_set(&joined->refs, 1);
	mutex_init(&joined->lock);
	INIT_LIST_HEAD(&joined->groups);
	spin_lock(&all_lock);
	list_add(&joined->node, &all);
	spin_unlock(&all_lock);
	return joined;
}

static void joined_release(void *data)
{
	struct joined *joined = data;

	spin_lock(&all_lock);
	list_del(&joined->node);
	spin_unlock(&all_lock);
	WARN_ON(!list_empty(&joined->groups));
	iommufd_ctx_put(joined->ictx);
	joined_put(joined);
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

/* joined->lock is held, as below. */
static int joined_attach(struct joined *joined, struct joined_group *group)
{
	u32 pt;
	int rc;

	rc = iommufd_type1_ioas(joined->ictx, &pt);
	if (!rc)
		rc = iommufd_device_attach(group->idev, IOMMUFD_NO_PASID, &pt);
	group->attached = !rc;
	return rc;
}

static void joined_detach(struct joined_group *group)
{
	if (group->attached)
		iommufd_device_detach(group->idev, IOMMUFD_NO_PASID);
	group->attached = false;
}

static int joined_enter(struct joined *joined, struct joined_group *group)
{
	int rc;

	group->idev = iommufd_group_bind(joined->ictx, group->iommu);
	if (IS_ERR(group->idev))
		return PTR_ERR(group->idev);
	group->left = iommufd_join_context(false);
	if (group->left)
		return 0;
	rc = joined_attach(joined, group);
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

	/* Mediated devices have a character device. */
	if (type != VFIO_IOMMU)
		return -EOPNOTSUPP;
	group = kzalloc(sizeof(*group), GFP_KERNEL_ACCOUNT);
	if (!group)
		return -ENOMEM;
	group->iommu = iommu;
	mutex_lock(&joined->lock);
	rc = joined_enter(joined, group);
	if (!rc)
		list_add(&group->node, &joined->groups);
	mutex_unlock(&joined->lock);
	if (rc)
		kfree(group);
	return rc;
}

static void joined_detach_group(void *data, struct iommu_group *iommu)
{
	struct joined *joined = data;
	struct joined_group *group;

	mutex_lock(&joined->lock);
	list_for_each_entry(group, &joined->groups, node)
		if (group->iommu == iommu)
			break;
	list_del(&group->node);
	joined_detach(group);
	mutex_unlock(&joined->lock);
	iommufd_device_unbind(group->idev);
	kfree(group);
}

/* All or none.  Until then what they do is blocked: vfio.ko owns it. */
static int joined_attach_groups(struct joined *joined)
{
	struct joined_group *group;
	int rc = 0;

	list_for_each_entry(group, &joined->groups, node)
		if (group->left && !rc)
			rc = joined_attach(joined, group);
	list_for_each_entry(group, &joined->groups, node) {
		if (group->left && rc)
			joined_detach(group);
		group->left &= rc != 0;
	}
	return rc;
}

/* What SET_IOMMU could not do: to pin memory may wait for a user, for ever. */
static int joined_attach_left(struct iommufd_ctx *ictx)
{
	struct joined *joined = joined_find(ictx);
	int rc;

	if (IS_ERR_OR_NULL(joined))
		return PTR_ERR_OR_ZERO(joined);
	rc = mutex_lock_killable(&joined->lock);
	if (!rc) {
		rc = joined_attach_groups(joined);
		mutex_unlock(&joined->lock);
	}
	joined_put(joined);
	return rc;
}

static const struct iommufd_join join = {
	.open = join_open,
	.close = join_close,
	.attach = joined_attach_left,
};

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
	container = iommufd_type1_join(ictx, &join);
	iommufd_ctx_put(ictx);
	return IS_ERR(container) ? NULL : container->private_data;
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
