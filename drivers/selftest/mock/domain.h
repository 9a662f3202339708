/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains of the mock IOMMU.
 */
#ifndef __SELFTEST_MOCK_DOMAIN_H
#define __SELFTEST_MOCK_DOMAIN_H

#include <linux/atomic.h>
#include <linux/container_of.h>
#include <linux/iommu.h>
#include <linux/xarray.h>

#include "selftest/abi.h"

/**
 * struct mock_domain - a page table
 * @domain: the kernel's
 * @entries: see entries.h
 * @tables: see tables.h
 * @attached: devices
 * @changing: calls that change it
 * @huge: it will have huge pages, once it is settled
 * @marks: it was made so that devices can leave marks
 * @tracks: devices that write leave a mark
 * @parent: what it is nested on, or NULL
 * @nested: domains that are nested on it
 * @iotlb: what the hardware would remember of a nested one; read and written as
 *	words, without a lock
 */
struct mock_domain {
	struct iommu_domain domain;
	struct xarray entries;
	struct xarray tables;
	atomic_t attached;
	atomic_t changing;
	bool huge;
	bool marks;
	bool tracks;
	struct mock_domain *parent;
	atomic_t nested;
	u32 iotlb[MOCK_NESTED_DOMAIN_IOTLB_NUM];
};

static inline struct mock_domain *mock_domain_of(struct iommu_domain *domain)
{
	return container_of(domain, struct mock_domain, domain);
}

struct mock_domain *mock_domain_alloc(bool huge);
void mock_domain_free(struct mock_domain *mock);
void mock_domain_settle(struct mock_domain *mock);
bool mock_domain_contains(struct mock_domain *mock, unsigned long iova,
			  size_t size);

#endif /* __SELFTEST_MOCK_DOMAIN_H */
