/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trees of ranges that never overlap: an interval tree without the maximum of
 * each subtree, as such ranges end in the order in which they start.  No
 * memory, no locks: the caller's.
 */
#ifndef __IOMMUFD_SPAN_H
#define __IOMMUFD_SPAN_H

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
 * struct span_cursor - where in a tree the next range may have its place
 * @prev: the range that was put there last
 * @next: the one after it
 */
struct span_cursor {
	struct span *prev;
	struct span *next;
};

bool span_insert(struct rb_root *tree, struct span *span);
bool span_insert_next(struct rb_root *tree, struct span *span,
		      struct span_cursor *cursor);
void span_remove(struct rb_root *tree, struct span *span);
struct span *span_first(const struct rb_root *tree, unsigned long first,
			unsigned long last);
struct span *span_next(const struct span *span, unsigned long last);

#endif /* __IOMMUFD_SPAN_H */
