// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which page table a device does its DMA through: attach, replace, detach.
 *
 * A group is attached as a whole, with its first device, and its other devices
 * follow it.  Locks: hwpts_lock of the IOAS that is attached to, then
 * group->lock, then its topo.
 */
#include <linux/device.h>
#include <linux/module.h>

#include "compat/iommu.h"
#include "iommufd.h"

/* ---- reserved IOVA ---- */

static bool region_is_reserved(const struct iommu_resv_region *region)
{
	return region->type != IOMMU_RESV_DIRECT_RELAXABLE && region->length;
}

/*
 * Take away what the devices of the group can't use, and find the window for
 * their interrupts, if there is one.
 */
static int idev_reserve(struct iommufd_device *idev, struct ioas *ioas,
			struct msi_window *window)
{
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	int rc;

	window->kind = MSI_NONE;
	rc = iommu_get_group_resv_regions(idev->group->iommu, &regions);
	if (!rc && down_write_killable(&ioas->topo))
		rc = -EINTR;
	if (rc)
		goto out;
	list_for_each_entry(region, &regions, list) {
		msi_find_window(region, window);
		if (!region_is_reserved(region))
			continue;
		rc = ioas_reserve(ioas, region->start,
				  region->start + region->length - 1, idev);
		if (rc)
			break;
	}
	if (rc)
		iova_unreserve(&ioas->iova, idev);
	up_write(&ioas->topo);
out:
	iommu_put_resv_regions(idev->dev, &regions);
	return rc;
}

static void idev_unreserve(struct iommufd_device *idev, struct ioas *ioas)
{
	down_write(&ioas->topo);
	iova_unreserve(&ioas->iova, idev);
	up_write(&ioas->topo);
}

/* ---- attach ---- */

/*
 * Make no-snoop DMA of the device snoop.  A domain that was just attached knows
 * whether it can, even where the device was not known to want it.  What a domain
 * has entries for is too late: they may lack the mark, and not every driver
 * looks.
 */
static int hwpt_enforce(struct hwpt *hwpt, const struct iommufd_device *idev,
			bool just_attached)
{
	if (!hwpt->filled && (idev->enforces || just_attached))
		domain_enforce_coherency(&hwpt->domain);
	return idev->enforces && !hwpt->domain.coherent ? -EINVAL : 0;
}

/* Before an attach: fill the domain if it is settled. */
static int hwpt_prepare(struct hwpt *hwpt, const struct iommufd_device *idev)
{
	int rc;

	if (!hwpt->domain.settled)
		return 0;
	rc = hwpt_enforce(hwpt, idev, false);
	return rc ? rc : hwpt_fill(hwpt);
}

/* After an attach: fill the domain if that had to wait for it. */
static int hwpt_complete(struct hwpt *hwpt, const struct iommufd_device *idev)
{
	int rc = 0;

	if (!hwpt->filled) {
		rc = hwpt_enforce(hwpt, idev, true);
		if (!rc)
			rc = hwpt_fill(hwpt);
	}
	return rc ? rc : msi_map(hwpt, idev->group);
}

/*
 * Drivers of 6.1 map and sync a domain without looking whether its devices
 * change meanwhile, so both hold topo: mapping for reading, this for writing.
 * The way back from an error is not given up when the caller is killed.
 */
static int hwpt_attach(struct hwpt *hwpt, struct group *group, bool way_back)
{
	struct rw_semaphore *topo = &hwpt->ioas->topo;
	int rc;

	if (way_back)
		down_write(topo);
	else if (down_write_killable(topo))
		return -EINTR;
	rc = compat_group_attach(group->iommu, hwpt->domain.iommu);
	up_write(topo);
	return rc;
}

static void hwpt_detach(struct hwpt *hwpt, struct group *group)
{
	down_write(&hwpt->ioas->topo);
	domain_detach(&hwpt->domain, group->iommu);
	up_write(&hwpt->ioas->topo);
}

/* The same for a group, whose interrupts that are on go along with it. */
static int group_prepare(struct group *group, struct hwpt *hwpt,
			 const struct iommufd_device *idev)
{
	int rc = hwpt_prepare(hwpt, idev);

	return rc || !hwpt->domain.settled ? rc : msi_map(hwpt, group);
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
	rc = hwpt_complete(hwpt, idev);
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
	    !domain_fits(&hwpt->domain, idev->dev))
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

static int idev_attach(struct iommufd_device *idev, struct hwpt *hwpt,
		       struct hwpt **old)
{
	int rc;

	mutex_lock(&idev->group->lock);
	rc = idev_attach_locked(idev, hwpt);
	mutex_unlock(&idev->group->lock);
	return rc;
}

/* ---- replace ---- */

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
 * In one step where the kernel can; otherwise DMA is blocked in between, and
 * where an error has blocked it, until the old one is back.  An error leaves
 * @old attached, unless *@lost says that nothing is.
 */
static int group_exchange(struct group *group, struct hwpt *old,
			  struct hwpt *new, bool *lost)
{
	int rc;

	if (compat_group_can_replace()) {
		rc = compat_group_replace(group->iommu, new->domain.iommu,
					  &new->domain.handle);
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
	rc = hwpt_complete(hwpt, idev);
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

static int idev_replace(struct iommufd_device *idev, struct hwpt *hwpt,
			struct hwpt **old)
{
	struct group *group = idev->group;
	int rc = 0;

	mutex_lock(&group->lock);
	if (!idev->attached || !domain_fits(&hwpt->domain, idev->dev)) {
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

/* ---- what user space asks for ---- */

/*
 * idev_attach() or idev_replace().  The caller has a use of @hwpt, so that it does
 * not go meanwhile; *@old loses a use afterwards.
 */
typedef int (*change_fn)(struct iommufd_device *idev, struct hwpt *hwpt,
			 struct hwpt **old);

static int change_to_hwpt(struct iommufd_device *idev, struct hwpt *hwpt,
			  change_fn change, struct hwpt **old)
{
	int rc;

	if (!object_use(&hwpt->obj))
		return -ENOENT;
	mutex_lock(&hwpt->ioas->hwpts_lock);
	rc = change(idev, hwpt, old);
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
		rc = change(idev, hwpt, old);
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
	struct hwpt *hwpt = hwpt_create(ioas, idev->dev, true);
	int rc;

	if (IS_ERR(hwpt))
		return PTR_ERR(hwpt);
	rc = change(idev, hwpt, old);
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

static int idev_change(struct iommufd_device *idev, u32 *pt_id,
		       change_fn change)
{
	struct object *obj = object_get(idev->obj.ictx, *pt_id, OBJECT_ANY);
	struct hwpt *old = NULL;
	u32 id = *pt_id;
	int rc = -EINVAL;

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	if (obj->type == OBJECT_HWPT)
		rc = change_to_hwpt(idev, container_of(obj, struct hwpt, obj),
				    change, &old);
	else if (obj->type == OBJECT_IOAS)
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
 * @idev: a device that is not attached
 * @pt_id: a page table, or an IOAS: then a page table of it that fits is
 *	shared or made.  Set to the page table
 *
 * Return: 0; -ENOENT, -EINVAL where the device is attached or page table and
 * device do not fit, -EADDRINUSE where what is mapped or allowed in the IOAS
 * is reserved for the device, or an error of the IOMMU driver, of pinning or
 * of mapping.
 */
int iommufd_device_attach(struct iommufd_device *idev, u32 *pt_id)
{
	return idev_change(idev, pt_id, idev_attach);
}
EXPORT_SYMBOL_GPL(iommufd_device_attach);

/**
 * iommufd_device_replace() - change what a device, and so its group, is
 * attached to
 * @idev: a device that is attached
 * @pt_id: as of iommufd_device_attach()
 *
 * In one step where the kernel can; otherwise DMA is blocked for a moment.  On
 * error the old page table stays attached, but where the way back failed too:
 * then the devices of the group are detached, and the log says so.
 *
 * Return: as iommufd_device_attach(), and -EBUSY where more doorbells of
 * interrupts would have to go along than can, see msi.c.
 */
int iommufd_device_replace(struct iommufd_device *idev, u32 *pt_id)
{
	return idev_change(idev, pt_id, idev_replace);
}
EXPORT_SYMBOL_GPL(iommufd_device_replace);

/**
 * iommufd_device_detach() - block all DMA of a device
 * @idev: the device; nothing is done where it is not attached
 *
 * The other attached devices of its group go on.
 */
void iommufd_device_detach(struct iommufd_device *idev)
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
			hwpt_detach(hwpt, group);
			group->hwpt = NULL;
		}
		idev_unreserve(idev, hwpt->ioas);
	}
	mutex_unlock(&group->lock);
	if (hwpt)
		hwpt_unuse(hwpt);
}
EXPORT_SYMBOL_GPL(iommufd_device_detach);

/* Settle a domain by attaching it, empty, to a group that is blocked. */
static int idev_settle(struct iommufd_device *idev, struct hwpt *hwpt)
{
	struct group *group = idev->group;
	int rc = 0;

	mutex_lock(&group->lock);
	if (!group->hwpt) {
		rc = compat_group_attach(group->iommu, hwpt->domain.iommu);
		if (!rc) {
			rc = hwpt_enforce(hwpt, idev, true);
			if (!rc)
				rc = domain_settle(&hwpt->domain);
			domain_detach(&hwpt->domain, group->iommu);
			if (hwpt->domain.stuck)
				rc = -ENOMEM;
		}
	}
	mutex_unlock(&group->lock);
	return rc;
}

/* Fill a page table now, if that is possible before its first attach. */
static int idev_fill_hwpt(struct iommufd_device *idev, struct hwpt *hwpt)
{
	int rc;

	rc = hwpt_prepare(hwpt, idev);
	if (!rc && !hwpt->domain.settled)
		rc = idev_settle(idev, hwpt);
	if (!rc && hwpt->domain.settled)
		rc = hwpt_fill(hwpt);
	return rc;
}

/**
 * idev_create_hwpt - a page table for a device, to be attached later
 * @idev: the device
 * @ioas: what it holds
 *
 * It is filled now, but where its domain settles only when it is attached and
 * the device is attached elsewhere: then by its first attach.
 *
 * Return: as hwpt_create(), or an error as of iommufd_device_attach().
 */
struct hwpt *idev_create_hwpt(struct iommufd_device *idev, struct ioas *ioas)
{
	struct hwpt *hwpt;
	int rc;

	mutex_lock(&ioas->hwpts_lock);
	hwpt = hwpt_create(ioas, idev->dev, false);
	if (!IS_ERR(hwpt)) {
		rc = idev_fill_hwpt(idev, hwpt);
		if (rc) {
			hwpt_abort(hwpt);
			hwpt = ERR_PTR(rc);
		}
	}
	mutex_unlock(&ioas->hwpts_lock);
	return hwpt;
}
