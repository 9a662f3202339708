/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of devices to a domain, and back.
 */
#ifndef __IOMMUFD_IOMMU_EXTENT_H
#define __IOMMUFD_IOMMU_EXTENT_H

#include <linux/types.h>

struct domain;

/**
 * struct extent - adjacent registers in a domain
 * @domain: which
 * @iova: first IOVA
 * @size: bytes
 * @page: the largest page that tables are charged for
 * @mapped: bytes that the domain has, from @iova on
 * @left_first: IOVA of the first page at which a call has failed, since all was mapped
 * @left_last: and of the last; there the driver may have tables that nothing frees
 *
 * The caller's lock guards the last three.
 */
struct extent {
	struct domain *domain;
	unsigned long iova;
	size_t size;
	size_t page;
	size_t mapped;
	unsigned long left_first;
	unsigned long left_last;
};

int extent_init(struct extent *extent, struct domain *domain,
		unsigned long iova, phys_addr_t like, size_t size);
void extent_destroy(struct extent *extent);
int extent_grow(struct extent *extent, phys_addr_t paddr, int prot);
void extent_shrink(struct extent *extent);

#endif /* __IOMMUFD_IOMMU_EXTENT_H */
