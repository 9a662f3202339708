// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slices: the memory behind a range of IOVA, as far as it lies in one area; and the
 * pins that accesses have there, which each area counts.
 *
 * Areas are looked at under tree_lock; a slice outlives its area, since it has a
 * reference on the mem, or the registers.
 */
#include <linux/minmax.h>

#include "iommufd/ioas/area.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/lone.h"
#include "iommufd/ioas/mmio.h"
#include "iommufd/ioas/slice.h"
#include "iommufd/memory/mem.h"
#include "iommufd/memory/memory.h"

/* The part of an area, not a lone one, from @iova to @last at most. */
static void slice_set(struct slice *slice, struct area *area,
		      unsigned long iova, unsigned long last)
{
	slice->mem = area->is_mmio ? NULL : mem_get(area->mem);
	slice->mmio = area->is_mmio ? mmio_get(area->mmio) : NULL;
	slice->offset = area_mem_offset(area, iova);
	slice->length = min(area->node.last, last) - iova + 1;
	slice->shared = area->shared;
}

/**
 * struct lookup - a search for the memory behind an IOVA
 * @ioas: as of slice_find(), as is the rest up to @use
 * @iova: see there
 * @last: see there
 * @prot: see there
 * @use: see there
 * @blank: a mem for a lone area that is met, or NULL
 */
struct lookup {
	struct ioas *ioas;
	unsigned long iova;
	unsigned long last;
	int prot;
	enum slice_use use;
	struct mem *blank;
};

/* Has what an area is of so many areas that it can't have one more? */
static bool area_is_crowded(const struct area *area)
{
	if (area->lone)
		return false;
	return area->is_mmio ? mmio_is_crowded(area->mmio) :
			       mem_is_crowded(area->mem);
}

/* What there is, if anything, is not to be had. */
static int lookup_refuse(const struct lookup *lookup, const struct area *area)
{
	if (area && area->state == AREA_CLOSING && lookup->use != SLICE_COPY)
		return -EINVAL;
	return -ENOENT;
}

/* -EAGAIN where the area wants a mem, and there is none for it. */
static int lookup_try(struct lookup *lookup, struct slice *slice)
{
	struct ioas *ioas = lookup->ioas;
	struct area *area;
	int rc = 0;

	spin_lock(&ioas->tree_lock);
	area = area_first(ioas, lookup->iova, lookup->iova);
	if (!area || area->state != AREA_LIVE)
		rc = lookup_refuse(lookup, area);
	else if ((area->prot & lookup->prot) != lookup->prot)
		rc = -EPERM;
	else if (area->is_mmio && lookup->use != SLICE_COPY)
		rc = -EINVAL;
	else if (lookup->use == SLICE_PIN && area->accesses == U32_MAX)
		rc = -EOVERFLOW;
	else if (area->lone && !lookup->blank)
		rc = -EAGAIN;
	else if (area_is_crowded(area))
		rc = -EOVERFLOW;
	if (!rc && area->lone) {
		area_promote(area, lookup->blank);
		lookup->blank = NULL;
	}
	if (!rc) {
		slice_set(slice, area, lookup->iova, lookup->last);
		area->accesses += lookup->use == SLICE_PIN;
	}
	spin_unlock(&ioas->tree_lock);
	return rc;
}

/**
 * slice_find - find the memory behind an IOVA
 * @ioas: where; the caller holds topo for reading
 * @iova: the first IOVA
 * @last: the last one that is of interest, inclusive
 * @prot: what the area has to allow
 * @use: what for; SLICE_PIN counts a pin of an access in the area
 * @slice: set to the part of the area from @iova to @last, with a reference
 *	on what it is of, for slice_put()
 *
 * Return: 0, -ENOENT where nothing is mapped or a COPY meets what is being
 * unmapped, -EPERM where the area does not allow @prot, -EINVAL where the CPU wants
 * registers of a device or what is being unmapped,
 * -EOVERFLOW for too many pins, or copies, -ENOMEM.
 */
int slice_find(struct ioas *ioas, unsigned long iova, unsigned long last,
	       int prot, enum slice_use use, struct slice *slice)
{
	struct lookup lookup = {
		.ioas = ioas, .iova = iova, .last = last,
		.prot = prot, .use = use,
	};
	int rc;

	lockdep_assert_held(&ioas->topo);

	rc = lookup_try(&lookup, slice);
	if (rc != -EAGAIN)
		return rc;
	lookup.blank = mem_create_blank();
	if (!lookup.blank)
		return -ENOMEM;
	rc = lookup_try(&lookup, slice);
	if (lookup.blank)
		mem_put(lookup.blank);
	return rc;
}

/**
 * slice_find_pinned - find the memory behind an IOVA that an access has pinned
 * @ioas: where
 * @iova: the first IOVA
 * @last: the last one that is of interest, inclusive
 * @slice: as in slice_find()
 *
 * Return: false where no pin is there.
 */
bool slice_find_pinned(struct ioas *ioas, unsigned long iova,
		       unsigned long last, struct slice *slice)
{
	struct area *area;

	spin_lock(&ioas->tree_lock);
	area = area_first(ioas, iova, iova);
	if (area && !area->accesses)
		area = NULL;
	if (area)
		slice_set(slice, area, iova, last);
	spin_unlock(&ioas->tree_lock);
	return area;
}

/* ---- pins of accesses ---- */

/**
 * area_next_pinned - find the next area that accesses have pins in
 * @ioas: where
 * @first: where the search begins; set to the area's first IOVA
 * @last: set to its last one
 *
 * Return: false where there is none.
 */
bool area_next_pinned(struct ioas *ioas, unsigned long *first,
		      unsigned long *last)
{
	struct area *area;
	bool found = false;

	spin_lock(&ioas->tree_lock);
	do {
		area = area_first(ioas, *first, ULONG_MAX);
		if (!area)
			break;
		found = area->accesses;
		*last = area->node.last;
		*first = found ? area->node.start : *last + 1;
		/* The next search is from the root: the tree may change. */
		cond_resched_lock(&ioas->tree_lock);
	} while (!found && *first);
	spin_unlock(&ioas->tree_lock);
	return found;
}

/**
 * area_drop_pin - take back the pin that slice_find() counted
 * @ioas: where
 * @iova: as given to slice_find()
 */
void area_drop_pin(struct ioas *ioas, unsigned long iova)
{
	struct area *area;
	bool last = false;

	spin_lock(&ioas->tree_lock);
	area = area_first(ioas, iova, iova);
	if (!WARN_ON(!area || !area->accesses))
		last = !--area->accesses;
	spin_unlock(&ioas->tree_lock);
	if (last)
		wake_up_all(&ioas->access_wait);
}
