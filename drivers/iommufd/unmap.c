// SPDX-License-Identifier: GPL-2.0-only
/*
 * UNMAP: in two phases.  The first claims every area of the range and may give
 * up; the second, which can't fail, takes them out of all domains, and only
 * then drops their pins.  Containers of version 1 unmap parts of areas, which
 * are cut before.
 */
#include <linux/sched/signal.h>

#include "iommufd.h"

/* How long UNMAP waits for the owners of accesses to let go. */
#define ACCESS_TIMEOUT (60 * HZ)

/**
 * struct closing - the areas that one UNMAP owns
 * @head: the first, by IOVA; the rest by area->next
 * @tail: where the next one goes
 * @next: where the search goes on
 * @bytes: their length
 * @accessed: some have pins of accesses
 */
struct closing {
	struct area *head;
	struct area **tail;
	unsigned long next;
	unsigned long bytes;
	bool accessed;
};

/* Claim up to a batch of areas; -EAGAIN where there are more. */
static int closing_claim_batch(struct ioas *ioas, struct closing *closing,
			       unsigned long first, unsigned long last)
{
	struct area *area = area_first(ioas, closing->next, last);
	unsigned int n;

	for (n = 0; area; n++) {
		if (n == TREE_BATCH)
			return -EAGAIN;
		if (area->node.start < first || area->node.last > last)
			return -ENOENT;
		if (area->state != AREA_LIVE)
			return -EBUSY;
		area->state = AREA_CLOSING;
		area->next = NULL;
		*closing->tail = area;
		closing->tail = &area->next;
		closing->bytes += area_length(area);
		closing->accessed |= area->accesses != 0;
		if (area->node.last == last)
			return 0;
		closing->next = area->node.last + 1;
		area = area_next(area, last);
	}
	return 0;
}

static int closing_claim(struct ioas *ioas, struct closing *closing,
			 unsigned long first, unsigned long last)
{
	int rc;

	closing->tail = &closing->head;
	closing->next = first;
	do {
		spin_lock(&ioas->tree_lock);
		rc = closing_claim_batch(ioas, closing, first, last);
		spin_unlock(&ioas->tree_lock);
		cond_resched();
	} while (rc == -EAGAIN);
	return rc;
}

static void closing_cancel(struct ioas *ioas, struct closing *closing)
{
	struct area *area = closing->head, *next;
	unsigned int n = 0;

	spin_lock(&ioas->tree_lock);
	for (; area; area = next) {
		next = area->next;
		area->state = AREA_LIVE;
		if (++n % TREE_BATCH == 0)
			cond_resched_lock(&ioas->tree_lock);
	}
	spin_unlock(&ioas->tree_lock);
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

/* Nothing here can fail. */
static void closing_finish(struct ioas *ioas, struct closing *closing)
{
	struct area *area, *next;
	long count = 0;

	areas_unfill(ioas, closing->head);

	spin_lock(&ioas->tree_lock);
	if (closing->head)
		ioas->cursor = min(ioas->cursor, closing->head->node.start);
	for (area = closing->head; area; area = area->next) {
		interval_tree_remove(&area->node, &ioas->areas);
		if (++count % TREE_BATCH == 0)
			cond_resched_lock(&ioas->tree_lock);
	}
	spin_unlock(&ioas->tree_lock);
	atomic_long_sub(count, &ioas->obj.ictx->nareas);

	for (area = closing->head; area; area = next) {
		next = area->next;
		area_free(area);
		cond_resched();
	}
}

/**
 * ioas_unmap - unmap all areas in a range
 * @ioas: where
 * @first: first IOVA
 * @last: last IOVA, inclusive
 * @unmapped: set to the bytes that were mapped
 *
 * Return: 0, also where nothing is mapped; -ENOENT where an area lies only
 * partly in the range, -EBUSY where another call is at work on one or an
 * access does not let go, -EINTR.  On error nothing is unmapped.
 */
int ioas_unmap(struct ioas *ioas, unsigned long first, unsigned long last,
	       unsigned long *unmapped)
{
	struct closing closing = {};
	int rc;

	*unmapped = 0;
	rc = down_read_killable(&ioas->topo);
	if (rc)
		return rc;
	rc = closing_claim(ioas, &closing, first, last);
	if (!rc && closing.accessed) {
		up_read(&ioas->topo);
		rc = closing_wait(ioas, &closing);
		down_read(&ioas->topo);
	}
	if (rc) {
		closing_cancel(ioas, &closing);
	} else {
		closing_finish(ioas, &closing);
		*unmapped = closing.bytes;
	}
	up_read(&ioas->topo);
	return rc;
}

/* Own the area that lies on both sides of @at, if there is one. */
static int cut_claim(struct ioas *ioas, unsigned long at, struct area **area)
{
	int rc = 0;

	spin_lock(&ioas->tree_lock);
	*area = area_first(ioas, at, at);
	if (*area && (*area)->node.start == at)
		*area = NULL;
	if (*area && ((*area)->state != AREA_LIVE || (*area)->accesses))
		rc = -EBUSY;
	else if (*area)
		(*area)->state = AREA_CLOSING;
	spin_unlock(&ioas->tree_lock);
	return rc;
}

static void cut_cancel(struct ioas *ioas, struct area *area)
{
	spin_lock(&ioas->tree_lock);
	area->state = AREA_LIVE;
	spin_unlock(&ioas->tree_lock);
}

/* Make two areas of one that lies on both sides of @at. */
static int ioas_cut(struct ioas *ioas, unsigned long at)
{
	struct area *area;
	int rc;

	lockdep_assert_held(&ioas->topo);

	/* An IO page may be larger than ours, and can't be cut. */
	if (!ioas->small_pages)
		return -ENOENT;
	if (at & (ioas->iova.alignment - 1))
		return -EINVAL;
	rc = cut_claim(ioas, at, &area);
	if (rc || !area)
		return rc;
	rc = ioas_count_areas(ioas, 1);
	if (!rc) {
		rc = area_split(ioas, area, at);
		if (rc)
			atomic_long_dec(&ioas->obj.ictx->nareas);
	}
	if (rc)
		cut_cancel(ioas, area);
	return rc;
}

/**
 * ioas_unmap_part - unmap a range, also where it cuts areas
 * @ioas: where
 * @first: first IOVA
 * @last: last IOVA, inclusive
 * @unmapped: set to the bytes that were mapped
 *
 * Areas are cut where @ioas maps small pages.
 *
 * Return: as ioas_unmap(); -EINVAL where a cut is not page aligned, -ENOMEM,
 * -ENOSPC where the areas become too many.  On error nothing is unmapped.
 */
int ioas_unmap_part(struct ioas *ioas, unsigned long first, unsigned long last,
		    unsigned long *unmapped)
{
	int rc = ioas_unmap(ioas, first, last, unmapped);

	if (rc != -ENOENT)
		return rc;
	if (down_read_killable(&ioas->topo))
		return -EINTR;
	rc = ioas_cut(ioas, first);
	if (!rc && last != ULONG_MAX)
		rc = ioas_cut(ioas, last + 1);
	up_read(&ioas->topo);
	return rc ? rc : ioas_unmap(ioas, first, last, unmapped);
}

/**
 * ioas_clear - unmap everything in an IOAS that is being destroyed
 * @ioas: no domain, no access and no other call uses it
 */
void ioas_clear(struct ioas *ioas)
{
	struct closing closing = {};

	down_read(&ioas->topo);
	WARN_ON(closing_claim(ioas, &closing, 0, ULONG_MAX) ||
		closing.accessed);
	closing_finish(ioas, &closing);
	up_read(&ioas->topo);
}
