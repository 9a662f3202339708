// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_iommufd.ko: containers of the stock vfio.ko (/dev/vfio/vfio) over an
 * IOAS.  The ioctls of a container go to iommufd; groups are attached to the
 * IOAS, and mediated devices reach it through an access.
 *
 * vfio.ko adds, removes and releases one at a time, so the groups need no lock.
 */
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/vfio.h>

#include "compat/container.h"
#include "pins.h"

/**
 * struct container_group - a group in a container
 * @node: in container->groups
 * @iommu: the group
 * @idev: what is attached for it; NULL for a mediated device
 */
struct container_group {
	struct list_head node;
	struct iommu_group *iommu;
	struct iommufd_device *idev;
};

/**
 * struct container - a container that has an IOMMU type
 * @ictx: its context
 * @ioas: id of its one IOAS
 * @v2: the ABI is version 2
 * @access: of mediated devices
 * @groups: what was attached
 * @devices_lock: guards @devices; held while they are asked to unpin
 * @devices: open devices that pin pages, by vdev->iommu_entry
 */
struct container {
	struct iommufd_ctx *ictx;
	u32 ioas;
	bool v2;
	struct iommufd_access *access;
	struct list_head groups;
	struct mutex devices_lock;	/* see above */
	struct list_head devices;
};

/* ---- mediated devices ---- */

static void container_unmap(void *data, unsigned long iova,
			    unsigned long length)
{
	struct container *container = data;
	struct vfio_device *vdev;

	mutex_lock(&container->devices_lock);
	list_for_each_entry(vdev, &container->devices, iommu_entry)
		vdev->ops->dma_unmap(vdev, iova, length);
	mutex_unlock(&container->devices_lock);
}

static const struct iommufd_access_ops container_access_ops = {
	.needs_pin_pages = 1,
	.unmap = container_unmap,
};

static void container_register_device(void *data, struct vfio_device *vdev)
{
	struct container *container = data;

	if (!vdev->ops->dma_unmap)
		return;
	mutex_lock(&container->devices_lock);
	list_add(&vdev->iommu_entry, &container->devices);
	mutex_unlock(&container->devices_lock);
}

static void container_unregister_device(void *data, struct vfio_device *vdev)
{
	struct container *container = data;

	if (!vdev->ops->dma_unmap)
		return;
	mutex_lock(&container->devices_lock);
	list_del(&vdev->iommu_entry);
	mutex_unlock(&container->devices_lock);
}

static void container_unpin_pages(void *data, dma_addr_t iova, int npages)
{
	struct container *container = data;

	pins_drop(container->access, iova, npages);
}

static int container_pin_pages(void *data, struct iommu_group *iommu,
			       dma_addr_t iova, int npages, int prot,
			       struct page **pages)
{
	struct container *container = data;

	if (!container->v2)
		return -EACCES;
	/* Nobody could be asked to unpin. */
	if (list_empty(&container->devices))
		return -EINVAL;
	return pins_take(container->access, iova, npages, prot, pages);
}

static int container_dma_rw(void *data, dma_addr_t iova, void *buffer,
			    size_t length, bool write)
{
	struct container *container = data;

	return pins_rw(container->access, iova, buffer, length, write);
}

/* ---- groups ---- */

static int group_attach(struct container *container,
			struct container_group *group)
{
	u32 pt = container->ioas;
	int rc;

	group->idev = iommufd_group_bind(container->ictx, group->iommu);
	if (IS_ERR(group->idev))
		return PTR_ERR(group->idev);
	rc = iommufd_device_attach(group->idev, &pt);
	if (rc)
		iommufd_device_unbind(group->idev);
	return rc;
}

static int container_attach_group(void *data, struct iommu_group *iommu,
				  enum vfio_group_type type)
{
	struct container *container = data;
	struct container_group *group;
	int rc = 0;

	group = kzalloc(sizeof(*group), GFP_KERNEL_ACCOUNT);
	if (!group)
		return -ENOMEM;
	group->iommu = iommu;
	if (type != VFIO_EMULATED_IOMMU)
		rc = group_attach(container, group);
	if (rc)
		kfree(group);
	else
		list_add(&group->node, &container->groups);
	return rc;
}

static void container_detach_group(void *data, struct iommu_group *iommu)
{
	struct container *container = data;
	struct container_group *group;

	list_for_each_entry(group, &container->groups, node)
		if (group->iommu == iommu)
			break;
	list_del(&group->node);
	if (group->idev) {
		iommufd_device_detach(group->idev);
		iommufd_device_unbind(group->idev);
	}
	kfree(group);
}

/* ---- the container ---- */

static int container_open_access(struct container *container)
{
	u32 id;
	int rc;

	container->access = iommufd_access_create(container->ictx,
						  &container_access_ops,
						  container, &id);
	if (IS_ERR(container->access))
		return PTR_ERR(container->access);
	rc = iommufd_access_attach(container->access, container->ioas);
	if (rc)
		iommufd_access_destroy(container->access);
	return rc;
}

static void *container_open(unsigned long type)
{
	struct container *container;
	int rc;

	container = kzalloc(sizeof(*container), GFP_KERNEL_ACCOUNT);
	if (!container)
		return ERR_PTR(-ENOMEM);
	container->v2 = type == VFIO_TYPE1v2_IOMMU;
	INIT_LIST_HEAD(&container->groups);
	mutex_init(&container->devices_lock);
	INIT_LIST_HEAD(&container->devices);

	container->ictx = iommufd_type1_create(type, &container->ioas);
	if (IS_ERR(container->ictx)) {
		rc = PTR_ERR(container->ictx);
		goto err_free;
	}
	rc = container_open_access(container);
	if (rc)
		goto err_put;
	return container;

err_put:
	iommufd_ctx_put(container->ictx);
err_free:
	kfree(container);
	return ERR_PTR(rc);
}

static void container_release(void *data)
{
	struct container *container = data;

	WARN_ON(!list_empty(&container->groups) ||
		!list_empty(&container->devices));
	iommufd_access_destroy(container->access);
	iommufd_ctx_put(container->ictx);
	kfree(container);
}

static long container_ioctl(void *data, unsigned int nr, unsigned long arg)
{
	struct container *container = data;
	long rc;

	if (container)
		return iommufd_type1_ioctl(container->ictx, nr, arg);
	/* VFIO_CHECK_EXTENSION: what depends on an IOAS is not there yet. */
	rc = iommufd_type1_ioctl(NULL, nr, arg);
	return max(rc, 0L);
}

/* ---- the module ---- */

static const struct vfio_iommu_driver_ops container_ops = {
	.name = "vfio-iommufd",
	.owner = THIS_MODULE,
	.open = container_open,
	.release = container_release,
	.ioctl = container_ioctl,
	.attach_group = container_attach_group,
	.detach_group = container_detach_group,
	.pin_pages = container_pin_pages,
	.unpin_pages = container_unpin_pages,
	.register_device = container_register_device,
	.unregister_device = container_unregister_device,
	.dma_rw = container_dma_rw,
};

static int __init container_init(void)
{
	int rc = vfio_register_iommu_driver(&container_ops);

	if (!rc)
		pr_info("vfio_iommufd: new VFIO containers are served by iommufd from now on\n");
	return rc;
}

static void __exit container_exit(void)
{
	vfio_unregister_iommu_driver(&container_ops);
	pr_info("vfio_iommufd: new VFIO containers are not served by iommufd any more\n");
}

module_init(container_init);
module_exit(container_exit);

MODULE_DESCRIPTION("VFIO containers (/dev/vfio/vfio) served by iommufd");
MODULE_LICENSE("GPL");
