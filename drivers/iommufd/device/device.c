// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that do DMA, and the contexts that they are bound to.  No locks: a device
 * has one owner, which binds and unbinds it.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "compat/hardware.h"
#include "compat/iommu.h"
#include "iommufd/base/context.h"
#include "iommufd/base/object.h"
#include "iommufd/device/device.h"
#include "iommufd/device/group.h"

static void idev_destroy_object(struct object *obj)
{
	struct iommufd_device *idev =
		container_of(obj, struct iommufd_device, obj);

	WARN_ON(idev->attached || !xa_empty(&idev->pasids));
	group_put(obj->ictx, idev->group);
	put_device(idev->dev);
}

/* Takes over the caller's share of @group, also on error. */
static struct iommufd_device *idev_create(struct iommufd_ctx *ictx,
					  struct device *dev,
					  struct group *group)
{
	struct iommufd_device *idev;
	int rc = -ENOMEM;

	idev = kzalloc(sizeof(*idev), GFP_KERNEL_ACCOUNT);
	if (!idev)
		goto err_group;
	idev->dev = dev;
	idev->group = group;
	xa_init(&idev->pasids);
	idev->enforces = compat_can_enforce_coherency(dev);
	rc = object_reserve(ictx, &idev->obj, OBJECT_DEVICE,
			    idev_destroy_object);
	if (rc)
		goto err_free;
	get_device(dev);
	/* The use of it is the driver's, until it unbinds. */
	object_publish(&idev->obj);
	return idev;

err_free:
	kfree(idev);
err_group:
	group_put(ictx, group);
	return ERR_PTR(rc);
}

/**
 * idev_bind - bind a device to a context that outlives it
 * @ictx: the context
 * @dev: the device
 * @id: set to its id
 *
 * Return: as iommufd_device_bind().
 */
struct iommufd_device *idev_bind(struct iommufd_ctx *ictx, struct device *dev,
				 u32 *id)
{
	struct iommufd_device *idev;
	struct group *group;

	if (!compat_has_iommu(dev))
		return ERR_PTR(-ENODEV);
	if (!device_iommu_capable(dev, IOMMU_CAP_CACHE_COHERENCY))
		return ERR_PTR(-EINVAL);

	group = group_get(ictx, dev);
	if (IS_ERR(group))
		return ERR_CAST(group);
	idev = idev_create(ictx, dev, group);
	if (!IS_ERR(idev))
		*id = idev->obj.id;
	return idev;
}

/**
 * idev_unbind - undo idev_bind()
 * @idev: the device, detached, with all of its PASIDs; not to be used any more
 */
void idev_unbind(struct iommufd_device *idev)
{
	object_remove(&idev->obj);
}

/**
 * iommufd_device_bind() - give a device to a context
 * @ictx: the context; a reference is held until iommufd_device_unbind()
 * @dev: the device; its driver sets driver_managed_dma
 * @id: set to the id by which user space names it
 *
 * From now on the device does no DMA but through page tables of @ictx.
 *
 * Return: the device, or an ERR_PTR: -EINVAL where its DMA is not coherent
 * with the CPU or firmware needs a direct mapping for it, -EPERM where its
 * interrupts are not isolated or another context owns its group, -EBUSY where
 * a kernel driver uses a device of its group, -ENODEV without an IOMMU,
 * -ENOMEM.
 */
struct iommufd_device *iommufd_device_bind(struct iommufd_ctx *ictx,
					   struct device *dev, u32 *id)
{
	struct iommufd_device *idev = idev_bind(ictx, dev, id);

	if (!IS_ERR(idev))
		ctx_get(ictx);
	return idev;
}
EXPORT_SYMBOL_GPL(iommufd_device_bind);

/**
 * iommufd_device_unbind() - undo iommufd_device_bind()
 * @idev: the device, detached, with all of its PASIDs; not to be used any more
 */
void iommufd_device_unbind(struct iommufd_device *idev)
{
	struct iommufd_ctx *ictx = idev->obj.ictx;

	idev_unbind(idev);
	ctx_put(ictx);
}
EXPORT_SYMBOL_GPL(iommufd_device_unbind);

static int take_device(struct device *dev, void *data)
{
	struct device **taken = data;

	*taken = get_device(dev);
	return 1;
}

/**
 * iommufd_group_bind() - give a group as a whole to a context
 * @ictx: the context; a reference is held until iommufd_device_unbind()
 * @iommu: the group; the caller owns its DMA until then, and saw to it that
 *	the DMA of its devices is coherent with the CPU
 *
 * One of its devices stands for all: they are attached together.
 *
 * Return: the device, or an ERR_PTR as of iommufd_device_bind().
 */
struct iommufd_device *iommufd_group_bind(struct iommufd_ctx *ictx,
					  struct iommu_group *iommu)
{
	struct iommufd_device *idev;
	struct device *dev = NULL;
	struct group *group;

	iommu_group_for_each_dev(iommu, &dev, take_device);
	if (!dev)
		return ERR_PTR(-ENODEV);
	if (compat_has_iommu(dev))
		group = group_borrow(ictx, dev);
	else
		group = ERR_PTR(-ENODEV);
	if (IS_ERR(group)) {
		idev = ERR_CAST(group);
	} else {
		idev = idev_create(ictx, dev, group);
		if (!IS_ERR(idev))
			ctx_get(ictx);
	}
	put_device(dev);
	return idev;
}
EXPORT_SYMBOL_GPL(iommufd_group_bind);

/**
 * iommufd_device_to_ictx() - the context that a device is bound to
 * @idev: the device
 */
struct iommufd_ctx *iommufd_device_to_ictx(struct iommufd_device *idev)
{
	return idev->obj.ictx;
}
EXPORT_SYMBOL_GPL(iommufd_device_to_ictx);

/**
 * iommufd_device_to_id() - the id of a device
 * @idev: the device
 */
u32 iommufd_device_to_id(struct iommufd_device *idev)
{
	return idev->obj.id;
}
EXPORT_SYMBOL_GPL(iommufd_device_to_id);

/**
 * iommufd_can_enforce_coherency() - is no-snoop DMA of a device made to snoop
 * @dev: any device; it need not be bound
 *
 * Return: true where each page table that the device can be attached to makes
 * its no-snoop DMA snoop, so that nobody has to flush caches for it.
 */
bool iommufd_can_enforce_coherency(struct device *dev)
{
	return compat_can_enforce_coherency(dev);
}
EXPORT_SYMBOL_GPL(iommufd_can_enforce_coherency);

/**
 * idev_get - find a bound device by its id
 * @ictx: the context
 * @id: its id
 *
 * Return: the device, for idev_put(), or ERR_PTR(-ENOENT).
 */
struct iommufd_device *idev_get(struct iommufd_ctx *ictx, u32 id)
{
	struct object *obj = object_get(ictx, id, OBJECT_DEVICE);

	if (IS_ERR(obj))
		return ERR_CAST(obj);
	return container_of(obj, struct iommufd_device, obj);
}

/**
 * idev_put - end a use
 * @idev: from idev_get()
 */
void idev_put(struct iommufd_device *idev)
{
	object_put(&idev->obj);
}
