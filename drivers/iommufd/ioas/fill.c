// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filling: areas get their pins and go into domains, and come back.
 *
 * topo of the IOAS is held, for reading by MAP, COPY and UNMAP, for writing where a
 * domain comes or goes.  An area of one page, the most frequent one, takes a short way.
 */
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/pfn.h>
#include <linux/sched.h>

#include "iommufd/ioas/area.h"
#include "iommufd/ioas/fill.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/lone.h"
#include "iommufd/ioas/registers.h"
#include "iommufd/ioas/spread.h"
#include "iommufd/ioas/use.h"
#include "iommufd/iommu/pgtable.h"
#include "iommufd/memory/mem.h"
#include "iommufd/memory/memory.h"
#include "iommufd/memory/share.h"

/*
 * An area of one page: what a domain holds of it needs no account.  Inline, as
 * frames of functions would be most of what we add to the work of mm and driver.
 */
static __always_inline int
page_spread(struct ioas *ioas, struct area *area, unsigned long pfn,
	    struct domain **domains, unsigned int ndomains, bool sync,
	    bool *clean)
{
	phys_addr_t paddr = PFN_PHYS(pfn) + area->offset;
	size_t length = area_length(area), mapped;
	unsigned int i;
	int rc;

	for (i = 0; i < ndomains; i++) {
		rc = pgtable_map(domains[i], area->node.start, paddr, length,
				 area->prot, ioas->small_pages, &mapped);
		if (!rc && sync)
			rc = pgtable_map_sync(domains[i], area->node.start,
					      length);
		if (rc)
			goto err_undo;
	}
	return 0;

err_undo:
	*clean = domain_take_back(domains[i], area->node.start, mapped);
	while (i--)
		*clean &= domain_take_back(domains[i], area->node.start,
					   length);
	return rc;
}

/**
 * area_spread - put an area that uses its memory into some domains
 * @ioas: its IOAS
 * @area: the area
 * @domains: the domains
 * @ndomains: how many
 * @sync: make devices see it now; the caller does by areas_sync() without
 * @clean: set to whether its pins may be dropped after an error
 *
 * Pins what is not pinned yet.
 *
 * Return: 0, or the error of pinning or mapping: then no domain holds any of
 * the area, unless *@clean is false: then one may.
 */
int area_spread(struct ioas *ioas, struct area *area,
		struct domain **domains, unsigned int ndomains, bool sync,
		bool *clean)
{
	*clean = true;
	if (area->lone)
		return page_spread(ioas, area, area->pfn, domains, ndomains,
				   sync, clean);
	if (area->is_mmio)
		return registers_enter(area, domains, ndomains);
	return spread_many(ioas, area, domains, ndomains, sync, clean);
}

/* An area of one page, that has its pin, which goes where this fails. */
static __always_inline int
pinned_fill(struct ioas *ioas, struct area *area, unsigned long pfn,
	    struct domain **domains, unsigned int ndomains, bool sync)
{
	bool clean;
	int rc;

	rc = page_spread(ioas, area, pfn, domains, ndomains, sync, &clean);
	if (rc)
		area_release(area, clean);
	return rc;
}

static __always_inline int
lone_fill(struct ioas *ioas, struct area *area, struct domain **domains,
	  unsigned int ndomains, bool sync)
{
	int rc = lone_pin(area);

	if (rc)
		return rc;
	return pinned_fill(ioas, area, area->pfn, domains, ndomains, sync);
}

/* An area whose mem is one page. */
static int page_fill(struct ioas *ioas, struct area *area,
		     struct domain **domains, unsigned int ndomains, bool sync)
{
	struct mem_user *user;
	unsigned long pfn;

	user = mem_use_page(area->mem, &pfn);
	if (IS_ERR(user))
		return PTR_ERR(user);
	area->user = user;
	return pinned_fill(ioas, area, pfn, domains, ndomains, sync);
}

static noinline int area_fill_mem(struct ioas *ioas, struct area *area,
				  struct domain **domains,
				  unsigned int ndomains, bool sync)
{
	struct share *share = NULL;
	bool clean;
	int rc;

	if (mem_is_large(area->mem))
		share = area_share(ioas, area);
	rc = area_use(area);
	if (rc)
		goto err_share;
	rc = area_spread(ioas, area, domains, ndomains, sync, &clean);
	if (!rc) {
		share_publish(share);
		return 0;
	}
	area_release(area, clean);
err_share:
	share_cancel(share);
	area_unshare(area);
	return rc;
}

static __always_inline int
area_fill_inline(struct ioas *ioas, struct area *area, struct domain **domains,
		 unsigned int ndomains, bool sync)
{
	if (area->lone)
		return lone_fill(ioas, area, domains, ndomains, sync);
	if (unlikely(area->is_mmio))
		return registers_enter(area, domains, ndomains);
	if (area->mem->npages == 1)
		return page_fill(ioas, area, domains, ndomains, sync);
	return area_fill_mem(ioas, area, domains, ndomains, sync);
}

/**
 * area_fill - pin an area and put it into some domains
 * @ioas: its IOAS
 * @area: the area, which does not use its memory yet
 * @domains: the domains
 * @ndomains: how many
 * @sync: as of area_spread()
 *
 * Return: 0, or the error of pinning or mapping: then nothing has changed.
 */
int area_fill(struct ioas *ioas, struct area *area,
	      struct domain **domains, unsigned int ndomains, bool sync)
{
	return area_fill_inline(ioas, area, domains, ndomains, sync);
}

/**
 * areas_fill - pin areas and put them into all domains, if there are any
 * @ioas: their IOAS
 * @areas: the areas, which do not use their memory yet
 * @count: how many
 * @error: set to the error of the one that fails, if one does
 *
 * The caller syncs, by areas_sync().
 *
 * Return: how many there were before that: the rest is as it was.
 */
unsigned int areas_fill(struct ioas *ioas, struct area **areas,
			unsigned int count, int *error)
{
	unsigned int i, pinned = 0;
	int rc;

	if (!ioas->ndomains)
		return count;
	for (i = 0; i < count; i++) {
		if (!pinned && areas[i]->lone)
			pinned = lones_pin(areas + i, count - i);
		if (pinned) {
			rc = pinned_fill(ioas, areas[i], areas[i]->pfn,
					 ioas->domains, ioas->ndomains, false);
			pinned--;
		} else {
			rc = area_fill_inline(ioas, areas[i], ioas->domains,
					      ioas->ndomains, false);
		}
		if (rc) {
			*error = rc;
			break;
		}
	}
	/* Of those that come after one that has failed. */
	while (pinned)
		area_release(areas[i + pinned--], true);
	return i;
}

/**
 * areas_unfill - take areas out of all domains, and only then unpin them
 * @ioas: their IOAS; topo is held
 * @areas: a list by area->next, ordered by IOVA
 */
void areas_unfill(struct ioas *ioas, struct area *areas)
{
	struct area *area;
	bool clean = true;
	unsigned int i;

	for (i = 0; i < ioas->ndomains; i++)
		clean &= areas_unmap(ioas->domains[i], areas);
	for (area = areas; area; area = area->next) {
		if (unlikely(area->is_mmio))
			registers_leave(area, NULL);
		area_release(area, clean);
		cond_resched();
	}
}
