// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allowed, reserved and free IOVA.  Callers hold ioas->topo: for writing to
 * change a tree, for reading to look.  A search also holds ioas->tree_lock,
 * which guards the tree of areas that it is given; iova_is_reserved() wants it,
 * too, for what it remembers, but where topo is held for writing.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "iommufd/base/hole.h"
#include "iommufd/base/span.h"
#include "iommufd/ioas/iova.h"

/* A kernel-chosen IOVA is never 0, nor in the last page. */
#define IOVA_LOWEST	PAGE_SIZE
#define IOVA_HIGHEST	(ULONG_MAX - PAGE_SIZE)

/* Ranges that one step of a search passes over. */
#define SEARCH_STEPS	64

static struct iova_range *range_insert(struct rb_root_cached *tree,
				       unsigned long first, unsigned long last,
				       const void *owner)
{
	struct iova_range *range;

	range = kzalloc(sizeof(*range), GFP_KERNEL_ACCOUNT);
	if (!range)
		return NULL;
	range->node.start = first;
	range->node.last = last;
	range->owner = owner;
	interval_tree_insert(&range->node, tree);
	return range;
}

/**
 * iova_free_ranges - empty a tree of ranges
 * @tree: the tree
 */
void iova_free_ranges(struct rb_root_cached *tree)
{
	struct interval_tree_node *node;

	while ((node = interval_tree_iter_first(tree, 0, ULONG_MAX))) {
		interval_tree_remove(node, tree);
		kfree(container_of(node, struct iova_range, node));
	}
}

static void forget_usable(struct iova_space *space)
{
	space->usable_first = 1;
	space->usable_last = 0;
}

/**
 * iova_space_init - all IOVA usable, any alignment
 * @space: the space
 */
void iova_space_init(struct iova_space *space)
{
	space->reserved = RB_ROOT_CACHED;
	space->allowed = RB_ROOT_CACHED;
	space->alignment = 1;
	forget_usable(space);
}

/**
 * iova_space_destroy - free what a space holds
 * @space: the space
 */
void iova_space_destroy(struct iova_space *space)
{
	iova_free_ranges(&space->reserved);
	iova_free_ranges(&space->allowed);
}

/**
 * iova_reserve - take a range away from mappings
 * @space: the space
 * @first: first byte
 * @last: last byte, inclusive
 * @owner: names the reservation for iova_unreserve()
 *
 * That no mapping uses the range is for the caller to check.
 *
 * Return: 0, -EADDRINUSE where user space wants a part of it kept usable,
 * -ENOMEM.
 */
int iova_reserve(struct iova_space *space, unsigned long first,
		 unsigned long last, const void *owner)
{
	if (interval_tree_iter_first(&space->allowed, first, last))
		return -EADDRINUSE;
	if (!range_insert(&space->reserved, first, last, owner))
		return -ENOMEM;
	forget_usable(space);
	return 0;
}

/**
 * iova_unreserve - give back all that one owner reserved
 * @space: the space
 * @owner: as given to iova_reserve()
 */
void iova_unreserve(struct iova_space *space, const void *owner)
{
	struct interval_tree_node *node, *next;

	for (node = interval_tree_iter_first(&space->reserved, 0, ULONG_MAX);
	     node; node = next) {
		struct iova_range *range =
			container_of(node, struct iova_range, node);

		next = interval_tree_iter_next(node, 0, ULONG_MAX);
		if (range->owner == owner) {
			interval_tree_remove(node, &space->reserved);
			kfree(range);
		}
	}
}

/**
 * iova_next_usable - walk the ranges that are not reserved
 * @space: the space
 * @first: where to look from; set to the first byte of the range found
 * @last: set to its last byte, inclusive
 *
 * Return: false where everything from @first on is reserved.
 */
bool iova_next_usable(struct iova_space *space, unsigned long *first,
		      unsigned long *last)
{
	return hole_next(&space->reserved, first, ULONG_MAX, last);
}

/**
 * iova_is_reserved - does a range touch a reservation
 * @space: the space
 * @first: first byte
 * @last: last byte, inclusive
 *
 * There are few reservations, and ranges in which there is none are large: the
 * last one is remembered.
 */
bool iova_is_reserved(struct iova_space *space, unsigned long first,
		      unsigned long last)
{
	unsigned long usable_first = 0, usable_last;

	if (first >= space->usable_first && last <= space->usable_last)
		return false;
	for (;;) {
		if (!iova_next_usable(space, &usable_first, &usable_last) ||
		    usable_first > first)
			return true;
		if (last <= usable_last)
			break;
		usable_first = usable_last + 1;
	}
	space->usable_first = usable_first;
	space->usable_last = usable_last;
	return false;
}

/**
 * iova_allow - add a range to a set of ranges to be kept usable
 * @allowed: the set, not yet part of a space
 * @first: first byte
 * @last: last byte, inclusive
 *
 * Return: 0, -EINVAL where the range is empty or meets another, -ENOMEM.
 */
int iova_allow(struct rb_root_cached *allowed, unsigned long first,
	       unsigned long last)
{
	if (first >= last || interval_tree_iter_first(allowed, first, last))
		return -EINVAL;
	if (!range_insert(allowed, first, last, NULL))
		return -ENOMEM;
	return 0;
}

/**
 * iova_set_allowed - replace the ranges that stay usable
 * @space: the space
 * @allowed: the new ranges; on success the old ones, for the caller to free
 *
 * Return: 0, -EADDRINUSE where one of them is reserved, with nothing changed.
 */
int iova_set_allowed(struct iova_space *space, struct rb_root_cached *allowed)
{
	struct interval_tree_node *node;

	for (node = interval_tree_iter_first(allowed, 0, ULONG_MAX); node;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX))
		if (iova_is_reserved(space, node->start, node->last))
			return -EADDRINUSE;
	swap(space->allowed, *allowed);
	return 0;
}

/**
 * iova_search_start - set up a search for free IOVA
 * @search: the search
 * @space: where
 * @address: user address to be mapped: its alignment is kept as far as a huge
 *	page goes, so that huge IO pages can be used
 * @length: bytes
 *
 * Return: 0, -EOVERFLOW for a length that can't be, -EINVAL where @address
 * and @length are less aligned than @space asks for.
 */
int iova_search_start(struct iova_search *search,
		      const struct iova_space *space, unsigned long address,
		      unsigned long length)
{
	unsigned long alignment;

	if (!length || length >= ULONG_MAX / 2)
		return -EOVERFLOW;

	alignment = roundup_pow_of_two(length);
	if (address)
		alignment = min(alignment, 1UL << __ffs(address));
	alignment = min_t(unsigned long, alignment, PMD_SIZE);
	if (alignment < space->alignment)
		return -EINVAL;

	search->next = IOVA_LOWEST;
	search->length = length;
	search->alignment = alignment;
	search->offset = offset_in_page(address);
	return 0;
}

/* Move on past a range that ends with @last. */
static bool search_skip(struct iova_search *search, unsigned long last)
{
	if (last >= IOVA_HIGHEST)
		return false;
	search->next = last + 1;
	return true;
}

/* Is anything reserved or in use there?  @taken: the last IOVA of the first. */
static bool search_is_taken(struct iova_space *space,
			    const struct span_tree *used, unsigned long first,
			    unsigned long last, unsigned long *taken)
{
	struct interval_tree_node *node;
	struct span *span;

	node = interval_tree_iter_first(&space->reserved, first, last);
	if (node) {
		*taken = node->last;
		return true;
	}
	span = span_first(used, first, last);
	if (span)
		*taken = span->last;
	return span;
}

static bool search_candidate(const struct iova_search *search,
			     unsigned long *first, unsigned long *last)
{
	if (check_add_overflow(search->next, search->alignment - 1, first))
		return false;
	*first &= ~(search->alignment - 1);
	*first |= search->offset;
	return !check_add_overflow(*first, search->length - 1, last) &&
	       *last <= IOVA_HIGHEST;
}

/**
 * iova_search_step - look for free IOVA, for a bounded time
 * @search: the search, moved on
 * @space: where
 * @used: tree of mappings
 * @iova: set to the IOVA found
 *
 * Return: 0 where one is found, -EAGAIN to be called again, -ENOSPC.
 */
int iova_search_step(struct iova_search *search, struct iova_space *space,
		     const struct span_tree *used, unsigned long *iova)
{
	struct interval_tree_node *node;
	unsigned long first, last;
	unsigned int steps;

	for (steps = 0; steps < SEARCH_STEPS; steps++) {
		if (!search_candidate(search, &first, &last))
			return -ENOSPC;

		if (!RB_EMPTY_ROOT(&space->allowed.rb_root)) {
			node = interval_tree_iter_first(&space->allowed, first,
							IOVA_HIGHEST);
			if (!node)
				return -ENOSPC;
			if (node->start > first) {
				search->next = node->start;
				continue;
			}
			if (node->last < last) {
				if (!search_skip(search, node->last))
					return -ENOSPC;
				continue;
			}
		}

		if (!search_is_taken(space, used, first, last, &last)) {
			*iova = first;
			return 0;
		}
		if (!search_skip(search, last))
			return -ENOSPC;
	}
	return -EAGAIN;
}
