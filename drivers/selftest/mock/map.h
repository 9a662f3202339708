/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows of the ops of a mock domain.
 */
#ifndef __SELFTEST_MOCK_MAP_H
#define __SELFTEST_MOCK_MAP_H

#include <linux/types.h>

struct iommu_domain;
struct iommu_iotlb_gather;

int mock_map_pages(struct iommu_domain *domain, unsigned long iova,
		   phys_addr_t paddr, size_t pgsize, size_t pgcount, int prot,
		   gfp_t gfp, size_t *mapped);
void mock_sync_map(struct iommu_domain *domain, unsigned long iova,
		   size_t size);
size_t mock_unmap_pages(struct iommu_domain *domain, unsigned long iova,
			size_t pgsize, size_t pgcount,
			struct iommu_iotlb_gather *gather);
void mock_flush_all(struct iommu_domain *domain);
void mock_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather);
size_t mock_read_dirty(struct iommu_domain *domain, unsigned long iova,
		       bool clear, bool *dirty);
phys_addr_t mock_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova);

#endif /* __SELFTEST_MOCK_MAP_H */
