// SPDX-License-Identifier: GPL-2.0-only
/*
 * What user space asks for: attach, replace and detach, by the id of a page table or of
 * an IOAS.  A PASID goes to page tables that were made for that alone, as those that
 * are made for an IOAS are not.
 *
 * hwpts_lock of the IOAS makes the choice of a page table one step.  hwpt_unuse(), which
 * may free one, is called with no lock held.
 */
#include <linux/err.h>
#include <linux/iommufd.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "iommufd/base/object.h"
#include "iommufd/device/attach.h"
#include "iommufd/device/device.h"
#include "iommufd/device/group.h"
#include "iommufd/device/hwpt.h"
#include "iommufd/device/msi.h"
#include "iommufd/device/pasid.h"
#include "iommufd/device/region.h"
#include "iommufd/device/replace.h"
#include "iommufd/ioas/ioas.h"

/*
 * idev_attach() or idev_replace(), or pasid_attach() or pasid_replace() for one PASID.  The
 * caller has a use of @hwpt, so that it does not go meanwhile: one that is taken only
 * afterwards comes too late for DESTROY.  *@old loses a use afterwards.
 */
typedef int (*change_fn)(struct iommufd_device *idev, u32 pasid,
			 struct hwpt *hwpt, struct hwpt **old);

static int change_to_hwpt(struct iommufd_device *idev, u32 pasid,
			  struct hwpt *hwpt, change_fn change,
			  struct hwpt **old)
{
	int rc;

	if (!object_use(&hwpt->obj))
		return -ENOENT;
	mutex_lock(&hwpt->ioas->hwpts_lock);
	rc = change(idev, pasid, hwpt, old);
	mutex_unlock(&hwpt->ioas->hwpts_lock);
	hwpt_unuse(hwpt);
	return rc;
}

/* -EINVAL where there is none, or none that fits. */
static int change_to_known(struct iommufd_device *idev, struct ioas *ioas,
			   change_fn change, struct hwpt **old, u32 *id,
			   struct list_head *gone)
{
	struct hwpt *hwpt, *next;
	int rc = -EINVAL;

	list_for_each_entry_safe(hwpt, next, &ioas->hwpts, node) {
		if (!hwpt->automatic || !object_use(&hwpt->obj))
			continue;
		rc = change(idev, IOMMUFD_NO_PASID, hwpt, old);
		*id = hwpt->obj.id;
		hwpt_unuse_locked(hwpt, gone);
		if (rc != -EINVAL)
			break;
	}
	return rc;
}

static int change_to_new(struct iommufd_device *idev, struct ioas *ioas,
			 change_fn change, struct hwpt **old, u32 *id,
			 struct list_head *gone)
{
	struct hwpt *hwpt = hwpt_create(ioas, idev->dev, 0, true);
	int rc;

	if (IS_ERR(hwpt))
		return PTR_ERR(hwpt);
	rc = change(idev, IOMMUFD_NO_PASID, hwpt, old);
	if (rc) {
		hwpt_abort(hwpt);
		return rc;
	}
	*id = hwpt->obj.id;
	hwpt_publish(hwpt);
	/* Another device of the group may have moved all of it on already. */
	hwpt_unuse_locked(hwpt, gone);
	return 0;
}

/* Share a page table of the IOAS that fits the device, or make one. */
static int change_to_ioas(struct iommufd_device *idev, struct ioas *ioas,
			  change_fn change, struct hwpt **old, u32 *id)
{
	LIST_HEAD(gone);
	int rc;

	mutex_lock(&ioas->hwpts_lock);
	rc = change_to_known(idev, ioas, change, old, id, &gone);
	if (rc == -EINVAL)
		rc = change_to_new(idev, ioas, change, old, id, &gone);
	mutex_unlock(&ioas->hwpts_lock);
	hwpts_free(&gone);
	return rc;
}

static int idev_change(struct iommufd_device *idev, u32 pasid, u32 *pt_id,
		       change_fn change)
{
	struct object *obj = object_get(idev->obj.ictx, *pt_id, OBJECT_ANY);
	struct hwpt *old = NULL;
	u32 id = *pt_id;
	int rc = -EINVAL;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	if (obj->type == OBJECT_HWPT || obj->type == OBJECT_NESTED)
		rc = change_to_hwpt(idev, pasid,
				    container_of(obj, struct hwpt, obj),
				    change, &old);
	else if (obj->type == OBJECT_IOAS && pasid == IOMMUFD_NO_PASID)
		rc = change_to_ioas(idev, container_of(obj, struct ioas, obj),
				    change, &old, &id);
	if (old)
		hwpt_unuse(old);
	object_put(obj);
	if (!rc)
		*pt_id = id;
	return rc;
}

/**
 * iommufd_device_attach() - let a device do DMA
 * @idev: a device that is not attached, or not with @pasid
 * @pasid: which DMA: what is marked with this number, or IOMMUFD_NO_PASID
 * @pt_id: a page table, or an IOAS: then a page table of it that fits is
 *	shared or made.  Set to the page table.  With a PASID, a page table that was
 *	made for PASIDs (IOMMU_HWPT_ALLOC_PASID)
 *
 * A driver that hands out parts of a device, each with a PASID, attaches these, too, and
 * detaches all before it unbinds the device.  Devices of one group share their PASIDs.
 *
 * Return: 0; -ENOENT, -EINVAL where the device is attached or page table and
 * device do not fit, -EADDRINUSE where what is mapped or allowed in the IOAS
 * is reserved for the device, or an error of the IOMMU driver, of pinning or
 * of mapping.  With a PASID: -EBUSY where it is attached; -EINVAL where the device has no
 * such PASID, or @pt_id, or what the device is attached to without one, was not made for
 * PASIDs; -EOPNOTSUPP where the driver can't; -ENOSPC where the user may have no more.
 */
int iommufd_device_attach(struct iommufd_device *idev, u32 pasid, u32 *pt_id)
{
	return idev_change(idev, pasid, pt_id, pasid == IOMMUFD_NO_PASID ?
			   idev_attach : pasid_attach);
}
EXPORT_SYMBOL_GPL(iommufd_device_attach);

/**
 * iommufd_device_replace() - change what a device, and so its group, is
 * attached to
 * @idev: a device that is attached
 * @pasid: as of iommufd_device_attach()
 * @pt_id: as of iommufd_device_attach()
 *
 * In one step where the kernel can; otherwise DMA is blocked for a moment.  On
 * error the old page table stays attached, but where the way back failed too:
 * then the devices of the group are detached, or the PASID is blocked until it is replaced
 * or detached, and the log says so.
 *
 * Return: as iommufd_device_attach(), -EINVAL where nothing is attached, and -EBUSY where
 * more doorbells of interrupts would have to go along than can, see msi.c.
 */
int iommufd_device_replace(struct iommufd_device *idev, u32 pasid, u32 *pt_id)
{
	return idev_change(idev, pasid, pt_id, pasid == IOMMUFD_NO_PASID ?
			   idev_replace : pasid_replace);
}
EXPORT_SYMBOL_GPL(iommufd_device_replace);

static struct hwpt *idev_detach(struct iommufd_device *idev)
{
	struct group *group = idev->group;
	struct hwpt *hwpt;

	mutex_lock(&group->lock);
	hwpt = idev->attached ? group->hwpt : NULL;
	if (hwpt) {
		list_del(&idev->node);
		idev->attached = false;
		if (list_empty(&group->devices)) {
			/* Too many are forgotten: then they have to be set up anew. */
			msi_remember(group);
			pasids_block(idev);
			hwpt_detach(hwpt, group);
			group->hwpt = NULL;
		}
		idev_unreserve(idev, hwpt->ioas);
	}
	mutex_unlock(&group->lock);
	return hwpt;
}

/**
 * iommufd_device_detach() - block DMA of a device
 * @idev: the device; nothing is done where it is not attached
 * @pasid: as of iommufd_device_attach(): each is blocked by itself
 *
 * The other attached devices of its group go on.
 */
void iommufd_device_detach(struct iommufd_device *idev, u32 pasid)
{
	struct hwpt *hwpt = pasid == IOMMUFD_NO_PASID ? idev_detach(idev) :
							pasid_detach(idev, pasid);

	if (hwpt)
		hwpt_unuse(hwpt);
}
EXPORT_SYMBOL_GPL(iommufd_device_detach);
