// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file's bond with an iommufd: bind opens the device, attach and detach
 * choose the page table of its DMA, and closing the file ends it all.
 *
 * Opening and closing go as in the stock core's group path, with the iommufd
 * where that has a container, and under the same lock, that of the device set.
 * The two exclude each other through vdev->open_count, which this file only
 * ever takes from 0 to 1 and back, and through the ownership of DMA, which
 * iommufd and containers both claim for themselves.  Nobody owns the DMA of a
 * mediated device, so its group is kept as well.
 *
 * One call of a file runs at a time, by the file's own lock, so what a call did
 * can be undone when user space cannot be told of it.
 */
#include <linux/iommufd.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "compat/ftrace.h"
#include "compat/vfio.h"
#include "vfio/vfio_cdev.h"

/*
 * The file that each device is bound by, at the device's index.  An entry
 * changes under the lock of the device's set.
 */
static DEFINE_XARRAY(bound_files);

/**
 * vfio_bind_find() - the file that a device is bound by
 * @vdev: the device
 *
 * Return: the file, or NULL; stable under the lock of the device's set.
 */
struct vfio_cdev_file *vfio_bind_find(const struct vfio_device *vdev)
{
	return xa_load(&bound_files, vdev->index);
}

/**
 * vfio_bind_ready() - whether a file is bound, and its device open
 * @f: the file
 */
bool vfio_bind_ready(const struct vfio_cdev_file *f)
{
	/* Pairs with the store-release that ends vfio_bind(). */
	return smp_load_acquire(&f->ready);
}

/**
 * vfio_bind_ioctl() - let the driver of an open device answer
 * @f: a file that is ready
 * @cmd: the ioctl
 * @arg: its argument
 *
 * Return: what the driver returns.
 */
long vfio_bind_ioctl(struct vfio_cdev_file *f, unsigned int cmd,
		     unsigned long arg)
{
	return compat_vfio_ioctl(f->vdev, cmd, arg);
}

/**
 * struct bind_call - one VFIO_DEVICE_BIND_IOMMUFD, copied from user memory
 * @arg: its argument
 * @token: the VF token, where @arg has one
 */
struct bind_call {
	struct vfio_cdev_bind_iommufd arg;
	uuid_t token;
};

static bool bind_has_token(const struct bind_call *call)
{
	return call->arg.flags & VFIO_DEVICE_BIND_FLAG_TOKEN;
}

static int bind_copy(struct bind_call *call,
		     struct vfio_cdev_bind_iommufd __user *uarg)
{
	struct vfio_cdev_bind_iommufd *arg = &call->arg;
	u32 argsz;
	int ret;

	if (get_user(argsz, &uarg->argsz))
		return -EFAULT;
	if (argsz < offsetofend(struct vfio_cdev_bind_iommufd, out_devid))
		return -EINVAL;

	ret = copy_struct_from_user(arg, sizeof(*arg), uarg, argsz);
	if (ret)
		return ret;

	if (arg->flags & ~VFIO_DEVICE_BIND_FLAG_TOKEN || arg->iommufd < 0)
		return -EINVAL;
	if (bind_has_token(call) &&
	    copy_from_user(&call->token, u64_to_user_ptr(arg->token_uuid_ptr),
			   sizeof(call->token)))
		return -EFAULT;
	return 0;
}

/* The device gets its place in f->ictx. */
static int bind_enter(struct vfio_cdev_file *f)
{
	struct iommufd_device *idev;

	if (!compat_vfio_has_iommu(f->vdev))
		return vfio_access_open(f);

	/* Claims DMA ownership: from here on all DMA is blocked. */
	idev = iommufd_device_bind(f->ictx, f->vdev->dev, &f->devid);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	f->idev = idev;
	return 0;
}

/* Without the lock of the device set: see bind_close(). */
static void bind_leave(struct vfio_cdev_file *f)
{
	if (f->access)
		vfio_access_close(f);
	else if (f->idev)
		iommufd_device_unbind(f->idev);
	f->idev = NULL;
}

/* Opens the device in f->ictx; where that fails it may be left to bind_leave(). */
static int bind_open(struct vfio_cdev_file *f)
{
	struct vfio_device *vdev = f->vdev;
	struct module *owner = vdev->dev->driver->owner;
	int ret;

	if (!try_module_get(owner))
		return -ENODEV;

	ret = xa_insert(&bound_files, vdev->index, f, GFP_KERNEL);
	if (ret)
		goto err_module;

	ret = bind_enter(f);
	if (ret)
		goto err_erase;

	vdev->open_count++;
	vfio_kvm_get(f);
	if (vdev->ops->open_device) {
		ret = vdev->ops->open_device(vdev);
		if (ret)
			goto err_close;
	}
	return 0;

err_close:
	vfio_kvm_put(f);
	vdev->open_count--;
err_erase:
	xa_erase(&bound_files, vdev->index);
err_module:
	module_put(owner);
	return ret;
}

static int bind_attach(struct vfio_cdev_file *f, u32 *pt_id)
{
	int ret;

	if (f->access && f->attached)
		ret = iommufd_access_replace(f->access, *pt_id);
	else if (f->access)
		ret = iommufd_access_attach(f->access, *pt_id);
	else if (f->attached)
		ret = iommufd_device_replace(f->idev, IOMMUFD_NO_PASID, pt_id);
	else
		ret = iommufd_device_attach(f->idev, IOMMUFD_NO_PASID, pt_id);
	f->attached |= !ret;
	return ret;
}

static void bind_detach(struct vfio_cdev_file *f)
{
	if (f->attached && f->access)
		iommufd_access_detach(f->access);
	else if (f->attached)
		iommufd_device_detach(f->idev, IOMMUFD_NO_PASID);
	f->attached = false;
}

static int bind_attach_pasid(struct vfio_cdev_file *f, u32 pasid, u32 *pt_id)
{
	int ret;

	if (pasid == IOMMUFD_NO_PASID)
		return -EINVAL;
	if (xa_load(&f->pasids, pasid))
		return iommufd_device_replace(f->idev, pasid, pt_id);
	ret = xa_insert(&f->pasids, pasid, xa_mk_value(0), GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret;
	ret = iommufd_device_attach(f->idev, pasid, pt_id);
	if (ret)
		xa_erase(&f->pasids, pasid);
	return ret;
}

static void bind_detach_pasid(struct vfio_cdev_file *f, u32 pasid)
{
	if (xa_erase(&f->pasids, pasid))
		iommufd_device_detach(f->idev, pasid);
}

static void bind_detach_all(struct vfio_cdev_file *f)
{
	unsigned long pasid;
	void *entry;

	xa_for_each(&f->pasids, pasid, entry) {
		bind_detach_pasid(f, pasid);
		cond_resched();
	}
	bind_detach(f);
}

/*
 * A detach may wait for a MAP, and leaving for other calls about the device,
 * which wait for user space: so the lock of the device set is not held then.
 * Until the detach is done the file is the one that the device is bound by, as
 * the driver of a mediated device unpins; until the device has left nobody else
 * gets its DMA.
 */
static void bind_close(struct vfio_cdev_file *f)
{
	struct vfio_device *vdev = f->vdev;
	struct mutex *set_lock = &vdev->dev_set->lock;

	/* The driver stops the device's DMA before its page table goes. */
	mutex_lock(set_lock);
	if (vdev->ops->close_device)
		vdev->ops->close_device(vdev);
	vfio_kvm_put(f);
	compat_vfio_take_flags(vdev, false);
	vdev->open_count--;
	mutex_unlock(set_lock);

	bind_detach_all(f);

	mutex_lock(set_lock);
	xa_erase(&bound_files, vdev->index);
	mutex_unlock(set_lock);

	bind_leave(f);
	module_put(vdev->dev->driver->owner);
}

static int bind_locked(struct vfio_cdev_file *f, const struct bind_call *call)
{
	const struct vfio_cdev_file *bound = vfio_bind_find(f->vdev);
	int ret;

	if (f->vdev->open_count && !bound)
		return -EBUSY;	/* by the group API */

	ret = compat_vfio_check_token(f->vdev,
				      bind_has_token(call) ? &call->token : NULL);
	if (ret)
		return ret;
	return bound ? -EINVAL : bind_open(f);	/* by another file */
}

/* Opens the device, or has changed nothing. */
static int bind_try(struct vfio_cdev_file *f, const struct bind_call *call)
{
	int ret;

	f->ictx = iommufd_ctx_from_fd(call->arg.iommufd);
	if (IS_ERR(f->ictx)) {
		ret = PTR_ERR(f->ictx);
	} else {
		mutex_lock(&f->vdev->dev_set->lock);
		ret = bind_locked(f, call);
		mutex_unlock(&f->vdev->dev_set->lock);
		if (ret) {
			bind_leave(f);
			iommufd_ctx_put(f->ictx);
		}
	}
	if (ret)
		f->ictx = NULL;
	return ret;
}

/* Undoes bind_try() that has succeeded. */
static void bind_undo(struct vfio_cdev_file *f)
{
	bind_close(f);
	iommufd_ctx_put(f->ictx);
	f->ictx = NULL;
}

/*
 * Without the redirects the driver's pins would look for a container.  The
 * lock of the device set comes after those of groups, so this is done before.
 */
static struct compat_vfio_group *bind_take_group(struct vfio_device *vdev)
{
	if (compat_vfio_has_iommu(vdev))
		return NULL;
	if (!compat_redirect_active())
		return ERR_PTR(-EOPNOTSUPP);
	if (vfio_bind_find(vdev))
		return ERR_PTR(-EINVAL);
	return compat_vfio_take_group(vdev);
}

static int bind_and_tell(struct vfio_cdev_file *f,
			 struct vfio_cdev_bind_iommufd __user *uarg)
{
	struct compat_vfio_group *group;
	struct bind_call call;
	int ret;

	ret = bind_copy(&call, uarg);
	if (ret)
		return ret;
	if (f->ready)
		return -EINVAL;

	group = bind_take_group(f->vdev);
	if (IS_ERR(group))
		return PTR_ERR(group);

	ret = bind_try(f, &call);
	if (!ret && put_user(f->devid, &uarg->out_devid)) {
		bind_undo(f);
		ret = -EFAULT;
	}
	if (ret) {
		compat_vfio_give_group(group);
		return ret;
	}

	f->group = group;
	/* Pairs with the load-acquire of whoever uses the open device. */
	smp_store_release(&f->ready, true);
	return 0;
}

/**
 * vfio_bind() - VFIO_DEVICE_BIND_IOMMUFD
 * @f: the file
 * @uarg: the ioctl's argument
 *
 * Return: 0, or -errno with nothing changed; -EINTR where the caller was killed
 * while another call of the file was on its way.
 */
int vfio_bind(struct vfio_cdev_file *f,
	      struct vfio_cdev_bind_iommufd __user *uarg)
{
	int ret;

	if (mutex_lock_killable(&f->lock))
		return -EINTR;
	ret = bind_and_tell(f, uarg);
	mutex_unlock(&f->lock);
	return ret;
}

/**
 * vfio_bind_release() - close the device if the file has it open
 * @f: the file, which nobody uses any more
 */
void vfio_bind_release(struct vfio_cdev_file *f)
{
	if (!f->ready)
		return;

	bind_undo(f);
	compat_vfio_give_group(f->group);
}

static int attach_copy(const struct vfio_cdev_file *f,
		       struct vfio_cdev_attach_iommufd_pt *arg,
		       struct vfio_cdev_attach_iommufd_pt __user *uarg)
{
	const size_t minsz = offsetofend(struct vfio_cdev_attach_iommufd_pt,
					 pt_id);

	if (copy_from_user(arg, uarg, minsz))
		return -EFAULT;
	if (arg->argsz < minsz || arg->flags & ~VFIO_DEVICE_ATTACH_PASID)
		return -EINVAL;
	arg->pasid = IOMMUFD_NO_PASID;
	if (!(arg->flags & VFIO_DEVICE_ATTACH_PASID))
		return 0;
	if (!f->idev)
		return -EOPNOTSUPP;	/* no DMA of its own */
	if (arg->argsz < offsetofend(struct vfio_cdev_attach_iommufd_pt, pasid))
		return -EINVAL;
	return get_user(arg->pasid, &uarg->pasid);
}

/* No other call of the file comes between the attach and what undoes it. */
static int attach_and_tell(struct vfio_cdev_file *f,
			   struct vfio_cdev_attach_iommufd_pt *arg,
			   struct vfio_cdev_attach_iommufd_pt __user *uarg)
{
	bool of_pasid = arg->flags & VFIO_DEVICE_ATTACH_PASID;
	int ret;

	if (of_pasid)
		ret = bind_attach_pasid(f, arg->pasid, &arg->pt_id);
	else
		ret = bind_attach(f, &arg->pt_id);
	if (ret || !put_user(arg->pt_id, &uarg->pt_id))
		return ret;
	if (of_pasid)
		bind_detach_pasid(f, arg->pasid);
	else
		bind_detach(f);
	return -EFAULT;
}

/**
 * vfio_bind_attach() - VFIO_DEVICE_ATTACH_IOMMUFD_PT
 * @f: a file that is ready
 * @uarg: the ioctl's argument
 *
 * Return: 0, or -errno with nothing changed, but for -EFAULT where @uarg could
 * be written to at first and can't any more: then the device, or the PASID, is detached;
 * -EINTR as of vfio_bind().
 */
int vfio_bind_attach(struct vfio_cdev_file *f,
		     struct vfio_cdev_attach_iommufd_pt __user *uarg)
{
	struct vfio_cdev_attach_iommufd_pt arg;
	int ret;

	ret = attach_copy(f, &arg, uarg);
	if (ret)
		return ret;

	/* The id must be told in the end: find out now that it cannot be. */
	if (put_user(arg.pt_id, &uarg->pt_id))
		return -EFAULT;

	if (mutex_lock_killable(&f->lock))
		return -EINTR;
	ret = attach_and_tell(f, &arg, uarg);
	mutex_unlock(&f->lock);
	return ret;
}

/**
 * vfio_bind_detach() - VFIO_DEVICE_DETACH_IOMMUFD_PT
 * @f: a file that is ready
 * @uarg: the ioctl's argument
 *
 * Return: 0, or -errno with nothing changed.
 */
int vfio_bind_detach(struct vfio_cdev_file *f,
		     struct vfio_cdev_detach_iommufd_pt __user *uarg)
{
	const size_t minsz = offsetofend(struct vfio_cdev_detach_iommufd_pt,
					 flags);
	struct vfio_cdev_detach_iommufd_pt arg;
	bool of_pasid;

	if (copy_from_user(&arg, uarg, minsz))
		return -EFAULT;
	if (arg.argsz < minsz || arg.flags & ~VFIO_DEVICE_DETACH_PASID)
		return -EINVAL;
	of_pasid = arg.flags & VFIO_DEVICE_DETACH_PASID;
	if (of_pasid && !f->idev)
		return -EOPNOTSUPP;
	if (of_pasid &&
	    arg.argsz < offsetofend(struct vfio_cdev_detach_iommufd_pt, pasid))
		return -EINVAL;
	if (of_pasid && get_user(arg.pasid, &uarg->pasid))
		return -EFAULT;

	if (mutex_lock_killable(&f->lock))
		return -EINTR;
	if (of_pasid)
		bind_detach_pasid(f, arg.pasid);
	else
		bind_detach(f);
	mutex_unlock(&f->lock);
	return 0;
}
