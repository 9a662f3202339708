/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory to a domain, and back.
 */
#ifndef __IOMMUFD_IOMMU_PGTABLE_H
#define __IOMMUFD_IOMMU_PGTABLE_H

#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/types.h>

struct domain;

/* What one sync covers at most: some drivers count its pages in 32 bits. */
#define SYNC_SPAN SZ_1T

/**
 * pgtable_span_extend - let one sync cover another range, too
 * @first: first IOVA that it covers
 * @last: last IOVA, inclusive
 * @more_first: first IOVA of the other
 * @more_last: last IOVA, inclusive
 *
 * What lies between them is covered as well, which does no harm.
 *
 * Return: false where it would be too much: then nothing has changed.
 */
static inline bool pgtable_span_extend(unsigned long *first,
				       unsigned long *last,
				       unsigned long more_first,
				       unsigned long more_last)
{
	more_first = min(more_first, *first);
	more_last = max(more_last, *last);
	if (more_last - more_first >= SYNC_SPAN)
		return false;
	*first = more_first;
	*last = more_last;
	return true;
}

/**
 * struct pgtable_gather - what was unmapped, until a sync
 * @iotlb: what has to be flushed
 * @freed: bytes of the driver's that are freed then, for tables_freed()
 */
struct pgtable_gather {
	struct iommu_iotlb_gather iotlb;
	size_t freed;
};

int pgtable_map(struct domain *domain, unsigned long iova, phys_addr_t paddr,
		size_t size, int prot, bool small, size_t *mapped);
int pgtable_map_frames(struct domain *domain, unsigned long iova,
		       const u32 *frames, unsigned long npages, int prot,
		       bool small, size_t *mapped);
int pgtable_map_sync(struct domain *domain, unsigned long iova, size_t size);
void pgtable_gather(struct domain *domain, struct pgtable_gather *gather);
bool pgtable_unmap(struct domain *domain, unsigned long iova, size_t size,
		   struct pgtable_gather *gather);
void pgtable_sync(struct domain *domain, struct pgtable_gather *gather);

#endif /* __IOMMUFD_IOMMU_PGTABLE_H */
