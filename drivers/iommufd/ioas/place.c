// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IOVA of a MAP or COPY: named by user space, or chosen.
 *
 * topo is held for reading; tree_lock is taken for the choice and for the tree.
 */
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>

#include "iommufd/base/span.h"
#include "iommufd/ioas/area.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/iova.h"
#include "iommufd/ioas/place.h"

/**
 * ioas_check_place - may a MAP have the IOVA that it names
 * @ioas: where; topo and tree_lock are held
 * @first: the first IOVA
 * @length: bytes, not 0
 *
 * Whether something is mapped there is another question.
 *
 * Return: 0, -EINVAL where it is not aligned or reserved, -EOVERFLOW.
 */
int ioas_check_place(struct ioas *ioas, unsigned long first,
		     unsigned long length)
{
	unsigned long last;

	lockdep_assert_held(&ioas->tree_lock);

	if (first & (ioas->iova.alignment - 1))
		return -EINVAL;
	if (check_add_overflow(first, length - 1, &last))
		return -EOVERFLOW;
	if (iova_is_reserved(&ioas->iova, first, last))
		return -EINVAL;
	return 0;
}

static int place_insert(struct ioas *ioas, struct area *place,
			unsigned long first, unsigned long length)
{
	lockdep_assert_held(&ioas->tree_lock);

	place->node.start = first;
	place->node.last = first + length - 1;
	return span_insert(&ioas->areas, &place->node) ? 0 : -EEXIST;
}

static int place_fixed(struct ioas *ioas, struct area *place,
		       unsigned long iova, unsigned long length)
{
	int rc;

	spin_lock(&ioas->tree_lock);
	rc = ioas_check_place(ioas, iova, length);
	if (!rc)
		rc = place_insert(ioas, place, iova, length);
	spin_unlock(&ioas->tree_lock);
	return rc;
}

/* Search from the cursor on, and once more from the start. */
static int place_search(struct ioas *ioas, struct iova_search *search,
			unsigned long *iova)
{
	unsigned long start = search->next;
	bool wrapped = ioas->cursor <= start;
	int rc;

	search->next = max(ioas->cursor, start);
	for (;;) {
		rc = iova_search_step(search, &ioas->iova, &ioas->areas, iova);
		if (rc == -ENOSPC && !wrapped) {
			search->next = start;
			wrapped = true;
		} else if (rc != -EAGAIN) {
			return rc;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched_lock(&ioas->tree_lock);
	}
}

static int place_anywhere(struct ioas *ioas, struct area *place,
			  unsigned long address, unsigned long length,
			  unsigned long *iova)
{
	struct iova_search search;
	int rc;

	rc = iova_search_start(&search, &ioas->iova, address, length);
	if (rc)
		return rc;

	spin_lock(&ioas->tree_lock);
	rc = place_search(ioas, &search, iova);
	if (!rc)
		rc = place_insert(ioas, place, *iova, length);
	if (!rc)
		ioas->cursor = place->node.last + 1;
	spin_unlock(&ioas->tree_lock);
	return rc;
}

/**
 * place_at - put an area into the tree, where it keeps everybody else away
 * @ioas: where; topo is held
 * @place: what takes the IOVA: the area itself, or a place holder
 * @area: what an IOVA that is chosen suits the address of
 * @length: bytes, not 0
 * @at: where; the choice is set
 *
 * Return: 0; as ioas_check_place(), -EEXIST, -ENOSPC, -EINTR.
 */
int place_at(struct ioas *ioas, struct area *place,
	     const struct area *area, unsigned long length,
	     struct placement *at)
{
	return at->fixed ? place_fixed(ioas, place, at->iova, length) :
			   place_anywhere(ioas, place, area_address(area),
					  length, &at->iova);
}
