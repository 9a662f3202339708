/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices and the contexts that they are bound to.
 */
#ifndef __IOMMUFD_DEVICE_DEVICE_H
#define __IOMMUFD_DEVICE_DEVICE_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "iommufd/base/object.h"

struct device;
struct group;
struct iommufd_ctx;

/**
 * struct iommufd_device - a device bound to a context
 * @obj: names it
 * @dev: the device, or one of a group that was bound as a whole; a reference
 *	is held
 * @group: its group; a share is held
 * @node: in group->devices while it is attached; guarded by group->lock
 * @attached: guarded by group->lock
 * @pasids: PASIDs that it has attached, of group->pasids; guarded by group->lock
 * @enforces: its IOMMU promises to make no-snoop DMA snoop
 */
struct iommufd_device {
	struct object obj;
	struct device *dev;
	struct group *group;
	struct list_head node;
	bool attached;
	struct xarray pasids;
	bool enforces;
};

struct iommufd_device *idev_bind(struct iommufd_ctx *ictx, struct device *dev,
				 u32 *id);
void idev_unbind(struct iommufd_device *idev);
struct iommufd_device *idev_get(struct iommufd_ctx *ictx, u32 id);
void idev_put(struct iommufd_device *idev);

#endif /* __IOMMUFD_DEVICE_DEVICE_H */
