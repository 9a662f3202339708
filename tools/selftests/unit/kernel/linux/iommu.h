/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In the place of the kernel's header, see ../kernel.h: as much as readers of marks use.
 */
#ifndef _UNIT_LINUX_IOMMU_H
#define _UNIT_LINUX_IOMMU_H

#include "../kernel.h"

struct device;

struct iommu_domain;

struct iommu_dirty_bitmap {
	struct iommu_iotlb_gather *gather;
};

struct iommu_dirty_ops {
	int (*set_dirty_tracking)(struct iommu_domain *domain, bool enable);
	int (*read_and_clear_dirty)(struct iommu_domain *domain,
				    unsigned long iova, size_t size,
				    unsigned long flags,
				    struct iommu_dirty_bitmap *bitmap);
};

struct iommu_domain {
	const struct iommu_dirty_ops *dirty_ops;
	unsigned long pgsize_bitmap;
};

#define IOMMU_DIRTY_NO_CLEAR 1
#define IOMMU_CAP_DIRTY_TRACKING 0
#define device_iommu_capable(...) true
#define iommu_domain_free(domain) ((void)(domain))

static inline void iommu_iotlb_gather_init(struct iommu_iotlb_gather *gather)
{
	*gather = (struct iommu_iotlb_gather){ .start = ULONG_MAX };
}

static inline void
iommu_iotlb_gather_add_range(struct iommu_iotlb_gather *gather,
			     unsigned long iova, size_t size)
{
	gather->start = min(gather->start, iova);
	gather->end = max(gather->end, iova + size - 1);
}

void iommu_iotlb_sync(struct iommu_domain *domain,
		      struct iommu_iotlb_gather *gather);

#endif
