/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What both kinds of mock devices have in common; for mock_bus.c and
 * mock_platform.c alone.
 */
#ifndef __COMPAT_MOCK_IOMMU_H
#define __COMPAT_MOCK_IOMMU_H

#include <linux/iommu.h>

struct compat_mock_driver;

extern const struct compat_mock_driver *compat_mock_driver;
extern struct iommu_device compat_mock_iommu;

int compat_mock_iommu_add(const struct compat_mock_driver *driver);
void compat_mock_iommu_remove(void);
bool compat_mock_capable(struct device *dev, enum iommu_cap cap);
int compat_mock_param_alloc(struct device *dev);

#ifdef HAVE_CACHE_INVALIDATE_USER
struct iommu_domain *
compat_mock_nested_alloc(struct iommu_domain *parent,
			 const struct iommu_user_data *user);
#endif

#endif /* __COMPAT_MOCK_IOMMU_H */
