/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trees of ranges that never overlap: an interval tree without the maximum of
 * each subtree, as such ranges end in the order in which they start.  No
 * memory, no locks: the caller's.
 */
#ifndef __IOMMUFD_BASE_SPAN_H
#define __IOMMUFD_BASE_SPAN_H

#include <linux/rbtree.h>
#include <linux/types.h>

/**
 * struct span - a range in a tree, or one that will be
 * @rb: its place in the tree
 * @start: its first value; an owner may change both where no neighbour is passed
 * @last: its last one, inclusive
 */
struct span {
	struct rb_node rb;
	unsigned long start;
	unsigned long last;
};

/**
 * struct span_tree - a tree of ranges; all zero where it is empty
 * @root: the ranges
 * @last: the range that was put there last, or NULL where it, or a neighbour
 *	that it had, is gone
 * @prev: the range before that, or NULL
 * @next: the range after it, or NULL
 *
 * Ranges that come in the order of their values, up or down, take their places
 * next to @last without a search.
 */
struct span_tree {
	struct rb_root root;
	struct span *last;
	struct span *prev;
	struct span *next;
};

bool span_insert(struct span_tree *tree, struct span *span);
void span_remove(struct span_tree *tree, struct span *span);
struct span *span_first(const struct span_tree *tree, unsigned long first,
			unsigned long last);
struct span *span_next(const struct span *span, unsigned long last);

#endif /* __IOMMUFD_BASE_SPAN_H */
