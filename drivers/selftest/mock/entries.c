// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries: which frame an IOVA is translated to, and where its page of MOCK_PAGE
 * is in the course of things.
 *
 * An entry that was unmapped is kept, stale, until the caller syncs: as the
 * IOTLB of real hardware would.  As long as an entry is there, stale or not,
 * the page behind it must be pinned: that is checked when it goes, by sync or
 * with the domain.  An entry that is new translates once it was synced, as
 * hardware may not see it before.
 *
 * As long as it was not synced after a mark of what devices wrote was taken away, they set
 * none again: they would remember that it was there.
 *
 * The array's own lock guards each entry; calls for disjoint ranges may run at
 * the same time.
 */
#include <linux/bug.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "compat/iommu.h"
#include "selftest/mock/entries.h"
#include "selftest/mock/manners.h"

/* The frame is above the flags. */
#define ENTRY_FLAGS	9

static void *entry_make(phys_addr_t paddr, unsigned long flags)
{
	return xa_mk_value(((paddr / MOCK_PAGE) << ENTRY_FLAGS) | flags);
}

static bool entry_is(void *entry, unsigned long flag)
{
	return xa_to_value(entry) & flag;
}

static phys_addr_t entry_paddr(void *entry)
{
	return (phys_addr_t)(xa_to_value(entry) >> ENTRY_FLAGS) * MOCK_PAGE;
}

/* Change the flags of an entry; false where there is none. */
static bool entry_change(struct xarray *entries, unsigned long index,
			 unsigned long set, unsigned long clear)
{
	unsigned long value;
	void *entry;

	xa_lock(entries);
	entry = xa_load(entries, index);
	if (entry) {
		value = (xa_to_value(entry) & ~clear) | set;
		/* In the place of another, so no memory is needed. */
		__xa_store(entries, index, xa_mk_value(value), 0);
	}
	xa_unlock(entries);
	return entry;
}

/* An entry goes, and until now a device could reach its page; registers have no pin. */
static void entry_check_pinned(void *entry)
{
	phys_addr_t paddr = entry_paddr(entry);
	struct page *page;

	if (!pfn_valid(PHYS_PFN(paddr)))
		return;
	page = pfn_to_page(PHYS_PFN(paddr));
	if (PageReserved(page))
		return;
	WARN(!folio_maybe_dma_pinned(page_folio(page)),
	     "iommufd_mock: a device could reach %pa after it was unpinned\n",
	     &paddr);
}

/**
 * mock_entries_init - nothing is mapped
 * @entries: the entries
 */
void mock_entries_init(struct xarray *entries)
{
	xa_init_flags(entries, mock_traits->charged ? XA_FLAGS_ACCOUNT : 0);
}

/**
 * mock_entries_erase - leave nothing in a range, as if it had never been mapped
 * @entries: the entries
 * @first: first IOVA
 * @end: IOVA behind it
 */
void mock_entries_erase(struct xarray *entries, unsigned long first,
			unsigned long end)
{
	for (; first < end; first += MOCK_PAGE)
		xa_erase(entries, first / MOCK_PAGE);
}

/**
 * mock_entries_map - map a page, all of it or nothing
 * @entries: the entries
 * @iova: the first
 * @paddr: physical address
 * @size: bytes
 * @flags: of the first entry; the others are of one piece with it
 * @gfp: how to allocate
 *
 * Return: 0, -EEXIST where something is mapped there, -ENOMEM.
 */
int mock_entries_map(struct xarray *entries, unsigned long iova,
		     phys_addr_t paddr, size_t size, unsigned long flags,
		     gfp_t gfp)
{
	size_t done;
	void *old;
	int rc;

	for (done = 0; done < size; done += MOCK_PAGE) {
		old = xa_cmpxchg(entries, (iova + done) / MOCK_PAGE,
				 NULL, entry_make(paddr + done, flags), gfp);
		flags |= ENTRY_REST;
		if (!old)
			continue;
		rc = xa_err(old);
		if (WARN(!rc, "iommufd_mock: mapped twice, or before a sync, at %#lx\n",
			 iova + done))
			rc = -EEXIST;
		goto err_undo;
	}
	return 0;

err_undo:
	mock_entries_erase(entries, iova, iova + done);
	return rc;
}

/**
 * mock_entries_sync - let hardware see what was mapped
 * @entries: the entries
 * @iova: the first
 * @size: bytes, not 0
 *
 * One sync may stand for several ranges, so there can be gaps.
 */
void mock_entries_sync(struct xarray *entries, unsigned long iova, size_t size)
{
	unsigned long first = iova / MOCK_PAGE, index;
	unsigned long last = (iova + size - 1) / MOCK_PAGE;
	void *entry;

	WARN(!xa_load(entries, first) || !xa_load(entries, last),
	     "iommufd_mock: synced, but not mapped at %#lx or the end\n",
	     iova);
	xa_for_each_range(entries, index, entry, first, last)
		entry_change(entries, index, 0, ENTRY_NEW);
}

/**
 * mock_entries_unmap - make a piece stale
 * @entries: the entries
 * @iova: its first IOVA
 *
 * Return: its bytes, or 0 where none begins there.
 */
size_t mock_entries_unmap(struct xarray *entries, unsigned long iova)
{
	unsigned long index = iova / MOCK_PAGE, first = index;
	void *entry = xa_load(entries, index);

	if (WARN(!entry || entry_is(entry, ENTRY_STALE),
		 "iommufd_mock: not mapped at %#lx\n", iova))
		return 0;
	if (WARN(entry_is(entry, ENTRY_REST),
		 "iommufd_mock: not the start of what is one piece at %#lx\n",
		 iova))
		return 0;
	do {
		entry_change(entries, index, ENTRY_STALE, ENTRY_FIRST);
		entry = xa_load(entries, ++index);
	} while (entry && entry_is(entry, ENTRY_REST));
	return (index - first) * MOCK_PAGE;
}

/**
 * mock_entries_flush - drop what is stale
 * @entries: the entries
 * @first: IOVA
 * @last: IOVA
 */
void mock_entries_flush(struct xarray *entries, unsigned long first,
			unsigned long last)
{
	unsigned long index;
	void *entry;

	xa_for_each_range(entries, index, entry, first / MOCK_PAGE,
			  last / MOCK_PAGE) {
		if (!entry_is(entry, ENTRY_STALE)) {
			if (entry_is(entry, ENTRY_CLEAN))
				entry_change(entries, index, 0, ENTRY_CLEAN);
			continue;
		}
		entry_check_pinned(entry);
		xa_erase(entries, index);
	}
}

/**
 * mock_entries_destroy - drop all, as the domain goes
 * @entries: the entries
 *
 * What is still mapped goes with it, so it must still be pinned.
 */
void mock_entries_destroy(struct xarray *entries)
{
	unsigned long index;
	void *entry;

	xa_for_each(entries, index, entry) {
		WARN(entry_is(entry, ENTRY_STALE),
		     "iommufd_mock: never synced at %#lx\n", index * MOCK_PAGE);
		entry_check_pinned(entry);
		cond_resched();
	}
	xa_destroy(entries);
}

/* The entry that a device would use, or NULL. */
static void *entry_find(struct xarray *entries, unsigned long iova)
{
	void *entry = xa_load(entries, iova / MOCK_PAGE);

	if (!entry || entry_is(entry, ENTRY_NEW | ENTRY_STALE))
		return NULL;
	return entry;
}

/* Is there a mark in a part of a page, and is it to go? */
static bool entry_read_dirty(struct xarray *entries, unsigned long index,
			     bool clear)
{
	void *entry = xa_load(entries, index);

	if (!entry || !entry_is(entry, ENTRY_DIRTY))
		return false;
	if (clear)
		entry_change(entries, index, ENTRY_CLEAN, ENTRY_DIRTY);
	return true;
}

/**
 * mock_entries_read_dirty - has a device written to a page
 * @entries: the entries
 * @iova: an IOVA in it
 * @clear: take the mark away
 * @dirty: set to whether it has
 *
 * Return: the size of the page, also where there is none, with a warning.
 */
size_t mock_entries_read_dirty(struct xarray *entries, unsigned long iova,
			       bool clear, bool *dirty)
{
	void *entry = entry_find(entries, iova);
	unsigned long first;
	size_t size = MOCK_PAGE, done;

	*dirty = false;
	if (WARN(!entry, "iommufd_mock: read, but not mapped at %#lx\n", iova))
		return size;
	if (entry_is(entry, ENTRY_HUGE))
		size = MOCK_HUGE_PAGE;
	first = iova & ~(size - 1);
	for (done = 0; done < size; done += MOCK_PAGE)
		*dirty |= entry_read_dirty(entries, (first + done) / MOCK_PAGE,
					   clear);
	return size;
}

/**
 * mock_entries_mark - set a flag of an entry
 * @entries: the entries
 * @iova: IOVA
 * @flag: ENTRY_*
 *
 * Return: whether there is one.
 */
bool mock_entries_mark(struct xarray *entries, unsigned long iova,
		       unsigned long flag)
{
	return entry_change(entries, iova / MOCK_PAGE, flag, 0);
}

/**
 * mock_entries_flags - the flags of an entry that a device would use
 * @entries: the entries
 * @iova: IOVA
 *
 * Return: ENTRY_*, of which one is set at least, or 0 where there is none.
 */
unsigned long mock_entries_flags(struct xarray *entries, unsigned long iova)
{
	void *entry = entry_find(entries, iova);

	return entry ? xa_to_value(entry) & (BIT(ENTRY_FLAGS) - 1) : 0;
}

/**
 * mock_entries_paddr - what a device would reach
 * @entries: the entries
 * @iova: IOVA
 *
 * Return: the physical address, or 0.
 */
phys_addr_t mock_entries_paddr(struct xarray *entries, unsigned long iova)
{
	void *entry = entry_find(entries, iova);

	return entry ? entry_paddr(entry) + iova % MOCK_PAGE : 0;
}

/**
 * mock_entries_count - how many entries have a flag
 * @entries: the entries
 * @flag: ENTRY_*
 */
unsigned long mock_entries_count(struct xarray *entries, unsigned long flag)
{
	unsigned long index, count = 0;
	void *entry;

	xa_for_each(entries, index, entry) {
		count += entry_is(entry, flag);
		cond_resched();
	}
	return count;
}
