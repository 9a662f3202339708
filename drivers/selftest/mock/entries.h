/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entries of a mock page table, by IOVA / MOCK_PAGE.
 */
#ifndef __SELFTEST_MOCK_ENTRIES_H
#define __SELFTEST_MOCK_ENTRIES_H

#include <linux/bits.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "selftest/abi.h"

/* What an entry is like. */
#define ENTRY_READ	MOCK_ENTRY_READ
#define ENTRY_WRITE	MOCK_ENTRY_WRITE
#define ENTRY_DIRTY	MOCK_ENTRY_DIRTY
#define ENTRY_HUGE	MOCK_ENTRY_HUGE	/* part of a huge page */
#define ENTRY_NEW	BIT(4)		/* mapped, not yet synced */
#define ENTRY_STALE	BIT(5)		/* unmapped, not yet synced */
#define ENTRY_REST	BIT(6)		/* of one piece with the one before */
#define ENTRY_FIRST	BIT(7)		/* of what one call mapped */
#define ENTRY_CLEAN	BIT(8)		/* no more dirty, not yet synced */

void mock_entries_init(struct xarray *entries);
int mock_entries_map(struct xarray *entries, unsigned long iova,
		     phys_addr_t paddr, size_t size, unsigned long flags,
		     gfp_t gfp);
void mock_entries_sync(struct xarray *entries, unsigned long iova, size_t size);
size_t mock_entries_unmap(struct xarray *entries, unsigned long iova);
void mock_entries_flush(struct xarray *entries, unsigned long first,
			unsigned long last);
void mock_entries_erase(struct xarray *entries, unsigned long first,
			unsigned long end);
void mock_entries_destroy(struct xarray *entries);

size_t mock_entries_read_dirty(struct xarray *entries, unsigned long iova,
			       bool clear, bool *dirty);
bool mock_entries_mark(struct xarray *entries, unsigned long iova,
		       unsigned long flag);
unsigned long mock_entries_flags(struct xarray *entries, unsigned long iova);
phys_addr_t mock_entries_paddr(struct xarray *entries, unsigned long iova);
unsigned long mock_entries_count(struct xarray *entries, unsigned long flag);

#endif /* __SELFTEST_MOCK_ENTRIES_H */
