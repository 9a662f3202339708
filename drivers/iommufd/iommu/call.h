/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One call of the driver of a domain.
 */
#ifndef __IOMMUFD_IOMMU_CALL_H
#define __IOMMUFD_IOMMU_CALL_H

#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "compat/domain.h"
#include "iommufd/iommu/domain.h"
#include "iommufd/iommu/pgsize.h"
#include "iommufd/iommu/tables.h"

/*
 * Pages that are mapped, unmapped or read in one hold of a spinlock, at most: of the size that
 * they have, or of the smallest where that is not known.
 */
#define CALL_PAGES 4096UL

bool call_make_room(unsigned int *tries);
int call_map_atomic(struct domain *domain, unsigned long iova,
		    phys_addr_t paddr, size_t pgsize, size_t count, int prot,
		    size_t *done);
int call_map_serial(struct domain *domain, unsigned long iova,
		    phys_addr_t paddr, size_t pgsize, size_t count, int prot,
		    size_t *done);
size_t call_unmap_serial(struct domain *domain, unsigned long iova, size_t size,
			 struct iommu_iotlb_gather *gather);
void call_sync(struct domain *domain, struct iommu_iotlb_gather *gather);

/**
 * call_pages - how many pages the next map call may take
 * @domain: a settled domain
 * @iova: first IOVA
 * @paddr: first physical address
 * @size: bytes, not 0
 * @small: use the smallest page only
 * @pgsize: set to the size of each
 *
 * A driver that does not tell how far it came is asked for no more than one page of
 * its table holds: that is written as a whole or not at all.  So it is where that page
 * is charged.
 */
static inline size_t call_pages(const struct domain *domain, unsigned long iova,
				phys_addr_t paddr, size_t size, bool small,
				size_t *pgsize)
{
	unsigned long pgsizes = small ? domain_page(domain) : domain->pgsizes;
	size_t count;

	*pgsize = pgsize_pick(pgsizes, iova, paddr, pgsize_in_call(iova, size),
			      &count);
	if (small && domain->merges)
		count = 1;
	if (!domain->truthful || domain->tables.kind == TABLES_RADIX)
		count = min(count, pgsize_in_table(*pgsize, iova));
	return count;
}

/**
 * call_map - map pages of one size
 * @domain: a settled domain
 * @iova: first IOVA
 * @paddr: first physical address
 * @pgsize: of each
 * @count: how many, as call_pages() has it
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE
 * @done: 0; set to the bytes that are mapped, where the driver is truthful
 *
 * Context: may sleep.  Inline, as it is called for each scattered page.
 *
 * Return: 0, or the driver's error.
 */
static __always_inline int call_map(struct domain *domain, unsigned long iova,
				    phys_addr_t paddr, size_t pgsize,
				    size_t count, int prot, size_t *done)
{
	if (unlikely(domain->serial))
		return call_map_serial(domain, iova, paddr, pgsize, count,
				       prot, done);
	return compat_domain_map(domain->iommu, iova, paddr, pgsize, count,
				 prot, GFP_KERNEL_ACCOUNT, done);
}

/**
 * call_unmap - unmap a range that does not cross a multiple of PGSIZE_CALL
 * @domain: the domain
 * @iova: first IOVA
 * @size: bytes
 * @gather: what has to be flushed
 *
 * Return: bytes that the driver has unmapped.
 */
static inline size_t call_unmap(struct domain *domain, unsigned long iova,
				size_t size, struct iommu_iotlb_gather *gather)
{
	if (domain->serial)
		return call_unmap_serial(domain, iova, size, gather);
	return iommu_unmap_fast(domain->iommu, iova, size, gather);
}

#endif /* __IOMMUFD_IOMMU_CALL_H */
