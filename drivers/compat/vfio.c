// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to the stock vfio.ko: its class of devices, which no symbol names,
 * the check of VF tokens, which it does for group files only, the groups that
 * nobody else is to open, and references on virtual machines, which it takes
 * without depending on kvm.ko.
 */
#include <linux/pci.h>
#include <linux/slab.h>
#if IS_ENABLED(CONFIG_KVM)
#include <linux/kvm_host.h>
#endif

#include "compat/vfio.h"

static const struct compat_vfio_watch *vfio_watch;

#ifdef HAVE_CLASS_INTERFACE_SELF
#define CLASS_INTERFACE_ARGS struct device *dev, struct class_interface *self
#else
#define CLASS_INTERFACE_ARGS struct device *dev
#endif

static int vfio_class_add(CLASS_INTERFACE_ARGS)
{
	vfio_watch->add(container_of(dev, struct vfio_device, device));
	return 0;
}

static void vfio_class_remove(CLASS_INTERFACE_ARGS)
{
	vfio_watch->remove(container_of(dev, struct vfio_device, device));
}

static struct class_interface vfio_class_interface = {
	.add_dev = vfio_class_add,
	.remove_dev = vfio_class_remove,
};

/* A device that is never registered: its class is what it is made for. */
static const struct vfio_device_ops vfio_probe_ops = {
	.name = "vfio_cdev",
	COMPAT_VFIO_RELEASE
};

/**
 * compat_vfio_watch_start() - be told of every device of vfio.ko
 * @watch: what to call, first for each device that is already there
 *
 * One watch at a time.
 *
 * Return: 0 or -errno.
 */
int compat_vfio_watch_start(const struct compat_vfio_watch *watch)
{
	struct vfio_device *probe;

	probe = _vfio_alloc_device(sizeof(*probe), NULL, &vfio_probe_ops);
	if (IS_ERR(probe))
		return PTR_ERR(probe);

	/* It lives as long as vfio.ko, which cannot go while we use it. */
	vfio_class_interface.class = probe->device.class;
	put_device(&probe->device);

	vfio_watch = watch;
	return class_interface_register(&vfio_class_interface);
}

/**
 * compat_vfio_watch_stop() - end the watch
 *
 * The remove callback is called for each device that is still there.
 */
void compat_vfio_watch_stop(void)
{
	class_interface_unregister(&vfio_class_interface);
}

/**
 * compat_vfio_check_token() - whether a caller may open a device, by VF token
 * @vdev: the device
 * @token: the token that the caller gave, or NULL
 *
 * For PCI drivers the check hides in the callback that finds a device by name,
 * where the token is an option behind the name.
 *
 * Return: 0; -EACCES when a token is needed and missing or wrong; -EINVAL when
 * one is given and not needed.
 */
#ifdef HAVE_MATCH_TOKEN_UUID
int compat_vfio_check_token(struct vfio_device *vdev, const uuid_t *token)
{
	if (!vdev->ops->match_token_uuid)
		return token ? -EINVAL : 0;
	return vdev->ops->match_token_uuid(vdev, token);
}
#else
int compat_vfio_check_token(struct vfio_device *vdev, const uuid_t *token)
{
	char *name;
	int ret;

	if (!vdev->ops->match || !dev_is_pci(vdev->dev))
		return token ? -EINVAL : 0;

	if (token)
		name = kasprintf(GFP_KERNEL, "%s vf_token=%pUb",
				 dev_name(vdev->dev), token);
	else
		name = kstrdup(dev_name(vdev->dev), GFP_KERNEL);
	if (!name)
		return -ENOMEM;

	ret = vdev->ops->match(vdev, name);
	kfree(name);
	if (ret < 0)
		return ret;
	return ret ? 0 : -EINVAL;
}
#endif

#ifdef HAVE_REGION_INFO_CAPS
/* What the driver knows of a region, to user space; capabilities come behind. */
static long region_info_give(struct vfio_region_info __user *uinfo,
			     struct vfio_region_info *info,
			     struct vfio_info_cap *caps)
{
	if (caps->size) {
		size_t size = sizeof(*info) + caps->size;

		info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
		info->cap_offset = 0;
		if (info->argsz >= size) {
			info->cap_offset = sizeof(*info);
			vfio_info_cap_shift(caps, sizeof(*info));
			if (copy_to_user(uinfo + 1, caps->buf, caps->size))
				return -EFAULT;
		} else {
			info->argsz = size;
		}
	}
	return copy_to_user(uinfo, info, sizeof(*info)) ? -EFAULT : 0;
}

static long region_info(struct vfio_device *vdev,
			struct vfio_region_info __user *uinfo)
{
	struct vfio_region_info info;
	struct vfio_info_cap caps = {};
	long ret;

	if (!vdev->ops->get_region_info_caps)
		return -EINVAL;
	if (copy_from_user(&info, uinfo, sizeof(info)))
		return -EFAULT;
	if (info.argsz < sizeof(info))
		return -EINVAL;

	info.flags = 0;
	info.cap_offset = 0;
	ret = vdev->ops->get_region_info_caps(vdev, &info, &caps);
	if (!ret)
		ret = region_info_give(uinfo, &info, &caps);
	kfree(caps.buf);
	return ret;
}
#endif

/**
 * compat_vfio_ioctl() - let the driver of an open device answer
 * @vdev: the device
 * @cmd: the ioctl
 * @arg: its argument
 *
 * Where drivers only describe their regions, what they say is copied here.
 *
 * Return: what the driver returns, or -EFAULT.
 */
long compat_vfio_ioctl(struct vfio_device *vdev, unsigned int cmd,
		       unsigned long arg)
{
#ifdef HAVE_REGION_INFO_CAPS
	if (cmd == VFIO_DEVICE_GET_REGION_INFO)
		return region_info(vdev, (void __user *)arg);
#endif
	if (!vdev->ops->ioctl)
		return -EINVAL;
	return vdev->ops->ioctl(vdev, cmd, arg);
}

/**
 * struct compat_vfio_group - a group that is opened, though not by a file
 * @inode: how vfio.ko finds the group
 * @file: what it takes for the group's open file
 *
 * A group is open once at a time.  vfio.ko looks at the two in open and release
 * alone, and remembers @file without using it as long as no device is opened
 * through it, which nobody can do.
 */
struct compat_vfio_group {
	struct inode inode;
	struct file file;
};

/**
 * compat_vfio_take_group() - open the group of a device, so that nobody can
 * @vdev: the device, registered until compat_vfio_give_group()
 *
 * Takes a lock of vfio.ko that comes before that of device sets on some
 * kernels, and after it on others; the caller holds neither.
 *
 * Return: what compat_vfio_give_group() wants; -EBUSY where somebody has the
 * group open, or -ENOMEM.
 */
struct compat_vfio_group *compat_vfio_take_group(struct vfio_device *vdev)
{
	struct cdev *cdev = &vdev->group->cdev;
	struct compat_vfio_group *taken;
	int ret;

	taken = kzalloc(sizeof(*taken), GFP_KERNEL_ACCOUNT);
	if (!taken)
		return ERR_PTR(-ENOMEM);

	taken->inode.i_cdev = cdev;
	taken->file.f_op = cdev->ops;
	ret = cdev->ops->open(&taken->inode, &taken->file);
	if (!ret)
		return taken;
	kfree(taken);
	return ERR_PTR(ret);
}

/**
 * compat_vfio_give_group() - undo compat_vfio_take_group()
 * @taken: what it returned, or NULL
 */
void compat_vfio_give_group(struct compat_vfio_group *taken)
{
	if (!taken)
		return;
	taken->file.f_op->release(&taken->inode, &taken->file);
	kfree(taken);
}

#if IS_ENABLED(CONFIG_KVM)

/**
 * compat_kvm_get() - take a reference on a virtual machine
 * @kvm: the machine, whose last reference may be gone
 *
 * Return: false if the machine goes.
 */
bool compat_kvm_get(struct kvm *kvm)
{
	bool (*get)(struct kvm *kvm);
	bool got;

	/* Kept until compat_kvm_put(), so that it is there. */
	if (!symbol_get(kvm_put_kvm))
		return false;

	get = symbol_get(kvm_get_kvm_safe);
	got = get && get(kvm);
	if (get)
		symbol_put(kvm_get_kvm_safe);
	if (!got)
		symbol_put(kvm_put_kvm);
	return got;
}

/**
 * compat_kvm_put() - drop what compat_kvm_get() took
 * @kvm: the machine
 */
void compat_kvm_put(struct kvm *kvm)
{
	void (*put)(struct kvm *kvm) = symbol_get(kvm_put_kvm);

	put(kvm);
	symbol_put(kvm_put_kvm);
	symbol_put(kvm_put_kvm);
}

#else

bool compat_kvm_get(struct kvm *kvm)
{
	return false;
}

void compat_kvm_put(struct kvm *kvm)
{
}

#endif
