// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a domain makes its driver allocate where no memory cgroup is charged for
 * it.  That is counted from when the driver may allocate it until the driver has
 * freed it, and charged to the quota of the user, who gets no more than that.
 *
 * Drivers do not tell, so it is known from what they do:
 *
 *   TABLES_RADIX	pages of 512 entries: the lowest hold the smallest pages,
 *			one above maps what such a table could at once.  A map
 *			call leaves those that it needs, even where it fails.  An
 *			unmap call takes the tables that it covers as a whole,
 *			whether others are left empty or not.  It is cut at what a
 *			table of the second level spans, so of those above none is
 *			ever freed before the domain is.
 *   TABLES_CALLS	a struct for each map call, until that is unmapped
 *
 * A bit stands for one of the lowest tables, or for the first page of one call.
 * 512 of them are a leaf: as many as have one table of the second level, or as
 * many pages as one of the lowest could map.
 *
 * Where it is tables, what they span has no other bit, and no call unmaps all of
 * it while another one maps a part.  So who maps may look whether its table is
 * counted without a lock, and leaves stay as long as the domain: there are few.
 * Everything else is under tables->lock.
 */
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "iommufd/base/span.h"
#include "iommufd/iommu/quota.h"
#include "iommufd/iommu/tables.h"

/* The struct of a map call. */
#define CALL_BYTES 64

/* The levels that one page may need tables of, but for the root. */
#define RADIX_LEVELS 4

static struct tables_leaf *leaf_of(struct span *span)
{
	return span ? container_of(span, struct tables_leaf, node) : NULL;
}

static unsigned long leaf_span(const struct tables *tables)
{
	return BIT(tables->shift + TABLES_ORDER);
}

static struct tables_leaf *leaf_find(struct tables *tables, unsigned long iova)
{
	return leaf_of(span_first(&tables->leaves, iova, iova));
}

static struct tables_leaf *leaf_create(struct tables *tables,
				       unsigned long iova)
{
	struct tables_leaf *leaf = &tables->first;

	if (tables->first_is_used)
		leaf = kzalloc(sizeof(*leaf), GFP_KERNEL_ACCOUNT);
	else
		tables->first_is_used = true;
	if (!leaf)
		return NULL;
	leaf->node.start = iova & ~(leaf_span(tables) - 1);
	leaf->node.last = leaf->node.start + leaf_span(tables) - 1;
	return leaf;
}

/* One that is empty. */
static void leaf_free(struct tables *tables, struct tables_leaf *leaf)
{
	if (leaf == &tables->first)
		tables->first_is_used = false;
	else
		kfree(leaf);
}

/* Is there no leaf yet in the part of 2^@order that one is in? */
static bool leaf_is_first(struct tables *tables, const struct tables_leaf *leaf,
			  unsigned int order)
{
	unsigned long mask = (leaf_span(tables) << order) - 1;

	return !span_first(&tables->leaves, leaf->node.start & ~mask,
			   leaf->node.start | mask);
}

/* Of which pages are smaller than one of its tables could map? */
static bool radix_needs(const struct tables *tables, size_t pgsize,
			unsigned int level)
{
	return !(pgsize >> (tables->shift + level * TABLES_ORDER));
}

/*
 * Bytes that the driver is yet to allocate.  Where the leaf is @fresh so may be
 * the tables above those of the second level.
 */
static size_t tables_missing(struct tables *tables,
			     const struct tables_leaf *leaf, bool fresh,
			     unsigned long iova, size_t pgsize)
{
	unsigned int bit = (iova >> tables->shift) % TABLES_BITS;
	unsigned int n = 0;

	if (tables->kind == TABLES_CALLS)
		return test_bit(bit, leaf->bits) ? 0 : CALL_BYTES;
	if (fresh)
		n += leaf_is_first(tables, leaf, TABLES_ORDER) +
		     leaf_is_first(tables, leaf, 2 * TABLES_ORDER);
	if (radix_needs(tables, pgsize, 1))
		n += !leaf->table;
	if (radix_needs(tables, pgsize, 0))
		n += !test_bit(bit, leaf->bits);
	return n * PAGE_SIZE;
}

static void leaf_remember(struct tables *tables, struct tables_leaf *leaf)
{
	/* Who finds it there finds all of it: leaf_remembered(). */
	smp_store_release(&tables->last, leaf);
}

static void leaf_mark(struct tables *tables, struct tables_leaf *leaf,
		      unsigned long iova, size_t pgsize)
{
	unsigned int bit = (iova >> tables->shift) % TABLES_BITS;

	if (tables->kind == TABLES_CALLS) {
		set_bit(bit, leaf->bits);
		return;
	}
	if (radix_needs(tables, pgsize, 1))
		WRITE_ONCE(leaf->table, true);
	if (radix_needs(tables, pgsize, 0))
		set_bit(bit, leaf->bits);
	leaf_remember(tables, leaf);
}

static int tables_charge_locked(struct tables *tables, unsigned long iova,
				size_t pgsize)
{
	struct tables_leaf *leaf = leaf_find(tables, iova), *fresh = NULL;
	size_t bytes;
	int rc;

	if (!leaf) {
		fresh = leaf_create(tables, iova);
		if (!fresh)
			return -ENOMEM;
		leaf = fresh;
	}
	bytes = tables_missing(tables, leaf, fresh, iova, pgsize);
	rc = bytes ? quota_charge(tables->quota, bytes) : 0;
	if (rc) {
		if (fresh)
			leaf_free(tables, fresh);
		return rc;
	}
	if (fresh)
		span_insert(&tables->leaves, &fresh->node);
	tables->bytes += bytes;
	leaf_mark(tables, leaf, iova, pgsize);
	return 0;
}

/**
 * tables_charge_call - tables_charge(), where that does not know at once
 * @tables: as there, but not TABLES_PAID
 * @iova: see there
 * @pgsize: see there
 *
 * Return: see there.
 */
int tables_charge_call(struct tables *tables, unsigned long iova, size_t pgsize)
{
	int rc;

	mutex_lock(&tables->lock);
	rc = tables_charge_locked(tables, iova, pgsize);
	mutex_unlock(&tables->lock);
	return rc;
}

/* Bits from @first on, and before @end, as far as they are in the leaf. */
static size_t leaf_clear(struct tables *tables, struct tables_leaf *leaf,
			 unsigned long first, unsigned long end)
{
	unsigned long base = leaf->node.start >> tables->shift;
	unsigned int bit = max(first, base) - base, n = 0;
	unsigned int stop = min(end, base + TABLES_BITS) - base;
	bool all = !bit && stop == TABLES_BITS;

	for (; bit < stop; bit++) {
		bit = find_next_bit(leaf->bits, stop, bit);
		if (bit == stop)
			break;
		clear_bit(bit, leaf->bits);
		n++;
	}
	if (tables->kind == TABLES_CALLS)
		return n * CALL_BYTES;
	if (all && leaf->table) {
		WRITE_ONCE(leaf->table, false);
		n++;
	}
	return n * PAGE_SIZE;
}

static size_t tables_clear(struct tables *tables, unsigned long first,
			   unsigned long end)
{
	unsigned long last = (end << tables->shift) - 1;
	struct tables_leaf *leaf, *next;
	size_t bytes = 0;

	mutex_lock(&tables->lock);
	leaf = leaf_of(span_first(&tables->leaves, first << tables->shift,
				  last));
	for (; leaf; leaf = next) {
		next = leaf_of(span_next(&leaf->node, last));
		bytes += leaf_clear(tables, leaf, first, end);
		if (tables->kind == TABLES_CALLS &&
		    bitmap_empty(leaf->bits, TABLES_BITS)) {
			span_remove(&tables->leaves, &leaf->node);
			leaf_free(tables, leaf);
		}
	}
	tables->bytes -= bytes;
	mutex_unlock(&tables->lock);
	return bytes;
}

/**
 * tables_unmap_call - tables_unmap(), where that does not know at once
 * @tables: as there, but not TABLES_PAID
 * @iova: see there
 * @size: see there
 *
 * Return: see there.
 */
size_t tables_unmap_call(struct tables *tables, unsigned long iova, size_t size)
{
	unsigned long mask = BIT(tables->shift) - 1;
	unsigned long last = iova + size - 1, first, end;

	/* What the range covers as a whole. */
	first = (iova >> tables->shift) + !!(iova & mask);
	end = (last >> tables->shift) + ((last & mask) == mask);
	return first < end ? tables_clear(tables, first, end) : 0;
}

/**
 * tables_forget - a map call has failed that was charged, and mapped nothing
 * @tables: of the domain
 * @iova: the first IOVA
 *
 * Tables stay, and may have been there before.
 */
void tables_forget(struct tables *tables, unsigned long iova)
{
	unsigned long at = iova >> tables->shift;

	if (tables->kind == TABLES_CALLS)
		tables_freed(tables, tables_clear(tables, at, at + 1));
}

/**
 * tables_freed - a driver has freed what it no longer needed
 * @tables: of the domain
 * @bytes: how much, from tables_unmap()
 */
void tables_freed(struct tables *tables, size_t bytes)
{
	quota_uncharge(tables->quota, bytes);
}

/**
 * tables_worst - what the driver allocates for a small mapping at most
 * @tables: of the domain
 *
 * Return: bytes that nobody else pays for.
 */
size_t tables_worst(const struct tables *tables)
{
	switch (tables->kind) {
	case TABLES_RADIX:
		return RADIX_LEVELS * PAGE_SIZE;
	case TABLES_CALLS:
		return CALL_BYTES;
	default:
		return 0;
	}
}

/**
 * tables_init - begin to count for a domain that was just made
 * @tables: zeroed
 * @quota: of the user, which outlives the domain
 * @kind: how its driver allocates
 * @bytes: what the domain takes without mapping anything
 *
 * Return: 0, or -ENOSPC where that is too much for the user.
 */
int tables_init(struct tables *tables, struct quota *quota,
		enum tables_kind kind, size_t bytes)
{
	int rc = quota_charge(quota, bytes);

	if (rc)
		return rc;
	tables->quota = quota;
	tables->bytes = bytes;
	tables->kind = kind;
	tables->shift = BITS_PER_LONG - 1;
	mutex_init(&tables->lock);
	return 0;
}

/**
 * tables_settle - before anything is mapped
 * @tables: of the domain
 * @page: its smallest page
 */
void tables_settle(struct tables *tables, size_t page)
{
	if (tables->kind == TABLES_RADIX)
		tables->shift = ilog2(page) + TABLES_ORDER;
	else if (tables->kind == TABLES_CALLS)
		tables->shift = ilog2(page);
}

/**
 * tables_destroy - end to count
 * @tables: of the domain
 * @freed: the driver has freed all of it; else the user pays for it for ever
 */
void tables_destroy(struct tables *tables, bool freed)
{
	struct tables_leaf *leaf;

	while ((leaf = leaf_of(span_first(&tables->leaves, 0, ULONG_MAX)))) {
		span_remove(&tables->leaves, &leaf->node);
		leaf_free(tables, leaf);
		cond_resched();
	}
	if (freed)
		quota_uncharge(tables->quota, tables->bytes);
	else
		quota_get(tables->quota);
}
