// SPDX-License-Identifier: GPL-2.0-only
/*
 * PASIDs: a page table for a part of a device's DMA, which the device marks with a
 * number.
 *
 * The kernel attaches a PASID of a whole group.  So it is the group's: the first of its
 * devices that wants it attaches it, others follow to the same page table, the last one
 * detaches it.  No reserved regions and no interrupts concern it: these have no PASID.
 *
 * Locks as in attach.c.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "compat/group.h"
#include "compat/handle.h"
#include "compat/pasid.h"
#include "iommufd/base/context.h"
#include "iommufd/base/object.h"
#include "iommufd/device/attach.h"
#include "iommufd/device/device.h"
#include "iommufd/device/group.h"
#include "iommufd/device/hwpt.h"
#include "iommufd/device/pasid.h"
#include "iommufd/iommu/domain.h"
#include "iommufd/iommu/quota.h"

/*
 * What the kernel and the driver keep for one, and charge nobody for: some structs, and a
 * table that may have no other PASID in it.
 */
#define PASID_SIZE (PAGE_SIZE + SZ_1K)

/**
 * struct pasid - a PASID of a group
 * @ndevices: devices of the group that have it attached, by their own account
 * @hwpt: what it is attached to, of which each of them has a use; NULL where it is
 *	blocked all the same: by pasids_block(), or as there was no way back from an error
 * @handle: by which the kernel knows the attach; each has one of its own
 *
 * Guarded by group->lock.
 */
struct pasid {
	unsigned int ndevices;
	struct hwpt *hwpt;
	struct compat_handle *handle;
};

/* Block it. */
static void pasid_clear(struct iommufd_device *idev, u32 id,
			struct pasid *pasid)
{
	struct hwpt *hwpt = pasid->hwpt;

	hwpt_change_begin(hwpt, false);
	compat_pasid_detach(idev->dev, id, hwpt->domain.iommu);
	hwpt_change_end(hwpt);
	kfree(pasid->handle);
	pasid->hwpt = NULL;
}

/* Attach it; where it is attached already, in one step.  An error changes nothing. */
static int pasid_set(struct iommufd_device *idev, u32 id, struct pasid *pasid,
		     struct hwpt *hwpt, bool way_back)
{
	struct compat_handle *handle;
	int rc;

	handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle)
		return -ENOMEM;
	rc = hwpt_change_begin(hwpt, !way_back);
	if (rc)
		goto err_free;
	if (pasid->hwpt)
		rc = compat_pasid_replace(idev->dev, id, hwpt->domain.iommu,
					  handle);
	else
		rc = compat_pasid_attach(idev->dev, id, hwpt->domain.iommu,
					 handle);
	hwpt_change_end(hwpt);
	if (rc)
		goto err_free;
	if (pasid->hwpt)
		kfree(pasid->handle);
	pasid->hwpt = hwpt;
	pasid->handle = handle;
	return 0;

err_free:
	kfree(handle);
	return rc;
}

/*
 * In one step where the kernel can; otherwise DMA of the PASID is blocked in between.
 * After an error it is where it was, or blocked: pasid->hwpt says so.
 */
static int pasid_exchange(struct iommufd_device *idev, u32 id,
			  struct pasid *pasid, struct hwpt *hwpt)
{
	struct hwpt *old = pasid->hwpt;
	int rc;

	if (old && !compat_pasid_can_replace())
		pasid_clear(idev, id, pasid);
	rc = pasid_set(idev, id, pasid, hwpt, false);
	if (!rc || !old)
		return rc;
	/* The driver may have blocked it all the same. */
	if (pasid->hwpt && compat_replace_loses(rc))
		pasid_clear(idev, id, pasid);
	if (!pasid->hwpt && pasid_set(idev, id, pasid, old, true))
		dev_err_ratelimited(idev->dev, "iommufd: the old page table of PASID %u could not be attached again, its DMA stays blocked\n",
				    id);
	return rc;
}

/*
 * A domain that settles at its first attach is filled while it is attached, and the old
 * one comes back if that fails.  Errors as of pasid_exchange().
 */
static int pasid_switch(struct iommufd_device *idev, u32 id,
			struct pasid *pasid, struct hwpt *hwpt)
{
	struct hwpt *old = pasid->hwpt;
	int rc;

	rc = hwpt_prepare(hwpt, idev);
	if (!rc)
		rc = pasid_exchange(idev, id, pasid, hwpt);
	if (rc)
		return rc;
	rc = hwpt_complete(hwpt, idev);
	if (rc && old)
		pasid_exchange(idev, id, pasid, old);
	if (rc && pasid->hwpt == hwpt)
		pasid_clear(idev, id, pasid);
	return rc;
}

/* With nothing attached. */
static struct pasid *pasid_create(struct iommufd_device *idev, u32 id)
{
	struct quota *quota = idev->obj.ictx->quota;
	struct pasid *pasid;
	int rc;

	rc = quota_charge(quota, PASID_SIZE);
	if (rc)
		return ERR_PTR(rc);
	rc = -ENOMEM;
	pasid = kzalloc(sizeof(*pasid), GFP_KERNEL_ACCOUNT);
	if (!pasid)
		goto err_uncharge;
	rc = xa_insert(&idev->group->pasids, id, pasid, GFP_KERNEL_ACCOUNT);
	if (rc)
		goto err_free;
	return pasid;

err_free:
	kfree(pasid);
err_uncharge:
	quota_uncharge(quota, PASID_SIZE);
	return ERR_PTR(rc);
}

static void pasid_destroy(struct iommufd_device *idev, u32 id,
			  struct pasid *pasid)
{
	xa_erase(&idev->group->pasids, id);
	kfree(pasid);
	quota_uncharge(idev->obj.ictx->quota, PASID_SIZE);
}

/*
 * What DMA without a PASID goes through must be able to stand beside it.  Other devices
 * of the group may have fewer PASIDs, or none: then the kernel looks.
 */
static bool pasid_fits(struct iommufd_device *idev, u32 id,
		       const struct hwpt *hwpt)
{
	const struct hwpt *plain = idev->group->hwpt;

	if (!compat_pasid_exists(idev->dev, id) || !hwpt->takes_pasids ||
	    !domain_fits(&hwpt->domain, idev->dev))
		return false;
	if (hwpt->domain.pasids_tied && (!plain || plain->parent))
		return false;
	return !plain || plain->takes_pasids;
}

/* Of the group, attached; no use of @hwpt was taken. */
static struct pasid *pasid_get(struct iommufd_device *idev, u32 id,
			       struct hwpt *hwpt)
{
	struct pasid *pasid = xa_load(&idev->group->pasids, id);
	int rc;

	if (pasid)
		return pasid->hwpt == hwpt ? pasid : ERR_PTR(-EINVAL);
	pasid = pasid_create(idev, id);
	if (IS_ERR(pasid))
		return pasid;
	rc = pasid_switch(idev, id, pasid, hwpt);
	if (rc) {
		pasid_destroy(idev, id, pasid);
		return ERR_PTR(rc);
	}
	return pasid;
}

static int pasid_attach_locked(struct iommufd_device *idev, u32 id,
			       struct hwpt *hwpt)
{
	struct pasid *pasid;
	int rc;

	if (xa_load(&idev->pasids, id))
		return -EBUSY;
	if (!pasid_fits(idev, id, hwpt))
		return -EINVAL;
	rc = xa_reserve(&idev->pasids, id, GFP_KERNEL_ACCOUNT);
	if (rc)
		return rc;
	pasid = pasid_get(idev, id, hwpt);
	if (IS_ERR(pasid)) {
		xa_release(&idev->pasids, id);
		return PTR_ERR(pasid);
	}
	/* It has its place already, so this can't fail. */
	xa_store(&idev->pasids, id, pasid, GFP_KERNEL_ACCOUNT);
	pasid->ndevices++;
	object_use(&hwpt->obj);
	return 0;
}

/**
 * pasid_attach - attach a PASID that a device has not
 * @idev: the device
 * @id: the PASID
 * @hwpt: the page table; hwpts_lock of its IOAS is held
 * @old: not touched: there is none that loses a use
 *
 * Return: 0, -EBUSY where the device has it, -EINVAL where there is no such PASID or one
 * of the page tables is not made for that, -ENOSPC where the user may have no more of
 * them, or as iommufd_device_attach().
 */
int pasid_attach(struct iommufd_device *idev, u32 id, struct hwpt *hwpt,
		 struct hwpt **old)
{
	int rc;

	mutex_lock(&idev->group->lock);
	rc = pasid_attach_locked(idev, id, hwpt);
	mutex_unlock(&idev->group->lock);
	return rc;
}

/* Its devices use what it has now and no more @old, but for one use of that. */
static void pasid_move_uses(struct pasid *pasid, struct hwpt *old)
{
	unsigned int i;

	for (i = 0; pasid->hwpt && i < pasid->ndevices; i++)
		object_use(&pasid->hwpt->obj);
	for (i = 1; old && i < pasid->ndevices; i++)
		object_unuse(&old->obj);
}

static int pasid_replace_locked(struct iommufd_device *idev, u32 id,
				struct hwpt *hwpt, struct hwpt **old)
{
	struct pasid *pasid = xa_load(&idev->pasids, id);
	struct hwpt *before;
	int rc;

	if (!pasid)
		return -EINVAL;
	before = pasid->hwpt;
	if (before == hwpt)
		return 0;
	if (!pasid_fits(idev, id, hwpt))
		return -EINVAL;
	rc = pasid_switch(idev, id, pasid, hwpt);
	if (pasid->hwpt != before) {
		pasid_move_uses(pasid, before);
		*old = before;
	}
	return rc;
}

/**
 * pasid_replace - change the page table of a PASID, for all devices of the group
 * @idev: a device that has it attached
 * @id: the PASID
 * @hwpt: the new page table; hwpts_lock of its IOAS is held
 * @old: set to the page table that loses a use, with no lock held; else not touched
 *
 * A PASID that an error has left blocked is attached anew.
 *
 * Return: 0, -EINVAL where the device has not attached it or as of pasid_attach(), or as
 * iommufd_device_replace().
 */
int pasid_replace(struct iommufd_device *idev, u32 id, struct hwpt *hwpt,
		  struct hwpt **old)
{
	int rc;

	mutex_lock(&idev->group->lock);
	rc = pasid_replace_locked(idev, id, hwpt, old);
	mutex_unlock(&idev->group->lock);
	return rc;
}

/**
 * pasids_block - block all PASIDs of a group that is about to be blocked, where they must
 *	not outlast that
 * @idev: one of its devices; the group's lock is held
 *
 * They stay known, until they are detached or replaced.  Page tables for PASIDs are never
 * automatic, so none has to go here.
 */
void pasids_block(struct iommufd_device *idev)
{
	struct pasid *pasid;
	unsigned long id;
	struct hwpt *hwpt;
	unsigned int i;

	xa_for_each(&idev->group->pasids, id, pasid) {
		hwpt = pasid->hwpt;
		if (!hwpt || !hwpt->domain.pasids_tied)
			continue;
		pasid_clear(idev, id, pasid);
		for (i = 0; i < pasid->ndevices; i++)
			object_unuse(&hwpt->obj);
		cond_resched();
	}
}

/**
 * pasid_detach - undo pasid_attach()
 * @idev: the device
 * @id: the PASID; it is blocked when the last device of the group has detached it
 *
 * Return: the page table that loses a use, with no lock held, or NULL.
 */
struct hwpt *pasid_detach(struct iommufd_device *idev, u32 id)
{
	struct hwpt *hwpt = NULL;
	struct pasid *pasid;

	mutex_lock(&idev->group->lock);
	pasid = xa_erase(&idev->pasids, id);
	if (pasid) {
		hwpt = pasid->hwpt;
		if (!--pasid->ndevices) {
			if (hwpt)
				pasid_clear(idev, id, pasid);
			pasid_destroy(idev, id, pasid);
		}
	}
	mutex_unlock(&idev->group->lock);
	return hwpt;
}
