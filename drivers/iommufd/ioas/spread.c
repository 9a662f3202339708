// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spreading: the frames of areas over domains, and back.
 *
 * topo of the IOAS is held, so the domains stay the same; what a domain holds of an area
 * is the business of who fills or empties it, and needs no lock.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "iommufd/ioas/area.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/spread.h"
#include "iommufd/iommu/pgtable.h"
#include "iommufd/memory/fill.h"
#include "iommufd/memory/memory.h"

/* ---- one area ---- */

/**
 * struct spread - an area being put into domains
 * @ioas: its IOAS
 * @area: the area
 * @domains: the domains
 * @ndomains: how many
 * @mapped: for each, the bytes mapped from the start of @area on
 */
struct spread {
	struct ioas *ioas;
	struct area *area;
	struct domain **domains;
	unsigned int ndomains;
	size_t *mapped;
};

/* A run of frames that holds the pages from @index of the mem on. */
static int spread_run(struct spread *spread, unsigned long index,
		      unsigned long pfn, unsigned long npages)
{
	struct area *area = spread->area;
	size_t start = (index - area->first) << PAGE_SHIFT;
	size_t end = start + (npages << PAGE_SHIFT);
	phys_addr_t paddr = PFN_PHYS(pfn);
	unsigned int i;
	int rc = 0;

	/* Pages count from the page of the first byte, areas from that byte. */
	if (start)
		start -= area->offset;
	else
		paddr += area->offset;
	end = min(end - area->offset, area_length(area));

	for (i = 0; i < spread->ndomains && !rc; i++) {
		size_t done;

		rc = pgtable_map(spread->domains[i], area->node.start + start,
				 paddr, end - start, area->prot,
				 spread->ioas->small_pages, &done);
		spread->mapped[i] += done;
	}
	return rc;
}

/* Whole pages that are not adjacent. */
static int spread_frames(struct spread *spread, const struct extent *extent)
{
	struct area *area = spread->area;
	unsigned long iova;
	unsigned int i;
	int rc = 0;

	iova = area->node.start +
	       ((extent->index - area->first) << PAGE_SHIFT);
	for (i = 0; i < spread->ndomains && !rc; i++) {
		size_t done;

		rc = pgtable_map_frames(spread->domains[i], iova,
					extent->frames, extent->npages,
					area->prot, spread->ioas->small_pages,
					&done);
		spread->mapped[i] += done;
	}
	return rc;
}

static int spread_emit(void *arg, const struct extent *extent)
{
	struct spread *spread = arg;
	unsigned long i;
	int rc = 0;

	if (!extent->frames)
		return spread_run(spread, extent->index, extent->pfn,
				  extent->npages);
	if (PAGE_ALIGNED(spread->area->offset | area_length(spread->area)))
		return spread_frames(spread, extent);
	for (i = 0; i < extent->npages && !rc; i++)
		rc = spread_run(spread, extent->index + i, extent->frames[i],
				1);
	return rc;
}

static int spread_sync(struct spread *spread)
{
	struct area *area = spread->area;
	unsigned int i;
	int rc = 0;

	for (i = 0; i < spread->ndomains && !rc; i++)
		rc = pgtable_map_sync(spread->domains[i], area->node.start,
				      area_length(area));
	return rc;
}

/**
 * domain_take_back - undo the part of a MAP that a domain has
 * @domain: the domain
 * @iova: first IOVA
 * @mapped: bytes from there on that were mapped
 *
 * Return: false where the domain may still hold them: then a pin must be leaked.
 */
bool domain_take_back(struct domain *domain, unsigned long iova,
		      size_t mapped)
{
	struct pgtable_gather gather;
	bool clean;

	pgtable_gather(domain, &gather);
	clean = pgtable_unmap(domain, iova, mapped, &gather);
	pgtable_sync(domain, &gather);
	return clean;
}

static bool spread_undo(struct spread *spread)
{
	bool clean = true;
	unsigned int i;

	for (i = 0; i < spread->ndomains; i++)
		clean &= domain_take_back(spread->domains[i],
					  spread->area->node.start,
					  spread->mapped[i]);
	return clean;
}

static int spread_all(struct spread *spread, bool sync, bool *clean)
{
	struct area *area = spread->area;
	size_t mapped[4] = {};
	int rc;

	spread->mapped = mapped;
	if (spread->ndomains > ARRAY_SIZE(mapped)) {
		spread->mapped = kcalloc(spread->ndomains, sizeof(*mapped),
					 GFP_KERNEL_ACCOUNT);
		if (!spread->mapped)
			return -ENOMEM;
	}
	rc = mem_fill(area->mem, area->user, spread_emit, spread);
	if (!rc && sync)
		rc = spread_sync(spread);
	if (rc)
		*clean = spread_undo(spread);
	if (spread->mapped != mapped)
		kfree(spread->mapped);
	return rc;
}

/**
 * spread_many - put an area of many pages into some domains
 * @ioas: as of area_spread(), as is the rest
 * @area: see there; it has a mem
 * @domains: see there
 * @ndomains: see there
 * @sync: see there
 * @clean: see there; not touched without an error
 *
 * Return: as area_spread().
 */
int spread_many(struct ioas *ioas, struct area *area, struct domain **domains,
		unsigned int ndomains, bool sync, bool *clean)
{
	return spread_all(&(struct spread) {
		.ioas = ioas, .area = area,
		.domains = domains, .ndomains = ndomains,
	}, sync, clean);
}

/* ---- lists of areas ---- */

/*
 * Neighbours that follow each other: the first IOVA, and the last.  Registers come and go
 * by themselves, and end a run.
 */
static const struct area *areas_run(const struct area *area,
				    unsigned long *first, unsigned long *last)
{
	*first = area->node.start;
	do {
		*last = area->node.last;
		area = area->next;
	} while (area && *last + 1 == area->node.start && !area->is_mmio);
	return area;
}

static const struct area *areas_skip_mmio(const struct area *area)
{
	while (area && unlikely(area->is_mmio))
		area = area->next;
	return area;
}

static int domain_sync(struct domain *domain, const struct area *area)
{
	unsigned long first, last, more_first, more_last;
	int rc = 0;

	area = areas_skip_mmio(area);
	if (!area)
		return 0;
	area = areas_skip_mmio(areas_run(area, &first, &last));
	while (area && !rc) {
		area = areas_run(area, &more_first, &more_last);
		area = areas_skip_mmio(area);
		if (pgtable_span_extend(&first, &last, more_first,
					more_last))
			continue;
		rc = pgtable_map_sync(domain, first, last - first + 1);
		first = more_first;
		last = more_last;
	}
	return rc ? rc : pgtable_map_sync(domain, first, last - first + 1);
}

/**
 * areas_sync - let devices see areas that were put into all domains
 * @ioas: their IOAS; topo is held
 * @areas: a list by area->next
 *
 * Return: 0, or the driver's error.
 */
int areas_sync(struct ioas *ioas, const struct area *areas)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < ioas->ndomains && !rc; i++)
		rc = domain_sync(ioas->domains[i], areas);
	return rc;
}

/**
 * areas_unmap - unmap areas from one domain: runs of neighbours in one call
 * @domain: the domain
 * @area: a list by area->next, ordered by IOVA
 *
 * Return: false where the domain may still hold one: then their pins must be leaked.
 */
bool areas_unmap(struct domain *domain, const struct area *area)
{
	struct pgtable_gather gather;
	bool clean = true;

	pgtable_gather(domain, &gather);
	while ((area = areas_skip_mmio(area))) {
		unsigned long first, last;

		area = areas_run(area, &first, &last);
		clean &= pgtable_unmap(domain, first, last - first + 1,
				       &gather);
		cond_resched();
	}
	pgtable_sync(domain, &gather);
	return clean;
}
