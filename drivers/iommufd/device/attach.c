// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attach: a device to a page table.
 *
 * A group is attached as a whole, with its first device, and its other devices
 * follow it.  Locks: hwpts_lock of the IOAS that is attached to, then
 * group->lock, then its topo.
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>

#include "compat/group.h"
#include "iommufd/base/object.h"
#include "iommufd/device/attach.h"
#include "iommufd/device/device.h"
#include "iommufd/device/group.h"
#include "iommufd/device/hwpt.h"
#include "iommufd/device/msi.h"
#include "iommufd/device/region.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/topo.h"
#include "iommufd/iommu/domain.h"

/**
 * hwpt_enforce - make no-snoop DMA of a device snoop
 * @hwpt: the page table
 * @idev: the device
 * @just_attached: it was attached for the first time
 *
 * A domain that was just attached knows
 * whether it can, even where the device was not known to want it.  What a domain
 * has entries for is too late: they may lack the mark, and not every driver
 * looks.
 *
 * Return: 0, or -EINVAL where it is promised for the device and can't be had.
 */
int hwpt_enforce(struct hwpt *hwpt, const struct iommufd_device *idev,
		 bool just_attached)
{
	if (!hwpt->filled && (idev->enforces || just_attached))
		domain_enforce_coherency(&hwpt->domain);
	return idev->enforces && !hwpt->domain.coherent ? -EINVAL : 0;
}

/**
 * hwpt_prepare - before an attach: fill the domain if it is settled
 * @hwpt: the page table; hwpts_lock of its IOAS is held
 * @idev: the device
 *
 * Return: 0, or as hwpt_enforce() and hwpt_fill().
 */
int hwpt_prepare(struct hwpt *hwpt, const struct iommufd_device *idev)
{
	int rc;

	if (!hwpt->domain.settled)
		return 0;
	rc = hwpt_enforce(hwpt, idev, false);
	return rc ? rc : hwpt_fill(hwpt);
}

/**
 * hwpt_complete - after an attach: fill the domain if that had to wait for it
 * @hwpt: as of hwpt_prepare()
 * @idev: the device, which is attached
 *
 * Return: as hwpt_prepare().
 */
int hwpt_complete(struct hwpt *hwpt, const struct iommufd_device *idev)
{
	int rc;

	if (hwpt->filled)
		return 0;
	rc = hwpt_enforce(hwpt, idev, true);
	return rc ? rc : hwpt_fill(hwpt);
}

/**
 * hwpt_change_begin - before the devices of a page table change
 * @hwpt: the page table
 * @killable: give up when the caller is killed
 *
 * Drivers of 6.1 map and sync a domain without looking whether its devices
 * change meanwhile, so both hold topo: mapping for reading, this for writing, until
 * hwpt_change_end().  What can be reached of registers is none of them meanwhile.
 *
 * Return: 0, -EINTR.
 */
int hwpt_change_begin(struct hwpt *hwpt, bool killable)
{
	struct rw_semaphore *topo = &hwpt->ioas->topo;

	if (!killable)
		down_write(topo);
	else if (down_write_killable(topo))
		return -EINTR;
	ioas_pause_registers(hwpt->ioas, hwpt_holder(hwpt));
	return 0;
}

/**
 * hwpt_change_end - after hwpt_change_begin()
 * @hwpt: the page table
 */
void hwpt_change_end(struct hwpt *hwpt)
{
	ioas_resume_registers(hwpt->ioas, hwpt_holder(hwpt));
	up_write(&hwpt->ioas->topo);
}

/**
 * hwpt_attach - attach a group
 * @hwpt: the page table
 * @group: the group, which is blocked; its lock is held
 * @way_back: from an error: not given up when the caller is killed
 *
 * Return: 0, the error of the driver, -EINTR.
 */
int hwpt_attach(struct hwpt *hwpt, struct group *group, bool way_back)
{
	int rc;

	rc = hwpt_change_begin(hwpt, !way_back);
	if (rc)
		return rc;
	rc = compat_group_attach(group->iommu, hwpt->domain.iommu);
	hwpt_change_end(hwpt);
	return rc;
}

/**
 * hwpt_detach - block a group
 * @hwpt: what it is attached to
 * @group: the group; its lock is held
 */
void hwpt_detach(struct hwpt *hwpt, struct group *group)
{
	hwpt_change_begin(hwpt, false);
	domain_detach(&hwpt->domain, group->iommu);
	hwpt_change_end(hwpt);
}

/**
 * group_prepare - hwpt_prepare(), and interrupts that are on go along
 * @group: the group; its lock is held
 * @hwpt: as of hwpt_prepare()
 * @idev: as of hwpt_prepare()
 *
 * Return: as hwpt_prepare() and msi_map().
 */
int group_prepare(struct group *group, struct hwpt *hwpt,
		  const struct iommufd_device *idev)
{
	int rc = hwpt_prepare(hwpt, idev);

	return rc || !hwpt->domain.settled ? rc : msi_map(hwpt, group);
}

/**
 * group_complete - hwpt_complete(), and interrupts that are on go along
 * @group: the group, attached; its lock is held
 * @hwpt: as of hwpt_complete()
 * @idev: as of hwpt_complete()
 *
 * Return: as hwpt_complete() and msi_map().
 */
int group_complete(struct group *group, struct hwpt *hwpt,
		   const struct iommufd_device *idev)
{
	int rc = hwpt_complete(hwpt, idev);

	return rc ? rc : msi_map(hwpt, group);
}

/**
 * group_fits - may a group be attached to a page table
 * @group: the group; its lock is held
 * @hwpt: the page table
 * @idev: one of its devices
 *
 * While PASIDs are attached what DMA without one goes through must be able to stand
 * beside them.
 */
bool group_fits(struct group *group, const struct hwpt *hwpt,
		const struct iommufd_device *idev)
{
	if (!domain_fits(&hwpt->domain, idev->dev))
		return false;
	return xa_empty(&group->pasids) ||
	       (hwpt->takes_pasids &&
		!(hwpt->parent && hwpt->domain.pasids_tied));
}

static int group_attach(struct group *group, struct hwpt *hwpt,
			const struct iommufd_device *idev)
{
	int rc;

	rc = group_prepare(group, hwpt, idev);
	if (!rc)
		rc = hwpt_attach(hwpt, group, false);
	if (rc)
		return rc;
	rc = group_complete(group, hwpt, idev);
	if (rc)
		hwpt_detach(hwpt, group);
	return rc;
}

static int idev_attach_first(struct iommufd_device *idev, struct hwpt *hwpt)
{
	struct msi_window window;
	int rc;

	rc = idev_reserve(idev, hwpt->ioas, &window);
	if (rc)
		return rc;
	rc = msi_set_window(hwpt, idev->group, &window);
	if (!rc)
		rc = group_attach(idev->group, hwpt, idev);
	if (rc)
		idev_unreserve(idev, hwpt->ioas);
	else
		idev->group->hwpt = hwpt;
	return rc;
}

/* The group is attached already: the device follows it. */
static int idev_attach_next(struct iommufd_device *idev, struct hwpt *hwpt)
{
	struct msi_window window;

	return idev_reserve(idev, hwpt->ioas, &window);
}

static int idev_attach_locked(struct iommufd_device *idev, struct hwpt *hwpt)
{
	struct group *group = idev->group;
	int rc;

	if (idev->attached || (group->hwpt && group->hwpt != hwpt) ||
	    !group_fits(group, hwpt, idev))
		return -EINVAL;
	if (group->hwpt)
		rc = idev_attach_next(idev, hwpt);
	else
		rc = idev_attach_first(idev, hwpt);
	if (rc)
		return rc;
	object_use(&hwpt->obj);
	idev->attached = true;
	list_add_tail(&idev->node, &group->devices);
	return 0;
}

/**
 * idev_attach - attach a device that is not
 * @idev: the device
 * @pasid: IOMMUFD_NO_PASID; others: pasid_attach()
 * @hwpt: the page table; hwpts_lock of its IOAS is held
 * @old: not touched: there is none that loses a use
 *
 * Return: 0, -EINVAL where it is attached or does not fit, or as
 * iommufd_device_attach().
 */
int idev_attach(struct iommufd_device *idev, u32 pasid, struct hwpt *hwpt,
		struct hwpt **old)
{
	int rc;

	mutex_lock(&idev->group->lock);
	rc = idev_attach_locked(idev, hwpt);
	mutex_unlock(&idev->group->lock);
	return rc;
}
