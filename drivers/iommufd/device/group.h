/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IOMMU groups.
 */
#ifndef __IOMMUFD_DEVICE_GROUP_H
#define __IOMMUFD_DEVICE_GROUP_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/xarray.h>

struct device;
struct hwpt;
struct iommu_group;
struct iommufd_ctx;

#define DOORBELLS_MAX 16

/**
 * struct group - what a context has of an IOMMU group
 * @node: in ictx->groups
 * @iommu: the group; a reference is held
 * @nbound: devices bound; guarded by ictx->groups_lock
 * @borrowed: who bound it owns its DMA, and not the context
 * @lock: guards the rest
 * @hwpt: what it is attached to, or NULL
 * @devices: devices that are attached
 * @pasids: PASIDs that are attached, each a struct pasid, see pasid.c
 * @ndoorbells: how many doorbells its interrupts may be using since before it
 *	was attached, see msi.c
 * @doorbells: these, in the order of their IOVAs; 0 where there is none
 */
struct group {
	struct list_head node;
	struct iommu_group *iommu;
	unsigned int nbound;
	bool borrowed;
	struct mutex lock;	/* inside of ioas->hwpts_lock */
	struct hwpt *hwpt;
	struct list_head devices;
	struct xarray pasids;
	unsigned int ndoorbells;
	phys_addr_t doorbells[DOORBELLS_MAX];
};

struct group *group_get(struct iommufd_ctx *ictx, struct device *dev);
struct group *group_borrow(struct iommufd_ctx *ictx, struct device *dev);
void group_put(struct iommufd_ctx *ictx, struct group *group);

#endif /* __IOMMUFD_DEVICE_GROUP_H */
