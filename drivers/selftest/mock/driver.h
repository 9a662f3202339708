/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mock IOMMU.
 */
#ifndef __SELFTEST_MOCK_DRIVER_H
#define __SELFTEST_MOCK_DRIVER_H

#include <linux/types.h>

struct iommu_domain;

int mock_start(void);
void mock_stop(void);
bool mock_is(const struct iommu_domain *domain);
bool mock_is_nested(const struct iommu_domain *domain);

#endif /* __SELFTEST_MOCK_DRIVER_H */
