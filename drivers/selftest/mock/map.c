// SPDX-License-Identifier: GPL-2.0-only
/*
 * Map and unmap calls, as the mock answers them.  It watches its caller: whatever
 * no driver should be asked to do is a warning of the kernel.
 *
 * Calls for disjoint ranges may run at the same time, unless the mock is serial:
 * then the caller sees to it that they do not.  It may hold a spinlock, as with any
 * driver, so nothing here sleeps but what allocates as it is told.  fail_lock guards
 * fail_map.
 */
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/spinlock.h>

#include "compat/iommu.h"
#include "selftest/abi.h"
#include "selftest/mock/domain.h"
#include "selftest/mock/entries.h"
#include "selftest/mock/manners.h"
#include "selftest/mock/map.h"
#include "selftest/mock/tables.h"

static DEFINE_SPINLOCK(fail_lock);	/* a leaf; guards fail_map and failing */
static unsigned int fail_map;
static bool failing;	/* who does not wait for memory does not get it if it tries again */

static int fail_map_set(const char *text, const struct kernel_param *param)
{
	int rc;

	spin_lock(&fail_lock);
	rc = param_set_uint(text, param);
	failing = false;
	spin_unlock(&fail_lock);
	return rc;
}

static const struct kernel_param_ops fail_map_ops = {
	.set = fail_map_set,
	.get = param_get_uint,
};

module_param_cb(fail_map, &fail_map_ops, &fail_map, 0644);
MODULE_PARM_DESC(fail_map,
		 "Which page of a table, counted from now on, can't be had by a map call");

static unsigned long refuse;
module_param(refuse, ulong, 0644);
MODULE_PARM_DESC(refuse, "An IOVA that no map call may have, if not 0");

static bool mock_refuses(unsigned long iova, size_t size)
{
	unsigned long at = READ_ONCE(refuse);

	return at && at >= iova && at - iova < size;
}

/* Of a serial mock: who calls may hold a spinlock that others want. */
#define SERIAL_PAGES 4096

static void mock_change_begin(struct mock_domain *mock, size_t pages)
{
	int others = atomic_inc_return(&mock->changing) - 1;

	if (mock_traits->parallel)
		return;
	WARN(pages > SERIAL_PAGES && !mock_traits->merges,
	     "iommufd_mock: %zu pages in one call\n", pages);
	WARN(others, "iommufd_mock: called while it was busy\n");
	/* Another one that comes too early shall be seen. */
	udelay(9);
}

static void mock_change_end(struct mock_domain *mock)
{
	atomic_dec(&mock->changing);
}

static bool mock_fails(gfp_t gfp)
{
	bool waits = gfpflags_allow_blocking(gfp), fails;

	spin_lock(&fail_lock);
	fails = (fail_map && !--fail_map) || (failing && !waits);
	failing = fails && !waits;
	spin_unlock(&fail_lock);
	return fails;
}

/* Of what one call wrote into the table of @end, nothing is left. */
static void mock_undo_table(struct mock_domain *mock, unsigned long first,
			    unsigned long end, size_t pgsize)
{
	first = max(first, round_down(end, pgsize * MOCK_TABLE));
	mock_entries_erase(&mock->entries, first, end);
}

/* What the entry at @iova is made of: what was asked, or a page that is larger. */
static size_t mock_pick(struct mock_domain *mock, unsigned long iova,
			phys_addr_t paddr, size_t size, size_t pgsize)
{
	if (mock_traits->merges && mock->huge && size >= MOCK_HUGE_PAGE &&
	    !((iova | paddr) & (MOCK_HUGE_PAGE - 1)))
		return max(pgsize, MOCK_HUGE_PAGE);
	return pgsize;
}

static int mock_map(struct mock_domain *mock, unsigned long iova,
		    phys_addr_t paddr, size_t pgsize, size_t pgcount,
		    unsigned long flags, gfp_t gfp, size_t *mapped)
{
	size_t size = pgsize * pgcount, done, step;
	int rc = 0;

	for (done = 0; done < size; done += step) {
		unsigned long at = iova + done;

		step = mock_pick(mock, at, paddr + done, size - done, pgsize);
		/* The first page of the call, or the first of a table. */
		if (!done || !((at / pgsize) % MOCK_TABLE)) {
			/* What it had before it had no more stays. */
			rc = mock_tables_make(&mock->tables, at, step, gfp);
			if (mock_fails(gfp))
				rc = -ENOMEM;
		}
		if (!rc)
			rc = mock_entries_map(&mock->entries, at, paddr + done,
					      step, step == MOCK_PAGE ?
					      flags : flags | ENTRY_HUGE, gfp);
		if (!rc && !done && mock_traits->by_call)
			mock_entries_mark(&mock->entries, at, ENTRY_FIRST);
		if (rc)
			break;
		if (mock_indivisible)
			flags |= ENTRY_REST;
	}
	if (!rc || mock_traits->truthful)
		*mapped += done;
	else
		mock_undo_table(mock, iova, iova + done, pgsize);
	return rc;
}

/* What the entries of a call are to have, or 0 where it makes no sense. */
static unsigned long mock_flags(int prot)
{
	unsigned long flags = ENTRY_NEW;

	int kind = prot & ~(IOMMU_READ | IOMMU_WRITE);

	if (!(prot & (IOMMU_READ | IOMMU_WRITE)) ||
	    (kind != IOMMU_CACHE && kind != IOMMU_MMIO))
		return 0;
	if (prot & IOMMU_READ)
		flags |= ENTRY_READ;
	if (prot & IOMMU_WRITE)
		flags |= ENTRY_WRITE;
	return flags;
}

/**
 * mock_map_pages - the row map_pages of a domain's ops
 * @domain: the domain
 * @iova: first IOVA
 * @paddr: first physical address
 * @pgsize: one of the page sizes of @domain
 * @pgcount: how many pages
 * @prot: IOMMU_READ, IOMMU_WRITE, and IOMMU_CACHE for memory, IOMMU_MMIO for registers
 * @gfp: how to allocate
 * @mapped: bytes mapped are added to it, also on error where the mock is truthful
 *
 * /tests/fault lets it fail by its name.
 *
 * Return: 0, -ENOMEM; -EINVAL, -ENODEV, -EEXIST with a warning.
 */
int mock_map_pages(struct iommu_domain *domain, unsigned long iova,
		   phys_addr_t paddr, size_t pgsize, size_t pgcount, int prot,
		   gfp_t gfp, size_t *mapped)
{
	struct mock_domain *mock = mock_domain_of(domain);
	unsigned long flags = mock_flags(prot);
	int rc;

	if (WARN_ON(!is_power_of_2(pgsize) ||
		    !(pgsize & domain->pgsize_bitmap) || !pgcount ||
		    ((iova | paddr) & (pgsize - 1)) ||
		    !mock_domain_contains(mock, iova, pgsize * pgcount) ||
		    !flags || !(gfp & __GFP_ACCOUNT)))
		return -EINVAL;
	if (WARN_ON(!domain->geometry.force_aperture))
		return -ENODEV;
	if (mock_refuses(iova, pgsize * pgcount))
		return -EINVAL;
	if (!mock_traits->charged)
		gfp &= ~__GFP_ACCOUNT;

	mock_change_begin(mock, pgcount);
	rc = mock_map(mock, iova, paddr, pgsize, pgcount, flags, gfp, mapped);
	mock_change_end(mock);
	return rc;
}

/**
 * mock_sync_map - the row iotlb_sync_map
 * @domain: the domain
 * @iova: first IOVA
 * @size: bytes
 */
void mock_sync_map(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	struct mock_domain *mock = mock_domain_of(domain);

	if (!WARN_ON(!mock_domain_contains(mock, iova, size)))
		mock_entries_sync(&mock->entries, iova, size);
}

/**
 * mock_unmap_pages - the row unmap_pages
 * @domain: the domain
 * @iova: first IOVA
 * @pgsize: one of the page sizes of @domain
 * @pgcount: how many pages
 * @gather: what has to be flushed is added to it
 *
 * Return: bytes unmapped; with a warning, fewer than asked.
 */
size_t mock_unmap_pages(struct iommu_domain *domain, unsigned long iova,
			size_t pgsize, size_t pgcount,
			struct iommu_iotlb_gather *gather)
{
	struct mock_domain *mock = mock_domain_of(domain);
	size_t size = pgsize * pgcount, done = 0, piece;

	if (WARN_ON(!(pgsize & domain->pgsize_bitmap) ||
		    (iova & (pgsize - 1)) ||
		    !mock_domain_contains(mock, iova, size)))
		return 0;

	mock_change_begin(mock, size / MOCK_PAGE);
	while (done < size) {
		piece = mock_entries_unmap(&mock->entries, iova + done);
		if (!piece)
			break;
		done += piece;
	}
	mock_change_end(mock);
	/*
	 * The kernel makes several calls of one, but cuts no IO page.  What one
	 * map call has mapped goes with the first of them.
	 */
	WARN(done > size && !mock_indivisible,
	     "iommufd_mock: a huge page would be cut at %#lx\n", iova + size);
	if (done) {
		mock_tables_drop(&mock->tables, iova, done);
		iommu_iotlb_gather_add_range(gather, iova, done);
	}
	return done;
}

/**
 * mock_flush_all - the row flush_iotlb_all
 * @domain: the domain
 */
void mock_flush_all(struct iommu_domain *domain)
{
	mock_entries_flush(&mock_domain_of(domain)->entries, 0, ULONG_MAX);
}

/**
 * mock_sync - the row iotlb_sync
 * @domain: the domain
 * @gather: what has to be flushed
 */
void mock_sync(struct iommu_domain *domain, struct iommu_iotlb_gather *gather)
{
	if (gather->start <= gather->end)
		mock_entries_flush(&mock_domain_of(domain)->entries,
				   gather->start, gather->end);
}

/**
 * mock_read_dirty - for the row read_and_clear_dirty
 * @domain: the domain
 * @iova: an IOVA
 * @clear: take the mark of its page away
 * @dirty: set to whether there was one
 *
 * Return: the size of the page.
 */
size_t mock_read_dirty(struct iommu_domain *domain, unsigned long iova,
		       bool clear, bool *dirty)
{
	struct mock_domain *mock = mock_domain_of(domain);
	size_t size;

	mock_change_begin(mock, 1);
	size = mock_entries_read_dirty(&mock->entries, iova, clear, dirty);
	mock_change_end(mock);
	return size;
}

/**
 * mock_iova_to_phys - the row iova_to_phys
 * @domain: the domain
 * @iova: IOVA
 *
 * Return: the physical address, or 0.
 */
phys_addr_t mock_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	return mock_entries_paddr(&mock_domain_of(domain)->entries, iova);
}
