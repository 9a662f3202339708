/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Message signalled interrupts and IOMMUs.
 */
#ifndef __COMPAT_MSI_H
#define __COMPAT_MSI_H

#include <linux/types.h>

struct iommu_group;

bool compat_group_msi_isolated(struct iommu_group *group);
bool compat_plain_msi_is_mapped(void);

#endif /* __COMPAT_MSI_H */
