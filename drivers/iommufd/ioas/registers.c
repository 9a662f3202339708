// SPDX-License-Identifier: GPL-2.0-only
/*
 * Areas of registers, and the domains that they are in: a pane in each.
 *
 * Panes of an area come and go with topo of its IOAS held: for reading by who owns the
 * area, by MAP, COPY and UNMAP, or for writing.
 */
#include <linux/err.h>
#include <linux/mm.h>

#include "iommufd/ioas/area.h"
#include "iommufd/ioas/mmio.h"
#include "iommufd/ioas/registers.h"
#include "iommufd/iommu/dirty.h"

static int registers_add_panes(struct area *area, struct domain **domains,
			       unsigned int ndomains)
{
	unsigned long offset = (area->first << PAGE_SHIFT) + area->offset;
	struct pane *pane;
	unsigned int i;

	for (i = 0; i < ndomains; i++) {
		pane = pane_create(area->mmio, domains[i], area->node.start,
				   offset, area_length(area), area->prot);
		if (IS_ERR(pane))
			return PTR_ERR(pane);
		pane->next = area->panes;
		area->panes = pane;
	}
	return 0;
}

/*
 * Why is one of the panes before @end not mapped that could be, if there is one?  Where its
 * driver has not said it, @error is the reason.
 */
static int registers_error(const struct area *area, const struct pane *end,
			   int error)
{
	const struct pane *pane;

	for (pane = area->panes; pane != end; pane = pane->next)
		if (pane_is_missing(pane, &error) && error)
			return error;
	return 0;
}

static void registers_drop_panes(struct area *area, const struct pane *end)
{
	while (area->panes != end) {
		struct pane *pane = area->panes;

		area->panes = pane->next;
		pane_destroy(pane);
	}
}

/**
 * registers_enter - put an area of registers into some domains
 * @area: the area
 * @domains: the domains
 * @ndomains: how many
 *
 * Where the registers can't be reached now they are in there as soon as they can.
 *
 * Return: 0; the errors of pane_create(), -EINTR, or the driver's error: then they are in
 * none of @domains.
 */
int registers_enter(struct area *area, struct domain **domains,
		    unsigned int ndomains)
{
	const struct pane *before = area->panes;
	int rc;

	rc = registers_add_panes(area, domains, ndomains);
	if (!rc) {
		rc = mmio_renew(area->mmio);
		/* An error may be about another area, or that they are off. */
		rc = registers_error(area, before, rc);
	}
	if (rc)
		registers_drop_panes(area, before);
	return rc;
}

/**
 * registers_leave - take an area of registers out of domains
 * @area: the area
 * @domain: out of which, or NULL for all
 *
 * When it returns no device reaches them there.
 */
void registers_leave(struct area *area, const struct domain *domain)
{
	struct pane **at = &area->panes, *pane;

	while ((pane = *at)) {
		if (domain && pane->extent.domain != domain) {
			at = &pane->next;
			continue;
		}
		*at = pane->next;
		pane_destroy(pane);
	}
}

/**
 * registers_pause - take an area of registers out of a domain for a while
 * @area: the area
 * @domain: out of which
 */
void registers_pause(struct area *area, const struct domain *domain)
{
	struct pane *pane;

	for (pane = area->panes; pane; pane = pane->next)
		if (pane->extent.domain == domain)
			pane_pause(pane);
}

/**
 * registers_resume - undo registers_pause()
 * @area: the area
 * @domain: into which
 */
void registers_resume(struct area *area, const struct domain *domain)
{
	struct pane *pane;

	for (pane = area->panes; pane; pane = pane->next)
		if (pane->extent.domain == domain)
			pane_resume(pane);
}

/**
 * registers_read_dirty - what devices have written of an area of registers
 * @area: the area, which does not go meanwhile
 * @read: of which domain
 * @first: first IOVA, of @area as all of these
 * @last: last IOVA, inclusive
 * @whole: as of dirty_aim()
 *
 * Return: as dirty_read_range().
 */
int registers_read_dirty(struct area *area, struct dirty_read *read,
			 unsigned long first, unsigned long last, bool whole)
{
	struct pane *pane;
	int rc = 0;

	for (pane = area->panes; pane && !rc; pane = pane->next)
		if (pane->extent.domain == read->domain)
			rc = pane_read_dirty(pane, read, first, last, whole);
	return rc;
}
