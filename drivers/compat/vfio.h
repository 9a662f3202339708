/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way to the stock vfio.ko, where it keeps something to itself or where
 * kernels differ.
 */
#ifndef __COMPAT_VFIO_H
#define __COMPAT_VFIO_H

#include <linux/cdev.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/iommu.h>
#include <linux/refcount.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/uuid.h>
#include <linux/vfio.h>

/* The argument of a device type's callback for events. */
#ifdef HAVE_TYPE_UEVENT_CONST
#define COMPAT_UEVENT_DEVICE const struct device
#else
#define COMPAT_UEVENT_DEVICE struct device
#endif

/* A driver's callback at the end of its device, which kernels had to have. */
#ifdef HAVE_VFIO_FREE_DEVICE
#define COMPAT_VFIO_RELEASE .release = vfio_free_device,
#else
#define COMPAT_VFIO_RELEASE
#endif

/* Migration with a pre-copy phase. */
#ifdef HAVE_MIG_DATA_SIZE
#define COMPAT_MIGRATION_PRE_COPY VFIO_MIGRATION_PRE_COPY
#else
#define COMPAT_MIGRATION_PRE_COPY 0
#endif

/* The function by which KVM asks whether a file is one of VFIO. */
#ifdef HAVE_VFIO_FILE_IS_VALID
#define COMPAT_VFIO_FILE_IS_VALID vfio_file_is_valid
#else
#define COMPAT_VFIO_FILE_IS_VALID vfio_file_is_group
#endif

/**
 * struct vfio_group - what a group of vfio.ko begins with
 * @dev: the name of its node
 * @cdev: the node
 *
 * Private to vfio.ko; scripts/vfio-btf compares the two.
 */
struct vfio_group {
	struct device dev;
	struct cdev cdev;
};

/**
 * struct compat_vfio_watch - told of each device of vfio.ko
 * @add: a device is being registered, or was there when the watch began
 * @remove: it goes.  A device that is in use is waited for before this call on
 *	6.1 and after it on later kernels, so it must never wait for a user.
 *
 * Both are called one at a time, with a mutex of the driver core held.
 */
struct compat_vfio_watch {
	void (*add)(struct vfio_device *vdev);
	void (*remove)(struct vfio_device *vdev);
};

int compat_vfio_watch_start(const struct compat_vfio_watch *watch);
void compat_vfio_watch_stop(void);
int compat_vfio_check_token(struct vfio_device *vdev, const uuid_t *token);
long compat_vfio_ioctl(struct vfio_device *vdev, unsigned int cmd,
		       unsigned long arg);
struct compat_vfio_group *compat_vfio_take_group(struct vfio_device *vdev);
void compat_vfio_give_group(struct compat_vfio_group *taken);
bool compat_kvm_get(struct kvm *kvm);
void compat_kvm_put(struct kvm *kvm);

/**
 * compat_vfio_try_get() - take a reference that keeps a device registered
 * @vdev: the device; its memory must be known to be there
 *
 * The driver's unregistration waits for the reference, so @vdev, its driver
 * and its parent stay.
 *
 * Return: false before registration is complete, and once the driver is being
 * unbound: 6.1 itself would go on giving references while it waits for the
 * last one, so that whoever opens the device again and again makes it wait
 * for ever.
 */
static inline bool compat_vfio_try_get(struct vfio_device *vdev)
{
	if (READ_ONCE(vdev->dev->links.status) == DL_DEV_UNBINDING)
		return false;
	return refcount_inc_not_zero(&vdev->refcount);
}

/**
 * compat_vfio_put() - drop what compat_vfio_try_get() took
 * @vdev: the device; not to be touched any more
 */
static inline void compat_vfio_put(struct vfio_device *vdev)
{
	if (refcount_dec_and_test(&vdev->refcount))
		complete(&vdev->comp);
}

/**
 * compat_vfio_share_mapping() - let the driver find all mmaps of a file
 * @vdev: the device
 * @file: a file of it, being opened
 *
 * On a reset drivers take away the mappings of device memory: of every vma
 * that they remember on 6.1, and later of whatever is mapped through the
 * device's own inode.
 */
static inline void compat_vfio_share_mapping(struct vfio_device *vdev,
					     struct file *file)
{
#ifdef HAVE_VFIO_DEVICE_INODE
	file->f_mapping = vdev->inode->i_mapping;
#endif
}

/**
 * compat_vfio_has_iommu() - whether a device's DMA goes through an IOMMU
 * @vdev: the device
 *
 * Return: false for a mediated device, which does no DMA itself, and for a
 * device of the unsafe no-IOMMU mode.
 */
static inline bool compat_vfio_has_iommu(struct vfio_device *vdev)
{
	return vdev->dev->iommu && vdev->dev->iommu->iommu_dev;
}

/**
 * compat_vfio_is_noiommu() - whether nothing stops a device's DMA
 * @vdev: the device
 *
 * Its group is one that vfio.ko made up, as with a mediated device.  What
 * programs tell the two by is the name of the group's node.
 */
static inline bool compat_vfio_is_noiommu(struct vfio_device *vdev)
{
	return strstarts(dev_name(&vdev->group->dev), "noiommu-");
}

/**
 * compat_vfio_is_pre_copy() - is a migration state one of pre-copy
 * @state: the state
 */
static inline bool compat_vfio_is_pre_copy(enum vfio_device_mig_state state)
{
#ifdef HAVE_MIG_DATA_SIZE
	return state == VFIO_DEVICE_STATE_PRE_COPY ||
	       state == VFIO_DEVICE_STATE_PRE_COPY_P2P;
#else
	return false;
#endif
}

/**
 * compat_vfio_set_data_size() - let a driver estimate its migration data
 * @ops: the driver's operations
 * @get: how to, unless the kernel never asks
 */
static inline void
compat_vfio_set_data_size(struct vfio_migration_ops *ops,
			  int (*get)(struct vfio_device *vdev,
				     unsigned long *length))
{
#ifdef HAVE_MIG_DATA_SIZE
	ops->migration_get_data_size = get;
#endif
}

/**
 * compat_vfio_has_data_size() - can a device estimate its migration data
 * @vdev: the device
 */
static inline bool compat_vfio_has_data_size(struct vfio_device *vdev)
{
#ifdef HAVE_MIG_DATA_SIZE
	return vdev->mig_ops && vdev->mig_ops->migration_get_data_size;
#else
	return false;
#endif
}

/**
 * compat_vfio_data_size() - the estimate
 * @vdev: a device that can
 * @length: set to it, in bytes
 *
 * Return: 0, or what the driver returns.
 */
static inline int compat_vfio_data_size(struct vfio_device *vdev,
					unsigned long *length)
{
#ifdef HAVE_MIG_DATA_SIZE
	return vdev->mig_ops->migration_get_data_size(vdev, length);
#else
	return -ENOTTY;
#endif
}

/*
 * The feature "MIG_PRECOPY_INFOv2", SET, without data: flags of pre-copy information are
 * the driver's answer from now on, until the device is closed.  Only 7.3 has a name for
 * it.
 */
#define COMPAT_FEATURE_PRECOPY_FLAGS 12

/* Whether the kernel knows flags of pre-copy information at all. */
#ifdef HAVE_PRECOPY_INFO_V2
#define COMPAT_PRECOPY_FLAGS true
#else
#define COMPAT_PRECOPY_FLAGS false
#endif

/**
 * compat_vfio_take_flags() - say whether flags of pre-copy information are an answer
 * @vdev: a device that is open, or is being closed
 * @take: whether its user takes them
 */
static inline void compat_vfio_take_flags(struct vfio_device *vdev, bool take)
{
#ifdef HAVE_PRECOPY_INFO_V2
	vdev->precopy_info_v2 = take;
#endif
}

/**
 * compat_vfio_precopy_info() - answer VFIO_MIG_GET_PRECOPY_INFO for a driver
 * @vdev: its device
 * @cmd: the ioctl of a session's file
 * @arg: its argument
 * @initial: bytes that are left
 *
 * Return: 0, -EFAULT, -EINVAL, or -ENOTTY for another ioctl, and where the kernel does
 * not know the flags of that.
 */
static inline long compat_vfio_precopy_info(struct vfio_device *vdev,
					    unsigned int cmd, unsigned long arg,
					    u64 initial)
{
#ifdef HAVE_PRECOPY_INFO_V2
	struct vfio_precopy_info info;
	int ret = vfio_check_precopy_ioctl(vdev, cmd, arg, &info);

	if (ret)
		return ret;
	info.initial_bytes = initial;
	info.dirty_bytes = 0;
	return copy_to_user((void __user *)arg, &info, sizeof(info)) ? -EFAULT :
								       0;
#else
	return -ENOTTY;
#endif
}

#endif /* __COMPAT_VFIO_H */
