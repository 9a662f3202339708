/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which IOVA of an address space may be used: reserved ranges, ranges that
 * user space wants kept usable, and alignment.  It knows neither memory nor domains,
 * and takes no locks: the caller's, see struct ioas.  All ranges are in bytes, their ends
 * inclusive.
 */
#ifndef __IOMMUFD_IOAS_IOVA_H
#define __IOMMUFD_IOAS_IOVA_H

#include <linux/interval_tree.h>
#include <linux/types.h>

#include "iommufd/base/span.h"

/**
 * struct iova_range - a range of one of the trees of an iova_space
 * @node: its first and last IOVA, inclusive
 * @owner: who reserved it; NULL in the tree of allowed ranges
 */
struct iova_range {
	struct interval_tree_node node;
	const void *owner;
};

/**
 * struct iova_space - rules for the use of IOVA
 * @reserved: ranges that no mapping may touch; they may overlap
 * @allowed: ranges that user space wants kept free of reservations, disjoint;
 *	if there are any, a kernel-chosen IOVA lies in one
 * @alignment: of IOVA, length and offset into a page, in bytes, a power of 2
 * @usable_first: where the range begins that iova_is_reserved() found last, in
 *	which nothing is reserved; above @usable_last where none is known
 * @usable_last: its last byte, inclusive
 */
struct iova_space {
	struct rb_root_cached reserved;
	struct rb_root_cached allowed;
	unsigned long alignment;
	unsigned long usable_first;
	unsigned long usable_last;
};

/**
 * struct iova_search - a search for free IOVA, in steps
 * @next: where the next step starts looking
 * @length: bytes wanted
 * @alignment: of the result
 * @offset: of the result within its page
 */
struct iova_search {
	unsigned long next;
	unsigned long length;
	unsigned long alignment;
	unsigned long offset;
};

void iova_space_init(struct iova_space *space);
void iova_space_destroy(struct iova_space *space);
int iova_reserve(struct iova_space *space, unsigned long first,
		 unsigned long last, const void *owner);
void iova_unreserve(struct iova_space *space, const void *owner);
bool iova_is_reserved(struct iova_space *space, unsigned long first,
		      unsigned long last);
int iova_allow(struct rb_root_cached *allowed, unsigned long first,
	       unsigned long last);
int iova_set_allowed(struct iova_space *space, struct rb_root_cached *allowed);
void iova_free_ranges(struct rb_root_cached *tree);
bool iova_next_usable(struct iova_space *space, unsigned long *first,
		      unsigned long *last);

int iova_search_start(struct iova_search *search,
		      const struct iova_space *space, unsigned long address,
		      unsigned long length);
int iova_search_step(struct iova_search *search, struct iova_space *space,
		     const struct span_tree *used, unsigned long *iova);

#endif /* __IOMMUFD_IOAS_IOVA_H */
