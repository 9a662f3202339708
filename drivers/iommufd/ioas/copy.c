// SPDX-License-Identifier: GPL-2.0-only
/*
 * COPY: as many new areas in one IOAS as there are in the range of another.
 *
 * ioas->topo of the destination is held for reading from the choice of the IOVA to the
 * end, as by MAP; that of the source only before, while its areas are looked up.
 * ictx->carry_lock is held for reading over both.
 */
#include <linux/iommu.h>
#include <linux/overflow.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>

#include "iommufd/base/context.h"
#include "iommufd/base/span.h"
#include "iommufd/ioas/area.h"
#include "iommufd/ioas/copy.h"
#include "iommufd/ioas/fill.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/map.h"
#include "iommufd/ioas/mmio.h"
#include "iommufd/ioas/place.h"
#include "iommufd/ioas/slice.h"
#include "iommufd/ioas/spread.h"
#include "iommufd/memory/memory.h"

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

static bool slice_is_writable(const struct slice *slice)
{
	return slice->mmio ? slice->mmio->watch.writable :
			     slice->mem->source.writable;
}

static int mapping_add(struct mapping *mapping, const struct slice *slice,
		       int prot)
{
	struct area *area;

	if ((prot & IOMMU_WRITE) && !slice_is_writable(slice))
		return -EPERM;
	if (slice->mmio)
		area = area_create_mmio(slice->mmio, slice->offset,
					slice->length, prot);
	else
		area = area_create(slice->mem, slice->offset, slice->length,
				   prot);
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
		rc = slice_find(ioas, iova, last, 0, SLICE_COPY, &slice);
		if (rc)
			return rc;
		rc = mapping_add(mapping, &slice, prot);
		slice_put(&slice);
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

static int copy_carry(struct ioas *src, unsigned long src_iova,
		      unsigned long last, struct ioas *dst,
		      struct placement *at, int prot)
{
	struct mapping mapping = {};
	int rc;

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
	struct iommufd_ctx *ictx = src->obj.ictx;
	unsigned long last;
	int rc;

	if (!length)
		return -EINVAL;
	if (check_add_overflow(src_iova, length - 1, &last))
		return -EOVERFLOW;

	if (down_read_killable(&ictx->carry_lock))
		return -EINTR;
	rc = copy_carry(src, src_iova, last, dst, at, prot);
	up_read(&ictx->carry_lock);
	return rc;
}
