/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In the place of the kernel's header, see ../../kernel.h: page tables, which the test
 * makes.
 */
#ifndef _UNIT_LINUX_GENERIC_PT_IOMMU_H
#define _UNIT_LINUX_GENERIC_PT_IOMMU_H

#include <linux/iommu.h>

struct pt_iommu {
	struct iommu_domain domain;
	u64 root;
	u8 level;
};

struct pt_iommu_vtdss {
	struct pt_iommu iommu;
};

struct pt_iommu_vtdss_hw_info {
	u64 ssptptr;
	u8 aw;
};

struct pt_iommu_amdv1 {
	struct pt_iommu iommu;
};

struct pt_iommu_amdv1_hw_info {
	u64 host_pt_root;
	u8 mode;
};

void pt_iommu_vtdss_hw_info(struct pt_iommu_vtdss *table,
			    struct pt_iommu_vtdss_hw_info *info);
void pt_iommu_amdv1_hw_info(struct pt_iommu_amdv1 *table,
			    struct pt_iommu_amdv1_hw_info *info);
int pt_iommu_vtdss_read_and_clear_dirty(struct iommu_domain *domain,
					unsigned long iova, size_t size,
					unsigned long flags,
					struct iommu_dirty_bitmap *bitmap);
int pt_iommu_amdv1_read_and_clear_dirty(struct iommu_domain *domain,
					unsigned long iova, size_t size,
					unsigned long flags,
					struct iommu_dirty_bitmap *bitmap);

#endif
