/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one coverage rule: what no range of a tree covers.  Reserved IOVA and
 * the users of pinned memory are both such trees; ranges may overlap.
 */
#ifndef __IOMMUFD_BASE_HOLE_H
#define __IOMMUFD_BASE_HOLE_H

#include <linux/interval_tree.h>
#include <linux/minmax.h>

/**
 * hole_next - find the next hole between ranges
 * @tree: the ranges
 * @first: where to look from; set to the first value of the hole
 * @last: where to stop, inclusive
 * @hole_last: set to the last value of the hole, inclusive
 *
 * Return: false where all from @first to @last is covered.
 */
static inline bool hole_next(struct rb_root_cached *tree, unsigned long *first,
			     unsigned long last, unsigned long *hole_last)
{
	struct interval_tree_node *node;
	unsigned long start = *first;

	for (;;) {
		node = interval_tree_iter_first(tree, start, last);
		if (!node || node->start > start)
			break;
		if (node->last >= last)
			return false;
		start = node->last + 1;
	}
	*first = start;
	*hole_last = node ? node->start - 1 : last;
	return true;
}

#endif /* __IOMMUFD_BASE_HOLE_H */
