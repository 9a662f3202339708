// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory to a domain, by who may sleep; registers of devices go by extent.c.
 *
 * The domain's own map call is used, in pieces as large as its page sizes
 * allow, with one sync a request.  Calls for different ranges of a domain run in
 * parallel; call.c keeps them apart where the driver can't.  What the
 * driver may allocate is charged before each call, and given back after a sync.
 */
#include <linux/iommu.h>
#include <linux/sched.h>

#include "compat/domain.h"
#include "iommufd/iommu/call.h"
#include "iommufd/iommu/domain.h"
#include "iommufd/iommu/pgsize.h"
#include "iommufd/iommu/pgtable.h"
#include "iommufd/iommu/tables.h"

/* A page, or more that one table of the driver's holds; *@done is 0. */
static __always_inline int map_call(struct domain *domain, unsigned long iova,
				    phys_addr_t paddr, size_t pgsize,
				    size_t count, int prot, size_t *done)
{
	int rc = tables_charge(&domain->tables, iova, pgsize);

	if (rc)
		return rc;
	rc = call_map(domain, iova, paddr, pgsize, count, prot, done);
	if (unlikely(rc) && !*done)
		tables_forget(&domain->tables, iova);
	return rc;
}

static int map_extent(struct domain *domain, unsigned long iova,
		      phys_addr_t paddr, size_t size, int prot, bool small,
		      size_t *mapped)
{
	int rc = 0;

	while (size && !rc) {
		size_t pgsize, count, done = 0;

		count = call_pages(domain, iova, paddr, size, small, &pgsize);
		rc = map_call(domain, iova, paddr, pgsize, count, prot, &done);
		if (rc && !domain->truthful)
			done = 0;
		iova += done;
		paddr += done;
		size -= done;
		*mapped += done;
	}
	return rc;
}

/**
 * pgtable_map - map an extent of physical memory
 * @domain: a settled domain
 * @iova: first IOVA, aligned to the domain's smallest page, as all of these
 * @paddr: first physical address
 * @size: bytes
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE
 * @small: use the smallest page only
 * @mapped: set to the bytes that are mapped, also on error
 *
 * The caller checked that the domain translates the range and that nothing is
 * mapped there, and calls pgtable_map_sync().
 *
 * Return: 0; -ENOSPC where the user may not have the tables that it takes; or
 * the driver's error.
 */
int pgtable_map(struct domain *domain, unsigned long iova, phys_addr_t paddr,
		size_t size, int prot, bool small, size_t *mapped)
{
	*mapped = 0;
	/* The frequent one; a page is written or not: every driver tells that. */
	if (size == PAGE_SIZE && domain_page(domain) == PAGE_SIZE)
		return map_call(domain, iova, paddr, PAGE_SIZE, 1, prot,
				mapped);
	return map_extent(domain, iova, paddr, size, prot, small, mapped);
}

/* Whole pages, in runs of those that are adjacent; one is charged already. */
static int map_runs(struct domain *domain, unsigned long iova,
		    const u32 *frames, const u32 *end, int prot, bool small,
		    bool plain, size_t *mapped)
{
	struct iommu_domain *iommu = domain->iommu;
	size_t total = 0;
	int rc = 0;

	plain &= !domain->serial;
	while (frames < end && !rc) {
		phys_addr_t paddr = PFN_PHYS((phys_addr_t)*frames);
		const u32 *first = frames++;
		size_t done = 0;

		while (frames < end && *frames == frames[-1] + 1)
			frames++;
		/* One page is written or not: every driver tells that much. */
		if (likely(plain && frames - first == 1))
			rc = compat_domain_map(iommu, iova + total, paddr,
					       PAGE_SIZE, 1, prot,
					       GFP_KERNEL_ACCOUNT, &done);
		else
			rc = map_extent(domain, iova + total, paddr,
					(frames - first) << PAGE_SHIFT, prot,
					small, &done);
		total += done;
	}
	*mapped += total;
	return rc;
}

/* As many of *@npages as one table of the driver's takes; set to how many. */
static int map_table(struct domain *domain, unsigned long iova,
		     const u32 *frames, unsigned long *npages, int prot,
		     bool small, size_t *mapped)
{
	bool plain = domain_page(domain) == PAGE_SIZE &&
		     domain->tables.kind != TABLES_CALLS;
	int rc = 0;

	if (plain) {
		*npages = min(*npages, tables_reach(&domain->tables, iova) >>
				       PAGE_SHIFT);
		rc = tables_charge(&domain->tables, iova, PAGE_SIZE);
	}
	if (rc)
		return rc;
	return map_runs(domain, iova, frames, frames + *npages, prot, small,
			plain, mapped);
}

/**
 * pgtable_map_frames - map whole pages that are not adjacent
 * @domain: a settled domain
 * @iova: first IOVA, aligned to our page
 * @frames: frame of each page
 * @npages: how many
 * @prot: as of pgtable_map(), as are the rest, the duties and the result
 * @small: see there
 * @mapped: see there
 */
int pgtable_map_frames(struct domain *domain, unsigned long iova,
		       const u32 *frames, unsigned long npages, int prot,
		       bool small, size_t *mapped)
{
	const u32 *end = frames + npages;
	size_t total = 0;
	int rc = 0;

	while (frames < end && !rc) {
		npages = end - frames;
		rc = map_table(domain, iova + total, frames, &npages, prot,
			       small, &total);
		frames += npages;
	}
	*mapped = total;
	return rc;
}

/**
 * pgtable_map_sync - make what was mapped visible to the hardware
 * @domain: the domain
 * @iova: first IOVA
 * @size: bytes
 *
 * Return: 0, or the driver's error.
 */
int pgtable_map_sync(struct domain *domain, unsigned long iova, size_t size)
{
	return compat_domain_map_sync(domain->iommu, iova, size);
}

/*
 * Let @gather flush what @more has to.  A driver that adds to a gather flushes
 * it first where the ranges do not touch, so that each gets one of its own.
 */
static void gather_merge(struct domain *domain,
			 struct iommu_iotlb_gather *gather,
			 struct iommu_iotlb_gather *more)
{
	if (more->start <= more->end &&
	    !pgtable_span_extend(&gather->start, &gather->end, more->start,
				 more->end)) {
		call_sync(domain, gather);
		gather->start = more->start;
		gather->end = more->end;
	}
	compat_gather_merge_grain(domain->iommu, gather, more);
	list_splice_init(compat_gather_tables(more), compat_gather_tables(gather));
}

static bool gather_is_empty(struct iommu_iotlb_gather *gather)
{
	return gather->start > gather->end &&
	       list_empty(compat_gather_tables(gather));
}

static size_t unmap_part(struct domain *domain, unsigned long iova, size_t size,
			 struct iommu_iotlb_gather *gather)
{
	struct iommu_iotlb_gather more;
	size_t done;

	if (gather_is_empty(gather))
		return call_unmap(domain, iova, size, gather);
	iommu_iotlb_gather_init(&more);
	done = call_unmap(domain, iova, size, &more);
	gather_merge(domain, gather, &more);
	return done;
}

/**
 * pgtable_gather - begin to unmap
 * @domain: the domain
 * @gather: for pgtable_unmap() and pgtable_sync()
 */
void pgtable_gather(struct domain *domain, struct pgtable_gather *gather)
{
	iommu_iotlb_gather_init(&gather->iotlb);
	/* Drivers sync now and then, if they have something to sync. */
	gather->iotlb.queued = domain->flush_all;
	gather->freed = 0;
}

/**
 * pgtable_unmap - unmap a range that is mapped throughout
 * @domain: the domain
 * @iova: first IOVA
 * @size: bytes
 * @gather: what pgtable_sync() has to flush
 *
 * Until pgtable_sync() a device may still reach the memory.
 *
 * Return: false where the driver unmapped more or less: then nobody knows
 * what a device can reach, and none of the memory may ever be unpinned.
 */
bool pgtable_unmap(struct domain *domain, unsigned long iova, size_t size,
		   struct pgtable_gather *gather)
{
	while (size) {
		size_t part = pgsize_in_call(iova, size);
		size_t done = unmap_part(domain, iova, part, &gather->iotlb);

		if (WARN_ONCE(done != part,
			      "iommufd: unmapped %zu of %zu bytes at %#lx, leaking their pins\n",
			      done, part, iova))
			return false;
		gather->freed += tables_unmap(&domain->tables, iova, part);
		iova += part;
		size -= part;
		cond_resched();
	}
	return true;
}

/**
 * pgtable_sync - wait until no device reaches what was unmapped
 * @domain: the domain
 * @gather: from pgtable_gather() and pgtable_unmap()
 */
void pgtable_sync(struct domain *domain, struct pgtable_gather *gather)
{
	call_sync(domain, &gather->iotlb);
	if (gather->freed)
		tables_freed(&domain->tables, gather->freed);
}
