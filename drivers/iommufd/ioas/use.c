// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an area has of its memory: a use, which pins, and a mem that it may share with
 * areas of other IOASes.
 *
 * A use begins and ends with topo held, so no domain comes or goes meanwhile.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/refcount.h>

#include "iommufd/ioas/area.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/lone.h"
#include "iommufd/ioas/use.h"
#include "iommufd/memory/mem.h"
#include "iommufd/memory/memory.h"
#include "iommufd/memory/share.h"

/**
 * area_use - let an area use its mem
 * @area: the area, which has one and does not use it yet
 *
 * Undone by area_release().
 *
 * Return: 0, -ENOMEM, -EINTR.
 */
int area_use(struct area *area)
{
	struct mem_user *user;

	user = mem_use(area->mem, area->first, area_last_page(area));
	if (IS_ERR(user))
		return PTR_ERR(user);
	area->user = user;
	return 0;
}

/**
 * area_release - drop an area's use of its memory
 * @area: the area
 * @clean: no domain holds it any more; otherwise its pins are leaked, since a
 *	device may still reach the memory
 */
void area_release(struct area *area, bool clean)
{
	clean &= !area->leaked;
	if (area->is_mmio)
		return;
	if (area->lone) {
		if (area->pfn && clean)
			lone_unpin(area);
		area->pfn = 0;
		return;
	}
	if (area->user && clean)
		mem_unuse(area->mem, area->user);
	else if (area->user)
		mem_leak(area->mem);
	area->user = NULL;
}

/* ---- one mem for several IOASes ---- */

/**
 * area_share - take the mem of another area that has the same memory pinned
 * @ioas: the IOAS of @area
 * @area: the area, which has a mem of its own and is about to pin it
 *
 * What somebody has copied stays as it is, and so does what an access has
 * pinned.
 *
 * Return: what others may share from share_publish() on, if the mem stays; or NULL.
 */
struct share *area_share(struct ioas *ioas, struct area *area)
{
	struct iommufd_ctx *ictx = ioas->obj.ictx;
	struct mem *own = area->mem, *mem;
	int rc;

	if (refcount_read(&own->refs) > 1 || area->accesses)
		return share_offer(ictx, own);
	do {
		mem = share_find(ictx, own);
		if (!mem)
			return share_offer(ictx, own);
		rc = share_verify(mem, own);
		if (rc)
			mem_put(mem);
	} while (rc == -ESTALE);
	if (rc)
		return NULL;

	area->mem = mem;
	area->first += (own->source.start - mem->source.start) >> PAGE_SHIFT;
	area->shared = true;
	mem_put(own);
	return NULL;
}

/**
 * area_unshare - give an area a mem of its own again
 * @area: the area, which does not use its memory; its IOAS has no domain
 *
 * So that it pins what the process has there by then.  Where an access still
 * has pins, or a process is taking it over, it stays as it is.
 */
void area_unshare(struct area *area)
{
	struct mem *mem = area->mem, *part;

	if (!area->shared || area->accesses)
		return;
	part = mem_part(mem, area->first,
			area_last_page(area) - area->first + 1);
	if (!part)
		return;
	area->mem = part;
	area->first = 0;
	area->shared = false;
	mem_put(mem);
}

/* ---- a part of an area ---- */

/**
 * area_create_part - an area that is going to replace a part of another
 * @area: the other, of more than one page of memory, which the caller made CLOSING; its
 *	IOAS maps small pages, and topo is held for reading until one of the two
 *	is gone
 * @first: first IOVA, page aligned as @area is
 * @last: last IOVA, inclusive
 *
 * It has a use of its own of the memory, so that no page is unpinned when that
 * of @area goes.
 *
 * Return: the area, not in the tree, or an ERR_PTR: -ENOMEM, -EINTR.
 */
struct area *area_create_part(struct area *area, unsigned long first,
			      unsigned long last)
{
	struct area *part;
	int rc = 0;

	part = area_create(area->mem, area_mem_offset(area, first),
			   last - first + 1, area->prot);
	if (!part)
		return ERR_PTR(-ENOMEM);
	part->node.start = first;
	part->node.last = last;
	part->shared = area->shared;
	if (area->user)
		rc = area_use(part);
	if (rc) {
		area_free(part);
		return ERR_PTR(rc);
	}
	return part;
}
