// SPDX-License-Identifier: GPL-2.0-only
/*
 * The character devices: nodes that come and go with the devices of vfio.ko,
 * and their file operations.
 *
 * Two things keep an open file safe.  A reference on our struct vfio_cdev,
 * which outlives the node; and a registration reference on the VFIO device,
 * for which its driver waits before it lets go, as it does for the group API.
 * Removing a node therefore waits for nobody.
 */
#include <linux/fs.h>
#include <linux/iommufd.h>
#include <linux/module.h>
#include <linux/pm_runtime.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "compat/vfio.h"
#include "vfio/vfio_cdev.h"

/* Every struct vfio_cdev with a node, by minor; changed under class mutex. */
static DEFINE_XARRAY(nodes);

static int node_open(struct inode *inode, struct file *file)
{
	struct vfio_cdev *cdev = container_of(inode->i_cdev, struct vfio_cdev,
					      cdev);
	struct vfio_cdev_file *f;
	struct vfio_device *vdev;

	f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	if (!f)
		return -ENOMEM;

	mutex_lock(&cdev->lock);
	vdev = cdev->vdev;
	if (vdev && !compat_vfio_try_get(vdev))
		vdev = NULL;
	mutex_unlock(&cdev->lock);
	if (!vdev) {
		kfree(f);
		return -ENODEV;
	}

	get_device(&cdev->dev);
	f->cdev = cdev;
	f->vdev = vdev;
	mutex_init(&f->lock);
	xa_init(&f->pasids);
	spin_lock_init(&f->kvm_lock);
	file->private_data = f;
	compat_vfio_share_mapping(vdev, file);
	return 0;
}

static int node_release(struct inode *inode, struct file *file)
{
	struct vfio_cdev_file *f = file->private_data;

	vfio_bind_release(f);
	compat_vfio_put(f->vdev);
	put_device(&f->cdev->dev);
	kfree(f);
	return 0;
}

static int node_resume(struct vfio_device *vdev)
{
	struct device *dev = vdev->dev;
	int ret;

	if (!dev->driver->pm)
		return 0;

	ret = pm_runtime_resume_and_get(dev);
	if (!ret)
		return 0;

	dev_info_ratelimited(dev, "vfio: cannot resume: error %d\n", ret);
	return -EIO;
}

static void node_suspend(struct vfio_device *vdev)
{
	if (vdev->dev->driver->pm)
		pm_runtime_put(vdev->dev);
}

static long node_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vfio_cdev_file *f = file->private_data;
	void __user *uarg = (void __user *)arg;
	long ret;

	if (cmd == VFIO_DEVICE_BIND_IOMMUFD)
		return vfio_bind(f, uarg);

	if (!vfio_bind_ready(f))
		return -EINVAL;

	ret = node_resume(f->vdev);
	if (ret)
		return ret;

	switch (cmd) {
	case VFIO_DEVICE_ATTACH_IOMMUFD_PT:
		ret = vfio_bind_attach(f, uarg);
		break;
	case VFIO_DEVICE_DETACH_IOMMUFD_PT:
		ret = vfio_bind_detach(f, uarg);
		break;
	case VFIO_DEVICE_FEATURE:
		ret = vfio_feature(f, uarg);
		break;
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
		ret = vfio_reset_info(f, uarg);
		break;
	case VFIO_DEVICE_PCI_HOT_RESET:
		ret = vfio_reset_hot(f, file, uarg);
		break;
	default:
		ret = vfio_bind_ioctl(f, cmd, arg);
		break;
	}

	/* A reset may be over, or low power. */
	iommufd_revive();
	node_suspend(f->vdev);
	return ret;
}

static ssize_t node_read(struct file *file, char __user *buf, size_t count,
			 loff_t *pos)
{
	struct vfio_cdev_file *f = file->private_data;

	if (!vfio_bind_ready(f) || !f->vdev->ops->read)
		return -EINVAL;
	return f->vdev->ops->read(f->vdev, buf, count, pos);
}

static ssize_t node_write(struct file *file, const char __user *buf,
			  size_t count, loff_t *pos)
{
	struct vfio_cdev_file *f = file->private_data;
	ssize_t ret;

	if (!vfio_bind_ready(f) || !f->vdev->ops->write)
		return -EINVAL;
	ret = f->vdev->ops->write(f->vdev, buf, count, pos);
	/* Decoding may be on. */
	iommufd_revive();
	return ret;
}

static int node_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vfio_cdev_file *f = file->private_data;

	if (!vfio_bind_ready(f) || !f->vdev->ops->mmap)
		return -EINVAL;
	return f->vdev->ops->mmap(f->vdev, vma);
}

/* By this programs find a device, of whose files they know no more than the number. */
static void node_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct vfio_cdev_file *f = file->private_data;
	char *path = kobject_get_path(&f->vdev->dev->kobj, GFP_KERNEL);

	if (!path)
		return;
	seq_printf(m, "vfio-device-syspath: /sys%s\n", path);
	kfree(path);
}

const struct file_operations vfio_cdev_fops = {
	.owner = THIS_MODULE,
	.open = node_open,
	.release = node_release,
	.read = node_read,
	.write = node_write,
	.unlocked_ioctl = node_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = node_mmap,
	.show_fdinfo = node_show_fdinfo,
};

/**
 * vfio_cdev_file() - what is behind a file, if it is one of these nodes
 * @file: any file
 *
 * Return: our struct, which lives as long as the file, or NULL.
 */
struct vfio_cdev_file *vfio_cdev_file(const struct file *file)
{
	return file->f_op == &vfio_cdev_fops ? file->private_data : NULL;
}

static void node_dev_release(struct device *dev)
{
	kfree(container_of(dev, struct vfio_cdev, dev));
}

/*
 * The device is there for the driver core, which makes and removes a node where
 * there is a number, by the device's name.  It has no class, and so no events and
 * no properties: udev is to see the device of vfio.ko alone, see udev.c.
 */
static struct vfio_cdev *node_alloc(struct vfio_device *vdev)
{
	struct vfio_cdev *cdev;
	int ret;

	cdev = kzalloc(sizeof(*cdev), GFP_KERNEL);
	if (!cdev)
		return ERR_PTR(-ENOMEM);

	device_initialize(&cdev->dev);
	cdev->dev.parent = &vdev->device;
	cdev->dev.devt = vfio_udev_number(vdev);
	cdev->dev.release = node_dev_release;
	mutex_init(&cdev->lock);
	cdev->vdev = vdev;
	cdev_init(&cdev->cdev, &vfio_cdev_fops);
	cdev->cdev.owner = THIS_MODULE;

	ret = dev_set_name(&cdev->dev, VFIO_CDEV_NODE, vdev->index);
	if (ret) {
		put_device(&cdev->dev);
		return ERR_PTR(ret);
	}
	return cdev;
}

static void node_free(struct vfio_cdev *cdev)
{
	mutex_lock(&cdev->lock);
	cdev->vdev = NULL;
	mutex_unlock(&cdev->lock);
	put_device(&cdev->dev);
}

/**
 * vfio_cdev_add() - give a VFIO device its node
 * @vdev: a device that is being registered, or is
 *
 * A device of the no-IOMMU mode gets none: without an IOMMU there is nothing
 * that an iommufd could do for it.
 *
 * Return: 0 or -errno.
 */
int vfio_cdev_add(struct vfio_device *vdev)
{
	struct vfio_cdev *cdev;
	int ret;

	if (compat_vfio_is_noiommu(vdev)) {
		dev_info_once(vdev->dev, "no VFIO character device: in the no-IOMMU mode there is nothing that an iommufd could map memory by\n");
		return 0;
	}

	cdev = node_alloc(vdev);
	if (IS_ERR(cdev))
		return PTR_ERR(cdev);

	ret = xa_insert(&nodes, vdev->index, cdev, GFP_KERNEL);
	if (ret)
		goto err_free;

	ret = cdev_device_add(&cdev->cdev, &cdev->dev);
	if (ret)
		goto err_erase;

	/* Last: who is told of the node finds it. */
	ret = vfio_udev_add(vdev);
	if (ret)
		goto err_del;
	return 0;

err_del:
	cdev_device_del(&cdev->cdev, &cdev->dev);
err_erase:
	xa_erase(&nodes, vdev->index);
err_free:
	node_free(cdev);
	return ret;
}

/**
 * vfio_cdev_remove() - take a VFIO device's node away
 * @vdev: a device that is being unregistered, or all are as we unload
 *
 * Open files live on.
 */
void vfio_cdev_remove(struct vfio_device *vdev)
{
	struct vfio_cdev *cdev = xa_erase(&nodes, vdev->index);

	if (!cdev)
		return;

	cdev_device_del(&cdev->cdev, &cdev->dev);
	vfio_udev_remove(vdev);
	node_free(cdev);
}
