/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests may see of a domain of the mock IOMMU, and do to it.
 */
#ifndef __SELFTEST_MOCK_VIEW_H
#define __SELFTEST_MOCK_VIEW_H

#include <linux/types.h>

struct iommu_domain;

u32 mock_view_flags(struct iommu_domain *domain, unsigned long iova);
u32 mock_view_iotlb(struct iommu_domain *domain, unsigned int id);
u64 mock_view_taken(struct iommu_domain *domain);
void mock_view_track(struct iommu_domain *domain, bool enable);
bool mock_view_tracks(struct iommu_domain *domain);
bool mock_view_mark(struct iommu_domain *domain, unsigned long iova);

#endif /* __SELFTEST_MOCK_VIEW_H */
