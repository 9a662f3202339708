// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that do DMA: bind, attach, replace, detach.
 *
 * The devices of one IOMMU group can't be told apart by the IOMMU, so a group
 * is owned by one context and attached to one page table at a time; struct
 * group counts what the context has of it.  Locks: ictx->groups_lock for which
 * groups there are; ioas->hwpts_lock, then group->lock, to attach.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "compat/iommu.h"
#include "iommufd.h"

static bool allow_unsafe_interrupts;
module_param(allow_unsafe_interrupts, bool, 0644);
MODULE_PARM_DESC(allow_unsafe_interrupts,
		 "Bind devices whose interrupts the platform does not isolate: their DMA can forge any interrupt");

/**
 * struct group - what a context has of an IOMMU group
 * @node: in ictx->groups
 * @iommu: the group; a reference is held
 * @nbound: devices bound; guarded by ictx->groups_lock
 * @lock: guards the rest
 * @hwpt: what it is attached to, or NULL
 * @devices: devices that are attached
 */
struct group {
	struct list_head node;
	struct iommu_group *iommu;
	unsigned int nbound;
	struct mutex lock;	/* inside of ioas->hwpts_lock */
	struct hwpt *hwpt;
	struct list_head devices;
};

/**
 * struct iommufd_device - a device bound to a context
 * @obj: names it
 * @dev: the device; its driver keeps it for as long as it is bound
 * @group: its group; a share is held
 * @node: in group->devices while it is attached; guarded by group->lock
 * @attached: guarded by group->lock
 * @enforces: its IOMMU promises to make no-snoop DMA snoop
 */
struct iommufd_device {
	struct object obj;
	struct device *dev;
	struct group *group;
	struct list_head node;
	bool attached;
	bool enforces;
};

/* ---- groups ---- */

/* Does firmware use memory of its own through a device of the group? */
static int group_check_direct(struct iommu_group *iommu, struct device *dev)
{
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	int rc;

	rc = iommu_get_group_resv_regions(iommu, &regions);
	list_for_each_entry(region, &regions, list)
		if (!rc && region->type == IOMMU_RESV_DIRECT)
			rc = -EINVAL;
	iommu_put_resv_regions(dev, &regions);
	if (rc == -EINVAL)
		dev_warn(dev, "iommufd: firmware needs a direct mapping (RMRR, IVMD) for this device, it can't be passed on\n");
	return rc;
}

static int group_check_interrupts(struct iommu_group *iommu,
				  struct device *dev)
{
	if (compat_group_msi_isolated(iommu))
		return 0;
	if (!READ_ONCE(allow_unsafe_interrupts)) {
		dev_warn(dev, "iommufd: no interrupt remapping, so DMA of this device can forge interrupts: turn it on in the firmware, or load iommufd with allow_unsafe_interrupts=1\n");
		return -EPERM;
	}
	dev_warn_once(dev, "iommufd: allow_unsafe_interrupts: DMA of this device can forge interrupts\n");
	return 0;
}

static struct group *group_find(struct iommufd_ctx *ictx,
				struct iommu_group *iommu)
{
	struct group *group;

	lockdep_assert_held(&ictx->groups_lock);

	list_for_each_entry(group, &ictx->groups, node)
		if (group->iommu == iommu)
			return group;
	return NULL;
}

/* Own a group; takes over the caller's reference on @iommu. */
static struct group *group_create(struct iommufd_ctx *ictx,
				  struct iommu_group *iommu)
{
	struct group *group = kzalloc(sizeof(*group), GFP_KERNEL_ACCOUNT);
	int rc;

	if (!group)
		return ERR_PTR(-ENOMEM);
	rc = iommu_group_claim_dma_owner(iommu, ictx);
	if (rc) {
		kfree(group);
		return ERR_PTR(rc);
	}
	group->iommu = iommu;
	mutex_init(&group->lock);
	INIT_LIST_HEAD(&group->devices);
	list_add(&group->node, &ictx->groups);
	return group;
}

/* One more device of a group, which is owned with the first. */
static struct group *group_get(struct iommufd_ctx *ictx, struct device *dev)
{
	struct iommu_group *iommu = iommu_group_get(dev);
	struct group *group;
	int rc;

	if (!iommu)
		return ERR_PTR(-ENODEV);
	rc = group_check_direct(iommu, dev);
	if (!rc)
		rc = group_check_interrupts(iommu, dev);
	if (rc) {
		iommu_group_put(iommu);
		return ERR_PTR(rc);
	}

	mutex_lock(&ictx->groups_lock);
	group = group_find(ictx, iommu);
	if (group)
		iommu_group_put(iommu);
	else
		group = group_create(ictx, iommu);
	if (!IS_ERR(group))
		group->nbound++;
	mutex_unlock(&ictx->groups_lock);
	if (IS_ERR(group))
		iommu_group_put(iommu);
	return group;
}

static void group_put(struct iommufd_ctx *ictx, struct group *group)
{
	mutex_lock(&ictx->groups_lock);
	if (!--group->nbound) {
		list_del(&group->node);
		iommu_group_release_dma_owner(group->iommu);
		iommu_group_put(group->iommu);
		kfree(group);
	}
	mutex_unlock(&ictx->groups_lock);
}

/**
 * iommufd_ctx_has_group() - does a context own an IOMMU group
 * @ictx: the context, or NULL
 * @iommu: the group, or NULL
 *
 * Return: true where a device of the group is bound to it.
 */
bool iommufd_ctx_has_group(struct iommufd_ctx *ictx, struct iommu_group *iommu)
{
	bool has;

	if (!ictx || !iommu)
		return false;
	mutex_lock(&ictx->groups_lock);
	has = group_find(ictx, iommu);
	mutex_unlock(&ictx->groups_lock);
	return has;
}
EXPORT_SYMBOL_GPL(iommufd_ctx_has_group);

/* ---- bind ---- */

static void idev_destroy_object(struct object *obj)
{
	struct iommufd_device *idev =
		container_of(obj, struct iommufd_device, obj);

	WARN_ON(idev->attached);
	group_put(obj->ictx, idev->group);
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
	struct iommufd_device *idev;
	struct group *group;
	int rc;

	if (!compat_has_iommu(dev))
		return ERR_PTR(-ENODEV);
	if (!device_iommu_capable(dev, IOMMU_CAP_CACHE_COHERENCY))
		return ERR_PTR(-EINVAL);

	group = group_get(ictx, dev);
	if (IS_ERR(group))
		return ERR_CAST(group);

	rc = -ENOMEM;
	idev = kzalloc(sizeof(*idev), GFP_KERNEL_ACCOUNT);
	if (!idev)
		goto err_group;
	idev->dev = dev;
	idev->group = group;
	idev->enforces = compat_can_enforce_coherency(dev);
	rc = object_reserve(ictx, &idev->obj, OBJECT_DEVICE,
			    idev_destroy_object);
	if (rc)
		goto err_free;
	/* The driver's, until it unbinds. */
	object_use(&idev->obj);
	iommufd_ctx_get(ictx);
	*id = idev->obj.id;
	object_publish(&idev->obj);
	return idev;

err_free:
	kfree(idev);
err_group:
	group_put(ictx, group);
	return ERR_PTR(rc);
}
EXPORT_SYMBOL_GPL(iommufd_device_bind);

/**
 * iommufd_device_unbind() - undo iommufd_device_bind()
 * @idev: the device, detached; not to be used any more
 */
void iommufd_device_unbind(struct iommufd_device *idev)
{
	struct iommufd_ctx *ictx = idev->obj.ictx;

	object_remove(&idev->obj);
	iommufd_ctx_put(ictx);
}
EXPORT_SYMBOL_GPL(iommufd_device_unbind);

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

/**
 * idev_of - the device itself
 * @idev: a bound device
 */
struct device *idev_of(struct iommufd_device *idev)
{
	return idev->dev;
}

/* ---- reserved IOVA ---- */

static bool region_is_reserved(const struct iommu_resv_region *region)
{
	return region->type != IOMMU_RESV_DIRECT_RELAXABLE && region->length;
}

/*
 * Take away what the devices of the group can't use, and find the window in
 * which interrupts are mapped by software, if there is one.
 */
static int idev_reserve(struct iommufd_device *idev, struct ioas *ioas,
			phys_addr_t *msi_window)
{
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	int rc;

	*msi_window = PHYS_ADDR_MAX;
	rc = iommu_get_group_resv_regions(idev->group->iommu, &regions);
	if (!rc && down_write_killable(&ioas->topo))
		rc = -EINTR;
	if (rc)
		goto out;
	list_for_each_entry(region, &regions, list) {
		if (region->type == IOMMU_RESV_SW_MSI)
			*msi_window = region->start;
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
 * Make no-snoop DMA of the device snoop.  Where the kernel does not tell
 * whether that is possible, a domain that was just attached and is empty yet
 * knows.
 */
static int hwpt_enforce(struct hwpt *hwpt, const struct iommufd_device *idev,
			bool just_attached)
{
	if (idev->enforces || (just_attached && !hwpt->filled))
		domain_enforce_coherency(&hwpt->domain);
	return idev->enforces && !hwpt->domain.coherent ? -EINVAL : 0;
}

static int hwpt_set_msi_window(struct hwpt *hwpt, phys_addr_t window)
{
	int rc;

	if (window == PHYS_ADDR_MAX || hwpt->has_msi_window)
		return 0;
	rc = iommu_get_msi_cookie(hwpt->domain.iommu, window);
	hwpt->has_msi_window = !rc;
	return rc;
}

/* Attach the group, then fill the domain if that had to wait for it. */
static int group_attach(struct group *group, struct hwpt *hwpt,
			const struct iommufd_device *idev)
{
	bool settled = hwpt->domain.settled;
	int rc = 0;

	if (settled)
		rc = hwpt_enforce(hwpt, idev, false);
	if (!rc && settled)
		rc = hwpt_fill(hwpt);
	if (!rc)
		rc = compat_group_attach(group->iommu, hwpt->domain.iommu);
	if (rc || settled)
		return rc;

	rc = hwpt_enforce(hwpt, idev, true);
	if (!rc)
		rc = hwpt_fill(hwpt);
	if (rc)
		iommu_detach_group(hwpt->domain.iommu, group->iommu);
	return rc;
}

static int idev_attach_first(struct iommufd_device *idev, struct hwpt *hwpt)
{
	phys_addr_t window;
	int rc;

	rc = idev_reserve(idev, hwpt->ioas, &window);
	if (rc)
		return rc;
	rc = hwpt_set_msi_window(hwpt, window);
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
	phys_addr_t window;

	return idev_reserve(idev, hwpt->ioas, &window);
}

static int idev_attach_locked(struct iommufd_device *idev, struct hwpt *hwpt)
{
	struct group *group = idev->group;
	int rc;

	if (idev->attached || (group->hwpt && group->hwpt != hwpt))
		return -EINVAL;
	if (!object_use(&hwpt->obj))
		return -ENOENT;
	if (group->hwpt)
		rc = idev_attach_next(idev, hwpt);
	else
		rc = idev_attach_first(idev, hwpt);
	if (rc) {
		object_unuse(&hwpt->obj);
		return rc;
	}
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
			 phys_addr_t *window)
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
 * Change the domain of the group.  A domain that settles at its first attach
 * is filled while it is attached, and the old one comes back if that fails.
 */
static int group_switch(struct group *group, struct hwpt *hwpt,
			const struct iommufd_device *idev, bool *lost)
{
	struct iommu_domain *old = group->hwpt->domain.iommu;
	struct iommu_domain *new = hwpt->domain.iommu;
	bool settled = hwpt->domain.settled;
	int rc = 0;

	if (settled)
		rc = hwpt_enforce(hwpt, idev, false);
	if (!rc && settled)
		rc = hwpt_fill(hwpt);
	if (!rc)
		rc = compat_group_replace(group->iommu, old, new, lost);
	if (rc || settled)
		return rc;

	rc = hwpt_enforce(hwpt, idev, true);
	if (!rc)
		rc = hwpt_fill(hwpt);
	if (rc && compat_group_replace(group->iommu, new, old, lost)) {
		if (!*lost)
			iommu_detach_group(new, group->iommu);
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

	dev_err(idev->dev, "iommufd: the old page table could not be attached again, DMA stays blocked\n");
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
		refcount_inc(&hwpt->obj.users);
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
	phys_addr_t window = PHYS_ADDR_MAX;
	bool lost = false;
	int rc = 0;

	/* Interrupts are mapped in the old domain only. */
	if (old->has_msi_window)
		return -EBUSY;
	if (moves)
		rc = group_reserve(group, hwpt->ioas, &window);
	if (rc)
		return rc;
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
	if (!idev->attached) {
		rc = -EINVAL;
	} else if (group->hwpt == hwpt) {
		;
	} else if (!object_use(&hwpt->obj)) {
		rc = -ENOENT;
	} else {
		*old = group->hwpt;
		rc = group_replace(group, idev, hwpt);
		if (!rc)
			group_move_uses(group, *old, hwpt);
		else if (group->hwpt)
			*old = NULL;
		object_unuse(&hwpt->obj);
	}
	mutex_unlock(&group->lock);
	return rc;
}

/* ---- what user space asks for ---- */

/* idev_attach() or idev_replace(); *@old loses a use afterwards. */
typedef int (*change_fn)(struct iommufd_device *idev, struct hwpt *hwpt,
			 struct hwpt **old);

static int change_to_hwpt(struct iommufd_device *idev, struct hwpt *hwpt,
			  change_fn change, struct hwpt **old)
{
	int rc;

	mutex_lock(&hwpt->ioas->hwpts_lock);
	rc = change(idev, hwpt, old);
	mutex_unlock(&hwpt->ioas->hwpts_lock);
	return rc;
}

static int change_to_new(struct iommufd_device *idev, struct ioas *ioas,
			 change_fn change, struct hwpt **old, u32 *id)
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
	return 0;
}

/* Share a page table of the IOAS that fits the device, or make one. */
static int change_to_ioas(struct iommufd_device *idev, struct ioas *ioas,
			  change_fn change, struct hwpt **old, u32 *id)
{
	struct hwpt *hwpt;
	int rc;

	mutex_lock(&ioas->hwpts_lock);
	list_for_each_entry(hwpt, &ioas->hwpts, node) {
		if (!hwpt->automatic)
			continue;
		rc = change(idev, hwpt, old);
		/* Not for this device, or about to go. */
		if (rc == -EINVAL || rc == -ENOENT)
			continue;
		*id = hwpt->obj.id;
		goto out;
	}
	rc = change_to_new(idev, ioas, change, old, id);
out:
	mutex_unlock(&ioas->hwpts_lock);
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
 * Return: as iommufd_device_attach(), and -EBUSY where interrupts are mapped
 * by the page table that would be left.
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
			iommu_detach_group(hwpt->domain.iommu, group->iommu);
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
			iommu_detach_group(hwpt->domain.iommu, group->iommu);
		}
	}
	mutex_unlock(&group->lock);
	return rc;
}

/**
 * idev_alloc_hwpt - a page table for a device, to be attached later
 * @idev: the device
 * @ioas: what it holds
 * @id: set to its id
 *
 * It is filled now, but where its domain settles only when it is attached and
 * the device is attached elsewhere: then by its first attach.
 *
 * Return: 0, or an error as of iommufd_device_attach().
 */
int idev_alloc_hwpt(struct iommufd_device *idev, struct ioas *ioas, u32 *id)
{
	struct hwpt *hwpt;
	int rc;

	mutex_lock(&ioas->hwpts_lock);
	hwpt = hwpt_create(ioas, idev->dev, false);
	if (IS_ERR(hwpt)) {
		rc = PTR_ERR(hwpt);
		goto out;
	}
	if (hwpt->domain.settled)
		rc = hwpt_enforce(hwpt, idev, false);
	else
		rc = idev_settle(idev, hwpt);
	if (!rc && hwpt->domain.settled)
		rc = hwpt_fill(hwpt);
	if (rc) {
		hwpt_abort(hwpt);
		goto out;
	}
	*id = hwpt->obj.id;
	hwpt_publish(hwpt);
out:
	mutex_unlock(&ioas->hwpts_lock);
	return rc;
}
