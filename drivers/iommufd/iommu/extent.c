// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of devices to a domain, and back, by who can't sleep.
 *
 * They are adjacent, and come and go at any time, with a spinlock held, for as long as
 * they are charged: what the driver may allocate for them is charged once, before, and
 * given back after.  The lock of the caller, a spinlock, guards what is mapped; it is not
 * held for more than a grain.
 */
#include <linux/bitops.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/limits.h>
#include <linux/printk.h>
#include <linux/sched.h>

#include "compat/domain.h"
#include "iommufd/iommu/call.h"
#include "iommufd/iommu/domain.h"
#include "iommufd/iommu/extent.h"
#include "iommufd/iommu/pgsize.h"
#include "iommufd/iommu/tables.h"

/* The largest page that may be used there. */
static size_t extent_page(const struct domain *domain, unsigned long iova,
			  phys_addr_t paddr, size_t size)
{
	unsigned long apart = iova ^ paddr;
	unsigned long pgsizes = domain->pgsizes & GENMASK(__fls(size), 0);

	if (apart)
		pgsizes &= GENMASK(__ffs(apart), 0);
	return BIT(__fls(pgsizes));
}

/*
 * How much is mapped or unmapped in one hold of a spinlock.  A call never crosses a
 * multiple of it, so that what one call has mapped, which a driver may take back only as a
 * whole, lies in one unmap call.
 */
static size_t extent_grain(const struct extent *extent)
{
	return min(extent->page * CALL_PAGES, PGSIZE_CALL);
}

/* How much of one grain there is from an IOVA on, before @end. */
static size_t grain_rest(const struct extent *extent, unsigned long iova,
			 unsigned long end)
{
	size_t grain = extent_grain(extent);

	return min(end - iova, grain - (iova & (grain - 1)));
}

/* ---- what is charged ---- */

static void uncharge_range(struct extent *extent, unsigned long iova,
			   unsigned long end)
{
	struct tables *tables = &extent->domain->tables;
	size_t step;

	for (; iova != end; iova += step) {
		step = grain_rest(extent, iova, end);
		tables_freed(tables, tables_unmap(tables, iova, step));
		cond_resched();
	}
}

/* But for the tables that failed calls have left: they go with what is mapped there next. */
static void extent_uncharge(struct extent *extent, size_t size)
{
	unsigned long end = extent->iova + size;

	if (extent->domain->tables.kind == TABLES_PAID)
		return;
	if (extent->left_first > extent->left_last) {
		uncharge_range(extent, extent->iova, end);
		return;
	}
	uncharge_range(extent, extent->iova, extent->left_first);
	uncharge_range(extent, extent->left_last + 1, end);
}

static int extent_charge(struct extent *extent, phys_addr_t like)
{
	struct domain *domain = extent->domain;
	size_t done, step, pgsize;
	int rc;

	if (domain->tables.kind == TABLES_PAID)
		return 0;
	for (done = 0; done < extent->size; done += step) {
		unsigned long iova = extent->iova + done;

		step = grain_rest(extent, iova, extent->iova + extent->size);
		step = call_pages(domain, iova, like + done, step, false,
				  &pgsize) * pgsize;
		rc = tables_charge(&domain->tables, iova, pgsize);
		if (rc) {
			extent_uncharge(extent, done);
			return rc;
		}
		cond_resched();
	}
	return 0;
}

static void extent_set_left(struct extent *extent, unsigned long first,
			    unsigned long last)
{
	extent->left_first = first;
	extent->left_last = last;
}

/**
 * extent_init - make room for registers in a domain, and charge it
 * @extent: the extent
 * @domain: a settled domain; it stays until extent_destroy()
 * @iova: first IOVA
 * @like: a physical address that is aligned as that of the first register will be
 * @size: bytes
 *
 * What the driver may allocate for them is charged.  Nothing is mapped yet.
 *
 * Context: may sleep.
 *
 * Return: 0; -ENOSPC, -ENOMEM, -EFAULT where the domain can't reach registers: then
 * nothing has changed.
 */
int extent_init(struct extent *extent, struct domain *domain,
		unsigned long iova, phys_addr_t like, size_t size)
{
	int rc;

	if (domain->no_mmio) {
		pr_warn_once("iommufd: AMD-Vi of this kernel can't reach registers of devices where memory is encrypted: not mapped\n");
		return -EFAULT;
	}
	extent->domain = domain;
	extent->iova = iova;
	extent->size = size;
	extent->page = extent_page(domain, iova, like, size);
	extent->mapped = 0;
	extent_set_left(extent, ULONG_MAX, 0);
	atomic_inc(&domain->extents);
	rc = extent_charge(extent, like);
	if (rc)
		atomic_dec(&domain->extents);
	return rc;
}

/**
 * extent_destroy - undo extent_init()
 * @extent: the extent, of which nothing is mapped
 *
 * Context: may sleep.
 */
void extent_destroy(struct extent *extent)
{
	extent_uncharge(extent, extent->size);
	atomic_dec(&extent->domain->extents);
}

/* ---- what is mapped ---- */

static int map_calls(struct domain *domain, unsigned long iova,
		     phys_addr_t paddr, size_t size, int prot, size_t *mapped)
{
	int rc = 0;

	while (*mapped < size && !rc) {
		size_t pgsize, count, done = 0;

		count = call_pages(domain, iova + *mapped, paddr + *mapped,
				   size - *mapped, false, &pgsize);
		rc = call_map_atomic(domain, iova + *mapped, paddr + *mapped,
				     pgsize, count, prot, &done);
		if (rc && !domain->truthful)
			done = 0;
		*mapped += done;
	}
	return rc;
}

/* When it returns no device reaches what lies there, in whole calls and in one grain. */
static void unmap_call(struct domain *domain, unsigned long iova, size_t size)
{
	struct iommu_iotlb_gather gather;
	size_t done;

	iommu_iotlb_gather_init(&gather);
	gather.queued = domain->flush_all;
	done = call_unmap(domain, iova, size, &gather);
	call_sync(domain, &gather);
	WARN_ONCE(done != size,
		  "iommufd: unmapped %zu of %zu bytes of registers at %#lx\n",
		  done, size, iova);
}

/* And let devices see them. */
static int map_grain(struct domain *domain, unsigned long iova,
		     phys_addr_t paddr, size_t size, int prot, size_t *mapped)
{
	int rc, rc_sync;

	*mapped = 0;
	rc = map_calls(domain, iova, paddr, size, prot, mapped);
	if (!*mapped)
		return rc;
	rc_sync = compat_domain_map_sync(domain->iommu, iova, *mapped);
	if (rc_sync) {
		/* Nobody knows what devices see of it. */
		unmap_call(domain, iova, *mapped);
		*mapped = 0;
	}
	return rc ? rc : rc_sync;
}

/**
 * extent_grow - map one grain more of registers
 * @extent: the extent, not mapped throughout
 * @paddr: of the first register, while something is mapped always the same
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_MMIO
 *
 * Context: does not sleep.
 *
 * Return: 0; -ENOMEM where call_make_room() may help; -EFAULT where they are not aligned
 * as extent_init() was told; or the driver's error.
 */
int extent_grow(struct extent *extent, phys_addr_t paddr, int prot)
{
	unsigned long iova = extent->iova + extent->mapped;
	size_t done;
	int rc;

	if (extent_page(extent->domain, extent->iova, paddr, extent->size) <
	    extent->page)
		return -EFAULT;
	rc = map_grain(extent->domain, iova, paddr + extent->mapped,
		       grain_rest(extent, iova, extent->iova + extent->size),
		       prot, &done);
	extent->mapped += done;
	if (rc)
		extent_set_left(extent, min(extent->left_first, iova + done),
				max(extent->left_last, iova + done));
	else if (extent->mapped == extent->size)
		extent_set_left(extent, ULONG_MAX, 0);
	return rc;
}

/**
 * extent_shrink - unmap the last grain of registers; when it returns no device reaches it
 * @extent: the extent, of which something is mapped
 *
 * It stays charged.  Should the driver not do what it is asked nothing more can be
 * done: the kernel warns.
 *
 * Context: does not sleep.
 */
void extent_shrink(struct extent *extent)
{
	unsigned long last = extent->iova + extent->mapped - 1, first;

	first = max(extent->iova, last & ~(extent_grain(extent) - 1));
	unmap_call(extent->domain, first, last - first + 1);
	extent->mapped = first - extent->iova;
}
