// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOMMU groups: the devices of one can't be told apart by the IOMMU, so a
 * context owns a group as a whole, from its first bound device to its last.
 *
 * ictx->groups_lock guards which groups there are.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "compat/msi.h"
#include "iommufd/base/context.h"
#include "iommufd/device/group.h"

static bool allow_unsafe_interrupts;
module_param(allow_unsafe_interrupts, bool, 0644);
MODULE_PARM_DESC(allow_unsafe_interrupts,
		 "Bind devices whose interrupts the platform does not isolate: their DMA can forge any interrupt");

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
		dev_warn_ratelimited(dev, "iommufd: firmware needs a direct mapping (RMRR, IVMD) for this device, it can't be passed on\n");
	return rc;
}

static int group_check_interrupts(struct iommu_group *iommu,
				  struct device *dev)
{
	if (compat_group_msi_isolated(iommu))
		return 0;
	if (!READ_ONCE(allow_unsafe_interrupts)) {
		dev_warn_ratelimited(dev, "iommufd: no interrupt remapping, so DMA of this device can forge interrupts: turn it on in the firmware, or load iommufd with allow_unsafe_interrupts=1\n");
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

/*
 * Own a group, or use one that the caller owns; takes over the caller's
 * reference on @iommu.
 */
static struct group *group_create(struct iommufd_ctx *ictx,
				  struct iommu_group *iommu, bool borrow)
{
	struct group *group = kzalloc(sizeof(*group), GFP_KERNEL_ACCOUNT);
	int rc;

	if (!group)
		return ERR_PTR(-ENOMEM);
	rc = borrow ? 0 : iommu_group_claim_dma_owner(iommu, ictx);
	if (rc) {
		kfree(group);
		return ERR_PTR(rc);
	}
	group->borrowed = borrow;
	group->iommu = iommu;
	mutex_init(&group->lock);
	INIT_LIST_HEAD(&group->devices);
	xa_init(&group->pasids);
	list_add(&group->node, &ictx->groups);
	return group;
}

static struct group *group_enter(struct iommufd_ctx *ictx, struct device *dev,
				 bool borrow)
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
		group = group_create(ictx, iommu, borrow);
	if (!IS_ERR(group))
		group->nbound++;
	mutex_unlock(&ictx->groups_lock);
	if (IS_ERR(group))
		iommu_group_put(iommu);
	return group;
}

/**
 * group_get - count one more device of its group
 * @ictx: the context, which owns the group from the first device on
 * @dev: the device
 *
 * Return: the group, or an ERR_PTR, as iommufd_device_bind().
 */
struct group *group_get(struct iommufd_ctx *ictx, struct device *dev)
{
	return group_enter(ictx, dev, false);
}

/**
 * group_borrow - use a group whose DMA the caller owns
 * @ictx: the context
 * @dev: a device of it
 *
 * Return: as group_get().
 */
struct group *group_borrow(struct iommufd_ctx *ictx, struct device *dev)
{
	return group_enter(ictx, dev, true);
}

/**
 * group_put - count one device less
 * @ictx: the context, which gives the group back with the last one
 * @group: the group
 */
void group_put(struct iommufd_ctx *ictx, struct group *group)
{
	mutex_lock(&ictx->groups_lock);
	if (!--group->nbound) {
		list_del(&group->node);
		WARN_ON(!xa_empty(&group->pasids));
		if (!group->borrowed)
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
