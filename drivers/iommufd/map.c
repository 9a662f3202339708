// SPDX-License-Identifier: GPL-2.0-only
/*
 * MAP and COPY: new areas in an IOAS.
 *
 * Both hold ioas->topo for reading from the choice of the IOVA to the end, so
 * the domains that they fill do not change.
 */
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "iommufd.h"

/* ---- IOVA ---- */

/* May it be placed at an aligned IOVA? */
static bool area_is_aligned(struct ioas *ioas, const struct area *area)
{
	unsigned long mask = ioas->iova.alignment - 1;

	return !((area->offset | area_length(area)) & mask);
}

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

/*
 * Put @place into the tree, where it keeps everybody else away.  An IOVA that is
 * chosen suits the address of @area; what is memory of a device names its own.
 */
static int place_at(struct ioas *ioas, struct area *place,
		    const struct area *area, unsigned long length,
		    struct placement *at)
{
	return at->fixed ? place_fixed(ioas, place, at->iova, length) :
			   place_anywhere(ioas, place, area_address(area),
					  length, &at->iova);
}

static int place_tell(const struct placement *at)
{
	return at->told ? put_user((u64)at->iova, at->told) : 0;
}

/* ---- MAP: one area ---- */

static int area_commit(struct ioas *ioas, struct area *area,
		       struct placement *at)
{
	int rc;

	if (!area_is_aligned(ioas, area))
		return -EINVAL;
	rc = place_at(ioas, area, area, area_length(area), at);
	if (rc)
		return rc;
	if (ioas->ndomains)
		rc = area_fill(ioas, area, ioas->domains, ioas->ndomains,
			       true);
	if (rc)
		goto err_unplace;
	rc = place_tell(at);
	if (rc)
		goto err_unfill;
	areas_publish(ioas, area);
	return 0;

err_unfill:
	areas_unfill(ioas, area);
err_unplace:
	area_unplace(ioas, area);
	return rc;
}

/* The area is its own from now on; NULL says that there was no memory for it. */
static int ioas_map_area(struct ioas *ioas, struct area *area,
			 struct placement *at)
{
	int rc = -EINTR;

	if (!area)
		return -ENOMEM;
	if (!down_read_killable(&ioas->topo)) {
		rc = area_commit(ioas, area, at);
		up_read(&ioas->topo);
	}
	if (rc)
		area_free(area);
	return rc;
}

/**
 * ioas_map - map memory
 * @ioas: where
 * @mem: the memory; the caller's reference is taken over
 * @offset: first byte of @mem
 * @length: bytes, not 0
 * @at: where it is mapped
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE; not more than @mem may do
 *
 * Return: 0; -EINVAL for a bad alignment or an IOVA that may not be used,
 * -EEXIST where something is mapped, -EOVERFLOW, -ENOSPC, -EFAULT where user
 * space can't be told, or the errors of pinning and mapping.  On error nothing
 * has changed, but for what is said in @at.
 */
int ioas_map(struct ioas *ioas, struct mem *mem, unsigned long offset,
	     unsigned long length, struct placement *at, int prot)
{
	struct area *area = area_create(mem, offset, length, prot);

	mem_put(mem);
	return ioas_map_area(ioas, area, at);
}

/**
 * ioas_map_user - map memory of a process
 * @ioas: where
 * @account: who pays, and whose memory it is; the reference is taken over
 * @address: first byte
 * @length: bytes, not 0
 * @at: as of ioas_map()
 * @prot: as of ioas_map()
 *
 * Return: as ioas_map().
 */
int ioas_map_user(struct ioas *ioas, struct account *account,
		  unsigned long address, unsigned long length,
		  struct placement *at, int prot)
{
	struct area *area = area_create_user(account, address, length, prot);

	if (IS_ERR(area))
		return PTR_ERR(area);
	return ioas_map_area(ioas, area, at);
}

/**
 * ioas_map_mmio - map memory of a device
 * @ioas: where
 * @pfn: its first frame; the rest is adjacent
 * @offset: of the first byte in that
 * @length: bytes, not 0
 * @iova: where it is mapped
 * @prot: as of ioas_map()
 *
 * Return: as ioas_map().
 */
int ioas_map_mmio(struct ioas *ioas, unsigned long pfn, unsigned long offset,
		  unsigned long length, unsigned long iova, int prot)
{
	struct placement at = { .iova = iova, .fixed = true };

	return ioas_map_area(ioas, area_create_mmio(pfn, offset, length, prot),
			     &at);
}

/* ---- COPY: as many areas as there are in the source ---- */

/**
 * struct mapping - adjacent areas that one COPY makes
 * @head: the first, by IOVA; the rest by area->next
 * @tail: where the next one goes
 * @place: takes the IOVA of all of them while they are filled
 * @length: bytes of all
 * @count: areas
 */
struct mapping {
	struct area *head;
	struct area **tail;
	struct area *place;
	unsigned long length;
	unsigned long count;
};

static int mapping_add(struct mapping *mapping, const struct slice *slice,
		       int prot)
{
	struct area *area;

	if ((prot & IOMMU_WRITE) && !slice->mem->source.writable)
		return -EPERM;
	area = area_create(slice->mem, slice->offset, slice->length, prot);
	if (!area)
		return -ENOMEM;
	area->shared = slice->shared;
	*mapping->tail = area;
	mapping->tail = &area->next;
	mapping->length += slice->length;
	mapping->count++;
	return 0;
}

/* May the areas be placed next to each other at an aligned IOVA? */
static bool mapping_is_aligned(struct ioas *ioas, const struct mapping *mapping)
{
	struct area *area;

	for (area = mapping->head; area; area = area->next)
		if (!area_is_aligned(ioas, area))
			return false;
	return true;
}

/* Take IOVA for all areas, and tell each its own. */
static int mapping_place(struct ioas *ioas, struct mapping *mapping,
			 struct placement *at)
{
	struct area *area, *place;
	unsigned long iova;
	int rc;

	place = area_create(NULL, 0, mapping->length, 0);
	if (!place)
		return -ENOMEM;
	rc = place_at(ioas, place, mapping->head, mapping->length, at);
	if (rc) {
		area_free(place);
		return rc;
	}
	mapping->place = place;
	for (area = mapping->head, iova = at->iova; area; area = area->next) {
		unsigned long length = area_length(area);

		area->node.start = iova;
		area->node.last = iova + length - 1;
		iova += length;
	}
	return 0;
}

/* All areas into all domains, or none. */
static int mapping_fill(struct ioas *ioas, struct mapping *mapping)
{
	struct area *area, *prev = NULL;
	int rc;

	if (!ioas->ndomains)
		return 0;
	for (area = mapping->head; area; area = area->next) {
		rc = area_fill(ioas, area, ioas->domains, ioas->ndomains,
			       false);
		if (rc)
			goto err_unfill;
		prev = area;
	}
	rc = areas_sync(ioas, mapping->head);
	if (!rc)
		return 0;

err_unfill:
	if (prev) {
		prev->next = NULL;
		areas_unfill(ioas, mapping->head);
		prev->next = area;
	}
	return rc;
}

/*
 * Make the areas LIVE.  The place keeps the IOVA of those that are still to
 * come, so the lock is not held for all of them.
 */
static void mapping_publish(struct ioas *ioas, struct mapping *mapping)
{
	struct area *place = mapping->place, *area, *next;
	unsigned int n = 0;

	spin_lock(&ioas->tree_lock);
	for (area = mapping->head; area; area = next) {
		next = area->next;
		if (next)
			place->node.start = next->node.start;
		else
			span_remove(&ioas->areas, &place->node);
		area->state = AREA_LIVE;
		span_insert(&ioas->areas, &area->node);
		if (++n % TREE_BATCH == 0)
			cond_resched_lock(&ioas->tree_lock);
	}
	spin_unlock(&ioas->tree_lock);
	area_free(place);
}

static int mapping_commit(struct ioas *ioas, struct mapping *mapping,
			  struct placement *at)
{
	int rc;

	if (!mapping_is_aligned(ioas, mapping))
		return -EINVAL;
	rc = mapping_place(ioas, mapping, at);
	if (rc)
		return rc;
	rc = mapping_fill(ioas, mapping);
	if (rc)
		goto err_unplace;
	rc = place_tell(at);
	if (rc)
		goto err_unfill;
	mapping_publish(ioas, mapping);
	return 0;

err_unfill:
	areas_unfill(ioas, mapping->head);
err_unplace:
	area_unplace(ioas, mapping->place);
	area_free(mapping->place);
	return rc;
}

static int copy_collect(struct ioas *ioas, unsigned long iova,
			unsigned long last, int prot, struct mapping *mapping)
{
	struct slice slice;
	int rc;

	for (;;) {
		rc = slice_find(ioas, iova, last, 0, false, &slice);
		if (rc)
			return rc;
		rc = mapping_add(mapping, &slice, prot);
		mem_put(slice.mem);
		if (rc)
			return rc;
		if (last - iova < slice.length)
			return 0;
		iova += slice.length;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
}

/**
 * ioas_copy - map in one IOAS what is mapped in another
 * @src: from
 * @src_iova: first IOVA there; the range must be mapped throughout, and may
 *	begin and end within areas
 * @dst: to, may be @src
 * @at: where there, as of ioas_map()
 * @length: bytes
 * @prot: as of ioas_map()
 *
 * Never holds both IOASes: a reference on each mem is carried over.
 *
 * Return: as ioas_map(); -ENOENT where something is not mapped in @src, -EPERM for
 * writing to what was mapped to be read, -EOVERFLOW where it has too many copies.
 */
int ioas_copy(struct ioas *src, unsigned long src_iova, struct ioas *dst,
	      struct placement *at, unsigned long length, int prot)
{
	struct mapping mapping = {};
	unsigned long last;
	int rc;

	if (!length)
		return -EINVAL;
	if (check_add_overflow(src_iova, length - 1, &last))
		return -EOVERFLOW;

	mapping.tail = &mapping.head;
	if (down_read_killable(&src->topo))
		return -EINTR;
	rc = copy_collect(src, src_iova, last, prot, &mapping);
	up_read(&src->topo);
	if (!rc && mapping.count == 1)
		return ioas_map_area(dst, mapping.head, at);
	if (!rc)
		rc = down_read_killable(&dst->topo);
	if (!rc) {
		rc = mapping_commit(dst, &mapping, at);
		up_read(&dst->topo);
	}
	if (rc)
		areas_free(mapping.head);
	return rc;
}
