// SPDX-License-Identifier: GPL-2.0-only
/*
 * UNMAP: in two phases.  The first claims every area of the range and may give
 * up; the second, which can't fail, takes them out of all domains, and only
 * then drops their pins.  Between the two user space is told how much it is.
 *
 * Containers of version 1 unmap parts of areas: what is kept of an area that
 * the range cuts becomes one of its own, made in phase one, and put into the
 * tree in phase two.
 *
 * topo is held for reading over both phases, but dropped while the owners of
 * accesses are waited for; tree_lock for a batch of areas at a time.
 */
#include <linux/err.h>
#include <linux/iommufd.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <uapi/linux/iommufd_bulk.h>

#include "iommufd/base/object.h"
#include "iommufd/base/span.h"
#include "iommufd/ioas/area.h"
#include "iommufd/ioas/fill.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/reading.h"
#include "iommufd/ioas/unmap.h"
#include "iommufd/ioas/use.h"

/* How long UNMAP waits for the owners of accesses to let go. */
#define ACCESS_TIMEOUT (60 * HZ)

/**
 * struct cut - an area that lies on both sides of an end of the range
 * @area: the area, or NULL
 * @kept: what takes the place of its part outside, not in the tree yet
 */
struct cut {
	struct area *area;
	struct area *kept;
};

/**
 * struct closing - the areas that one UNMAP owns
 * @first: first IOVA of the range
 * @last: last one, inclusive
 * @part: the range may cut areas
 * @head: the first area, by IOVA; the rest by area->next
 * @tail: where the next one goes
 * @next: where the search goes on
 * @bytes: how many of them are in the range
 * @accessed: some have pins of accesses
 * @low: at the start of the range
 * @high: at its end; may be the same area
 */
struct closing {
	unsigned long first;
	unsigned long last;
	bool part;
	struct area *head;
	struct area **tail;
	unsigned long next;
	unsigned long bytes;
	bool accessed;
	struct cut low;
	struct cut high;
};

/* ---- phase one ---- */

static void closing_add(struct closing *closing, struct area *area)
{
	area->state = AREA_CLOSING;
	area->next = NULL;
	*closing->tail = area;
	closing->tail = &area->next;
}

/* May an area that the range cuts be claimed? */
static int closing_check_cut(struct ioas *ioas, struct closing *closing,
			     struct area *area)
{
	unsigned long mask = ioas->iova.alignment - 1;

	if (!closing->part)
		return -ENOENT;
	if (area->node.start < closing->first && closing->first & mask)
		return -EINVAL;
	if (area->node.last > closing->last && (closing->last + 1) & mask)
		return -EINVAL;
	return area->accesses ? -EBUSY : 0;
}

/*
 * Registers are in large IO pages whatever the version of the ABI, and are not cut: as with
 * vfio_iommu_type1 they go as a whole with their first byte, and stay without.
 */
static int closing_claim_whole(struct closing *closing, struct area *area)
{
	if (area->node.start < closing->first)
		return 0;
	if (area->state != AREA_LIVE)
		return -EBUSY;
	closing_add(closing, area);
	closing->bytes += area_length(area);
	return 0;
}

static int closing_claim_area(struct ioas *ioas, struct closing *closing,
			      struct area *area)
{
	bool low = area->node.start < closing->first;
	bool high = area->node.last > closing->last;
	int rc = 0;

	if (closing->part && area->is_mmio)
		return closing_claim_whole(closing, area);
	if (low || high)
		rc = closing_check_cut(ioas, closing, area);
	if (rc)
		return rc;
	if (area->state != AREA_LIVE)
		return -EBUSY;
	closing_add(closing, area);
	closing->bytes += min(area->node.last, closing->last) -
			  max(area->node.start, closing->first) + 1;
	closing->accessed |= area->accesses != 0;
	if (low)
		closing->low.area = area;
	if (high)
		closing->high.area = area;
	return 0;
}

/* Claim up to a batch of areas; -EAGAIN where there are more. */
static int closing_claim_batch(struct ioas *ioas, struct closing *closing)
{
	struct area *area = area_first(ioas, closing->next, closing->last);
	unsigned int n;
	int rc;

	for (n = 0; area; n++) {
		if (n == TREE_BATCH)
			return -EAGAIN;
		rc = closing_claim_area(ioas, closing, area);
		if (rc || area->node.last >= closing->last)
			return rc;
		closing->next = area->node.last + 1;
		area = area_next(area, closing->last);
	}
	return 0;
}

/* Claim the areas of the range; of more than one, each in its turn. */
static int closing_claim(struct ioas *ioas, struct closing *closing)
{
	int rc;

	if (!closing->head)
		closing->tail = &closing->head;
	closing->next = closing->first;
	do {
		spin_lock(&ioas->tree_lock);
		rc = closing_claim_batch(ioas, closing);
		spin_unlock(&ioas->tree_lock);
		cond_resched();
	} while (rc == -EAGAIN);
	return rc;
}

/* From here to the end of UNMAP topo is held: domains stay the same. */
static int cut_prepare(struct ioas *ioas, struct cut *cut, unsigned long first,
		       unsigned long last)
{
	struct area *kept;

	/* An IO page may be larger than ours, and can't be cut. */
	if (!ioas->small_pages)
		return -ENOENT;
	kept = area_create_part(cut->area, first, last);
	if (IS_ERR(kept))
		return PTR_ERR(kept);
	cut->kept = kept;
	return 0;
}

static void cut_cancel(struct cut *cut)
{
	if (!cut->kept)
		return;
	area_release(cut->kept, true);
	area_free(cut->kept);
}

/* Have all that is needed to keep what lies outside of the range. */
static int closing_cut(struct ioas *ioas, struct closing *closing)
{
	struct cut *low = &closing->low, *high = &closing->high;
	int rc = 0;

	lockdep_assert_held(&ioas->topo);

	if (low->area)
		rc = cut_prepare(ioas, low, low->area->node.start,
				 closing->first - 1);
	if (!rc && high->area)
		rc = cut_prepare(ioas, high, closing->last + 1,
				 high->area->node.last);
	return rc;
}

static void closing_cancel(struct ioas *ioas, struct closing *closing)
{
	cut_cancel(&closing->low);
	cut_cancel(&closing->high);
	areas_publish(ioas, closing->head);
}

static bool closing_has_accesses(struct ioas *ioas, struct closing *closing)
{
	bool busy = false;
	struct area *area;

	for (area = closing->head; area && !busy; area = area->next)
		busy = READ_ONCE(area->accesses);
	return busy;
}

/* Call the owner of each access, with a reference and no lock held. */
static void ioas_notify_accesses(struct ioas *ioas, unsigned long iova,
				 unsigned long length)
{
	struct iommufd_access *access;
	unsigned long id = 0;

	for (;;) {
		xa_lock(&ioas->accesses);
		access = xa_find(&ioas->accesses, &id, ULONG_MAX, XA_PRESENT);
		if (access && !refcount_inc_not_zero(&access->obj.busy)) {
			xa_unlock(&ioas->accesses);
			id++;
			continue;
		}
		xa_unlock(&ioas->accesses);
		if (!access)
			return;
		if (access->ops->unmap)
			access->ops->unmap(access->data, iova, length);
		object_put(&access->obj);
		id++;
	}
}

/*
 * Ask the owners of accesses to drop their pins, and wait until they did.  No
 * lock is held: they unpin from inside the call.
 */
static int closing_wait(struct ioas *ioas, struct closing *closing)
{
	struct area *area;
	long left;

	for (area = closing->head; area; area = area->next)
		if (READ_ONCE(area->accesses))
			ioas_notify_accesses(ioas, area->node.start,
					     area_length(area));
	left = wait_event_killable_timeout(ioas->access_wait,
					   !closing_has_accesses(ioas, closing),
					   ACCESS_TIMEOUT);
	if (left < 0)
		return -EINTR;
	return left ? 0 : -EBUSY;
}

/* ---- phase two: nothing here can fail ---- */

/*
 * What is kept takes its place in the tree.  The area shrinks to the rest, but
 * uses all of its memory until it is released.
 */
static void cut_commit(struct ioas *ioas, struct cut *cut)
{
	struct area *area = cut->area, *kept = cut->kept;

	if (!kept)
		return;
	spin_lock(&ioas->tree_lock);
	if (area->node.start == kept->node.start)
		area->node.start = kept->node.last + 1;
	else
		area->node.last = kept->node.start - 1;
	kept->leaked = area->leaked;
	kept->state = AREA_LIVE;
	span_insert(&ioas->areas, &kept->node);
	spin_unlock(&ioas->tree_lock);
}

static void closing_finish(struct ioas *ioas, struct closing *closing)
{
	struct area *area;
	unsigned int n = 0;

	readings_wait(ioas, closing->head);
	cut_commit(ioas, &closing->low);
	cut_commit(ioas, &closing->high);
	areas_unfill(ioas, closing->head);

	spin_lock(&ioas->tree_lock);
	if (closing->head)
		ioas->cursor = min(ioas->cursor, closing->head->node.start);
	for (area = closing->head; area; area = area->next) {
		span_remove(&ioas->areas, &area->node);
		if (++n % TREE_BATCH == 0)
			cond_resched_lock(&ioas->tree_lock);
	}
	spin_unlock(&ioas->tree_lock);
	areas_free(closing->head);
}

/* ---- both ---- */

/* Unmap what was claimed, or give it back where @rc, or anything here, fails. */
static int closing_end(struct ioas *ioas, struct closing *closing, int rc,
		       unmap_answer_fn answer, void *arg)
{
	if (!rc && closing->accessed) {
		up_read(&ioas->topo);
		rc = closing_wait(ioas, closing);
		down_read(&ioas->topo);
	}
	if (!rc)
		rc = closing_cut(ioas, closing);
	if (!rc && answer)
		rc = answer(arg, closing->bytes);
	if (rc)
		closing_cancel(ioas, closing);
	else
		closing_finish(ioas, closing);
	return rc;
}

static int closing_run(struct ioas *ioas, struct closing *closing,
		       unmap_answer_fn answer, void *arg)
{
	int rc = down_read_killable(&ioas->topo);

	if (rc)
		return rc;
	closing->part &= ioas->small_pages;
	rc = closing_claim(ioas, closing);
	rc = closing_end(ioas, closing, rc, answer, arg);
	up_read(&ioas->topo);
	return rc;
}

/**
 * ioas_unmap - unmap all areas in a range
 * @ioas: where
 * @first: first IOVA
 * @last: last IOVA, inclusive
 * @answer: told how many bytes there are, 0 where nothing is mapped, when
 *	nothing else can fail any more; or NULL
 * @arg: for @answer
 *
 * Return: 0; -ENOENT where an area lies only partly in the range, -EBUSY where
 * another call is at work on one or an access does not let go, -EINTR, or the
 * error of @answer.  On error nothing is unmapped.
 */
int ioas_unmap(struct ioas *ioas, unsigned long first, unsigned long last,
	       unmap_answer_fn answer, void *arg)
{
	struct closing closing = { .first = first, .last = last };

	return closing_run(ioas, &closing, answer, arg);
}

/**
 * ioas_unmap_part - unmap a range, also where it cuts areas
 * @ioas: where
 * @first: first IOVA
 * @last: last IOVA, inclusive
 * @answer: as of ioas_unmap()
 * @arg: for @answer
 *
 * Areas are cut where @ioas maps small pages.
 *
 * Return: as ioas_unmap(); -EINVAL where a cut is not page aligned, -EBUSY
 * where an access has pins in an area that is cut, -ENOMEM.  On error nothing
 * has changed.
 */
int ioas_unmap_part(struct ioas *ioas, unsigned long first, unsigned long last,
		    unmap_answer_fn answer, void *arg)
{
	struct closing closing = {
		.first = first, .last = last, .part = true,
	};

	return closing_run(ioas, &closing, answer, arg);
}

/* All ranges are claimed, or it ends with the one that can't be. */
static int closing_claim_all(struct ioas *ioas, struct closing *closing,
			     const struct iommu_unmap_entry *entries,
			     unsigned int num, unsigned int *at)
{
	unsigned long before;
	int rc;

	for (*at = 0; *at < num; ++*at) {
		before = closing->bytes;
		closing->first = entries[*at].iova;
		closing->last = closing->first + entries[*at].length - 1;
		rc = closing_claim(ioas, closing);
		if (rc)
			return rc;
		if (closing->bytes == before)
			return -ENOENT;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/**
 * ioas_unmap_bulk - unmap all areas in many ranges
 * @ioas: where
 * @entries: the ranges, which do not wrap
 * @num: how many
 * @failed: set to the range that an error is about, where it is about one
 *
 * Return: as ioas_unmap(), and -ENOENT where nothing is mapped in a range, or
 * -EBUSY where it is in one before.  On error nothing is unmapped.
 */
int ioas_unmap_bulk(struct ioas *ioas, const struct iommu_unmap_entry *entries,
		    unsigned int num, unsigned int *failed)
{
	struct closing closing = {};
	int rc;

	if (down_read_killable(&ioas->topo))
		return -EINTR;
	rc = closing_claim_all(ioas, &closing, entries, num, failed);
	rc = closing_end(ioas, &closing, rc, NULL, NULL);
	up_read(&ioas->topo);
	return rc;
}

/**
 * ioas_clear - unmap everything in an IOAS that is being destroyed
 * @ioas: no domain, no access and no other call uses it
 */
void ioas_clear(struct ioas *ioas)
{
	struct closing closing = { .last = ULONG_MAX };

	down_read(&ioas->topo);
	WARN_ON(closing_claim(ioas, &closing) || closing.accessed);
	closing_finish(ioas, &closing);
	up_read(&ioas->topo);
}
