/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables in memory, of 512 entries of 64 bits, that hardware marks as devices write.
 * What an entry says is the format's: dirty_vtdss.c, dirty_amdv1.c.
 *
 * No lock.  The caller sees to it that nothing of the range is unmapped, so the tables on
 * the way to it stay.  Others may map beside it.
 */
#ifndef __COMPAT_RADIX_H
#define __COMPAT_RADIX_H

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/types.h>

#include "compat/dirty.h"

#define RADIX_BITS 9
#define RADIX_ENTRIES BIT(RADIX_BITS)
#define RADIX_PAGE_BITS 12

enum radix_kind {
	RADIX_NONE,	/* nothing is mapped */
	RADIX_PAGE,
	RADIX_TABLE,
};

/**
 * struct radix_format - what an entry says
 * @kind: what it is; @level counts from 0, where all are pages
 * @table: of a table, its physical address
 * @count: of a page, how many entries in a row are one, a power of two
 * @dirty: the number of the bit that marks what was written
 */
struct radix_format {
	enum radix_kind (*kind)(u64 entry, unsigned int level);
	phys_addr_t (*table)(u64 entry);
	unsigned int (*count)(u64 entry, unsigned int level);
	unsigned int dirty;
};

/**
 * struct radix_root - a page table
 * @table: its physical address
 * @level: of its entries
 */
struct radix_root {
	phys_addr_t table;
	unsigned int level;
};

static inline unsigned int radix_shift(unsigned int level)
{
	return RADIX_PAGE_BITS + RADIX_BITS * level;
}

/* Take the mark of a page away, or look whether it is there. */
static __always_inline bool radix_is_dirty(const struct radix_format *format,
					   u64 *entries, unsigned int count,
					   bool take)
{
	bool dirty = false;

	for (; count; count--, entries++) {
		if (!(READ_ONCE(*entries) & BIT_ULL(format->dirty)))
			continue;
		dirty = true;
		if (!take)
			break;
		/* The hardware may be at another bit of it. */
		clear_bit(format->dirty, (unsigned long *)entries);
	}
	return dirty;
}

/* Read the page that @index is in; returns its last IOVA. */
static __always_inline unsigned long
radix_read_page(const struct radix_format *format, struct compat_dirty *dirty,
		u64 *table, unsigned int index, unsigned int level,
		unsigned long iova)
{
	unsigned int count = format->count(READ_ONCE(table[index]), level);
	unsigned long first = iova & ~(((unsigned long)count <<
					radix_shift(level)) - 1);
	unsigned long last = first +
			     (((unsigned long)count << radix_shift(level)) - 1);
	bool take = compat_dirty_takes(dirty, first, last);

	if (radix_is_dirty(format, &table[index & ~(count - 1)], count, take)) {
		compat_dirty_note(dirty, first, last);
		if (take)
			iommu_iotlb_gather_add_range(&dirty->gather, first,
						     last - first + 1);
	}
	return last;
}

/* The table of the lowest level that has an entry for @iova, whatever that says. */
static __always_inline u64 *radix_descend(const struct radix_format *format,
					  struct radix_root *at,
					  unsigned long iova)
{
	for (;;) {
		u64 *table = phys_to_virt(at->table);
		unsigned int index = (iova >> radix_shift(at->level)) &
				     (RADIX_ENTRIES - 1);
		u64 entry = READ_ONCE(table[index]);

		if (format->kind(entry, at->level) != RADIX_TABLE)
			return table;
		at->table = format->table(entry);
		at->level--;
	}
}

/**
 * radix_read - read what is marked
 * @format: of the tables
 * @root: where they are
 * @dirty: the read
 * @first: first IOVA
 * @last: last IOVA, inclusive
 *
 * Inline, so that each format has a loop of its own.
 */
static __always_inline void radix_read(const struct radix_format *format,
				       struct radix_root root,
				       struct compat_dirty *dirty,
				       unsigned long first, unsigned long last)
{
	for (;;) {
		struct radix_root at = root;
		u64 *table = radix_descend(format, &at, first);
		unsigned int shift = radix_shift(at.level), index;
		unsigned long end;

		index = (first >> shift) & (RADIX_ENTRIES - 1);
		do {
			enum radix_kind kind = format->kind(READ_ONCE(table[index]),
							    at.level);

			if (kind == RADIX_TABLE)
				break;
			end = first | (BIT(shift) - 1);
			if (kind == RADIX_PAGE)
				end = radix_read_page(format, dirty, table,
						      index, at.level, first);
			if (end >= last)
				return;
			first = end + 1;
			index = (first >> shift) & (RADIX_ENTRIES - 1);
		} while (index);
	}
}

#endif /* __COMPAT_RADIX_H */
