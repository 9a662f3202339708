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

#define UNIT_PT(format, where, levels) \
	struct pt_iommu_##format { \
		struct pt_iommu iommu; \
	}; \
	struct pt_iommu_##format##_hw_info { \
		u64 where; \
		u8 levels; \
	}; \
	int pt_iommu_##format##_read_and_clear_dirty(struct iommu_domain *domain); \
	void pt_iommu_##format##_hw_info(struct pt_iommu_##format *table, \
					 struct pt_iommu_##format##_hw_info *info)

UNIT_PT(vtdss, ssptptr, aw);
UNIT_PT(amdv1, host_pt_root, mode);

#endif
