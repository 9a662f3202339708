/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver of a domain has allocated for it, see tables.c.  What each small
 * MAP and UNMAP asks is inline.
 */
#ifndef __IOMMUFD_IOMMU_TABLES_H
#define __IOMMUFD_IOMMU_TABLES_H

#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "iommufd/base/span.h"

struct quota;

enum tables_kind {
	TABLES_PAID,	/* who maps is charged by the kernel */
	TABLES_RADIX,	/* tables, see tables.c */
	TABLES_CALLS,	/* a struct for each map call */
};

/* Entries of a table, and bits of a leaf. */
#define TABLES_ORDER 9
#define TABLES_BITS BIT(TABLES_ORDER)

/**
 * struct tables_leaf - what there is in one part of the IOVA space
 * @node: which part: as much as its bits stand for
 * @table: there is a table of the second level
 * @bits: which of the lowest tables, or of the calls, there are
 */
struct tables_leaf {
	struct span node;
	bool table;
	DECLARE_BITMAP(bits, TABLES_BITS);
};

/**
 * struct tables - what the driver of a domain has allocated for it
 * @quota: of the user
 * @bytes: what is counted; what the next sync frees is no longer in it, but still
 *	charged to @quota
 * @kind: how it allocates
 * @shift: a bit stands for so much of the IOVA space, as a power of two
 * @lock: guards @bytes, @leaves, @first and @first_is_used
 * @leaves: by IOVA
 * @last: the leaf that was needed last, where it is tables, or NULL; a hint,
 *	and what is in that may be looked at without @lock
 * @first: room for one leaf, so that small domains need no allocation
 * @first_is_used: it is among @leaves
 *
 * The rest is constant once the domain is settled.
 */
struct tables {
	struct quota *quota;
	size_t bytes;
	enum tables_kind kind;
	unsigned int shift;
	struct mutex lock;	/* a leaf */
	struct span_tree leaves;
	struct tables_leaf *last;
	bool first_is_used;
	struct tables_leaf first;
};

int tables_init(struct tables *tables, struct quota *quota,
		enum tables_kind kind, size_t bytes);
void tables_settle(struct tables *tables, size_t page);
void tables_destroy(struct tables *tables, bool freed);
int tables_charge_call(struct tables *tables, unsigned long iova,
		       size_t pgsize);
void tables_forget(struct tables *tables, unsigned long iova);
size_t tables_unmap_call(struct tables *tables, unsigned long iova,
			 size_t size);
void tables_freed(struct tables *tables, size_t bytes);
size_t tables_worst(const struct tables *tables);

/* The leaf that was needed last, or NULL. */
static inline struct tables_leaf *leaf_remembered(const struct tables *tables)
{
	/* All of it: it was put there by smp_store_release(). */
	return smp_load_acquire(&tables->last);
}

/**
 * tables_charge - before a map call: charge what the driver may allocate
 * @tables: of the domain
 * @iova: the first IOVA
 * @pgsize: the size of its pages, all of which one table holds where it is tables
 *
 * Inline as far as the frequent case goes: a page beside others.
 *
 * Return: 0; -ENOSPC where the user may not have so much, -ENOMEM.  Then nothing
 * has changed, and the call must not be made.
 */
static __always_inline int tables_charge(struct tables *tables,
					 unsigned long iova, size_t pgsize)
{
	const struct tables_leaf *leaf;
	unsigned long bit;

	if (tables->kind == TABLES_PAID)
		return 0;
	leaf = leaf_remembered(tables);
	if (leaf) {
		bit = (iova - leaf->node.start) >> tables->shift;
		if (bit < TABLES_BITS && (pgsize >> tables->shift ?
					  READ_ONCE(leaf->table) :
					  test_bit(bit, leaf->bits)))
			return 0;
	}
	return tables_charge_call(tables, iova, pgsize);
}

/**
 * tables_reach - how much a tables_charge() for a page is enough for
 * @tables: of the domain, not TABLES_CALLS
 * @iova: of the page, which is of the smallest size
 *
 * Return: bytes from @iova on.
 */
static inline unsigned long tables_reach(const struct tables *tables,
					 unsigned long iova)
{
	return BIT(tables->shift) - (iova & (BIT(tables->shift) - 1));
}

/**
 * tables_unmap - after an unmap call: what the driver will have freed
 * @tables: of the domain
 * @iova: the first IOVA that it unmapped
 * @size: bytes
 *
 * Return: bytes, for tables_freed() once the domain has been synced.
 */
static inline size_t tables_unmap(struct tables *tables, unsigned long iova,
				  size_t size)
{
	return size >> tables->shift ? tables_unmap_call(tables, iova, size) : 0;
}

#endif /* __IOMMUFD_IOMMU_TABLES_H */
