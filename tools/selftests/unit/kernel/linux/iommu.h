/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In the place of the kernel's header, see ../kernel.h: as much as readers of marks use.
 */
#ifndef _UNIT_LINUX_IOMMU_H
#define _UNIT_LINUX_IOMMU_H

#include "../kernel.h"

struct device;

struct iommu_domain;

struct iommu_dirty_ops {
	int (*read_and_clear_dirty)(struct iommu_domain *domain);
};

struct iommu_domain {
	const struct iommu_dirty_ops *dirty_ops;
};

static inline void
iommu_iotlb_gather_add_range(struct iommu_iotlb_gather *gather,
			     unsigned long iova, size_t size)
{
	gather->start = min(gather->start, iova);
	gather->end = max(gather->end, iova + size - 1);
}

#endif
