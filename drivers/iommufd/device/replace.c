// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replace: another page table for a group, with all of its devices.
 *
 * Locks as in attach.c.
 */
#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include "compat/group.h"
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

static void group_unreserve(struct group *group, struct ioas *ioas)
{
	struct iommufd_device *idev;

	list_for_each_entry(idev, &group->devices, node)
		idev_unreserve(idev, ioas);
}

static int group_reserve(struct group *group, struct ioas *ioas,
			 struct msi_window *window)
{
	struct iommufd_device *idev;
	int rc;

	list_for_each_entry(idev, &group->devices, node) {
		rc = idev_reserve(idev, ioas, window);
		if (rc)
			goto err_unreserve;
	}
	return 0;

err_unreserve:
	list_for_each_entry_continue_reverse(idev, &group->devices, node)
		idev_unreserve(idev, ioas);
	return rc;
}

/*
 * As hwpt_attach() does, since a driver may look whether a domain has devices when it
 * maps and unmaps, and virtio-iommu gives the host what is mapped before it has one.
 */
static int hwpt_replace(struct hwpt *new, struct group *group)
{
	int rc;

	hwpt_change_begin(new, false);
	rc = compat_group_replace(group->iommu, new->domain.iommu,
				  &new->domain.handle);
	hwpt_change_end(new);
	return rc;
}

/*
 * In one step where the kernel can; otherwise DMA is blocked in between, and
 * where an error has blocked it, until the old one is back.  An error leaves
 * @old attached, unless *@lost says that nothing is.
 */
static int group_exchange(struct group *group, struct hwpt *old,
			  struct hwpt *new, bool *lost)
{
	int rc;

	if (compat_group_can_replace()) {
		rc = hwpt_replace(new, group);
		if (!compat_replace_loses(rc))
			return rc;
		hwpt_detach(old, group);
	} else {
		hwpt_detach(old, group);
		rc = hwpt_attach(new, group, false);
	}
	if (rc && hwpt_attach(old, group, true))
		*lost = true;
	return rc;
}

/*
 * Change the domain of the group.  A domain that settles at its first attach
 * is filled while it is attached, and the old one comes back if that fails.
 */
static int group_switch(struct group *group, struct hwpt *hwpt,
			const struct iommufd_device *idev, bool *lost)
{
	struct hwpt *old = group->hwpt;
	int rc;

	rc = group_prepare(group, hwpt, idev);
	if (!rc)
		rc = group_exchange(group, old, hwpt, lost);
	if (rc)
		return rc;
	rc = group_complete(group, hwpt, idev);
	if (rc && group_exchange(group, hwpt, old, lost)) {
		if (!*lost)
			hwpt_detach(hwpt, group);
		*lost = true;
	}
	return rc;
}

/*
 * Nothing of the group is attached any more, and there was no way back.  The
 * caller drops the last use of the page table, with no lock held.
 */
static void group_lose(struct group *group, struct iommufd_device *idev)
{
	struct iommufd_device *member, *next;
	struct hwpt *hwpt = group->hwpt;

	pasids_block(idev);
	dev_err_ratelimited(idev->dev, "iommufd: the old page table could not be attached again, DMA stays blocked\n");
	group_unreserve(group, hwpt->ioas);
	list_for_each_entry_safe(member, next, &group->devices, node) {
		list_del(&member->node);
		member->attached = false;
		if (!list_empty(&group->devices))
			object_unuse(&hwpt->obj);
	}
	group->hwpt = NULL;
}

/* Every device of the group leaves @old for @hwpt. */
static void group_move_uses(struct group *group, struct hwpt *old,
			    struct hwpt *hwpt)
{
	struct iommufd_device *idev;

	list_for_each_entry(idev, &group->devices, node) {
		object_use(&hwpt->obj);
		/* The caller drops the last one, with no lock held. */
		if (!list_is_last(&idev->node, &group->devices))
			object_unuse(&old->obj);
	}
}

static int group_replace(struct group *group, struct iommufd_device *idev,
			 struct hwpt *hwpt)
{
	struct hwpt *old = group->hwpt;
	bool moves = old->ioas != hwpt->ioas;
	struct msi_window window = old->msi;
	bool lost = false;
	int rc;

	rc = msi_remember(group);
	if (rc)
		return rc;
	if (moves)
		rc = group_reserve(group, hwpt->ioas, &window);
	if (rc)
		return rc;
	rc = msi_set_window(hwpt, group, &window);
	if (!rc)
		rc = group_switch(group, hwpt, idev, &lost);
	if (rc && moves)
		group_unreserve(group, hwpt->ioas);
	if (lost)
		group_lose(group, idev);
	if (rc)
		return rc;
	if (moves)
		group_unreserve(group, old->ioas);
	group->hwpt = hwpt;
	return 0;
}

/**
 * idev_replace - change the page table of a device's group
 * @idev: the device
 * @pasid: IOMMUFD_NO_PASID; others: pasid_replace()
 * @hwpt: the new page table; hwpts_lock of its IOAS is held
 * @old: set to the page table that loses a use, with no lock held; else not touched
 *
 * Return: 0, -EINVAL where the device is not attached or does not fit, or as
 * iommufd_device_replace().
 */
int idev_replace(struct iommufd_device *idev, u32 pasid, struct hwpt *hwpt,
		 struct hwpt **old)
{
	struct group *group = idev->group;
	int rc = 0;

	mutex_lock(&group->lock);
	if (!idev->attached || !group_fits(group, hwpt, idev)) {
		rc = -EINVAL;
	} else if (group->hwpt != hwpt) {
		*old = group->hwpt;
		rc = group_replace(group, idev, hwpt);
		if (!rc)
			group_move_uses(group, *old, hwpt);
		else if (group->hwpt)
			*old = NULL;
	}
	mutex_unlock(&group->lock);
	return rc;
}
