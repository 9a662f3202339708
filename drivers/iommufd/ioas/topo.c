// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which domains, accesses and reservations an IOAS has, and the alignment that follows
 * from these.  All of it changes with ioas->topo held for writing.
 */
#include <linux/iommufd.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "iommufd/base/context.h"
#include "iommufd/ioas/area.h"
#include "iommufd/ioas/fill.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/iova.h"
#include "iommufd/ioas/registers.h"
#include "iommufd/ioas/topo.h"
#include "iommufd/ioas/use.h"
#include "iommufd/iommu/domain.h"
#include "iommufd/iommu/pgtable.h"
#include "iommufd/iommu/quota.h"
#include "iommufd/iommu/tables.h"

static unsigned long ioas_alignment(struct ioas *ioas)
{
	unsigned long alignment = 1;
	unsigned int i;

	if (ioas->small_pages || ioas->npinning)
		alignment = PAGE_SIZE;
	for (i = 0; i < ioas->ndomains; i++)
		alignment = max(alignment, domain_page(ioas->domains[i]));
	return alignment;
}

/* Does every area fit an alignment? */
static bool areas_are_aligned(struct ioas *ioas, unsigned long alignment)
{
	struct area *area;

	if (alignment <= ioas->iova.alignment)
		return true;
	for (area = area_first(ioas, 0, ULONG_MAX); area;
	     area = area_next(area, ULONG_MAX)) {
		if ((area->node.start | area_length(area) | area->offset) &
		    (alignment - 1))
			return false;
		cond_resched();
	}
	return true;
}

/**
 * ioas_reserve - take a range away from mappings
 * @ioas: where; the caller holds topo for writing
 * @first: first byte
 * @last: last byte, inclusive
 * @owner: names the reservation for ioas_unreserve()
 *
 * Return: 0, -EADDRINUSE where it is mapped or wanted, -ENOMEM.
 */
int ioas_reserve(struct ioas *ioas, unsigned long first, unsigned long last,
		 const void *owner)
{
	lockdep_assert_held_write(&ioas->topo);

	if (area_first(ioas, first, last))
		return -EADDRINUSE;
	return iova_reserve(&ioas->iova, first, last, owner);
}

/**
 * ioas_unreserve - give back all that one owner reserved
 * @ioas: where; the caller holds topo for writing
 * @owner: as given to ioas_reserve()
 */
void ioas_unreserve(struct ioas *ioas, const void *owner)
{
	lockdep_assert_held_write(&ioas->topo);

	iova_unreserve(&ioas->iova, owner);
}

/**
 * ioas_set_allowed - say which ranges stay usable
 * @ioas: where
 * @allowed: the ranges; those of before are in it afterwards
 *
 * Return: 0, -EINTR, or as iova_set_allowed().
 */
int ioas_set_allowed(struct ioas *ioas, struct rb_root_cached *allowed)
{
	int rc = down_write_killable(&ioas->topo);

	if (rc)
		return rc;
	rc = iova_set_allowed(&ioas->iova, allowed);
	up_write(&ioas->topo);
	return rc;
}

/* What a domain does not translate can't be mapped. */
static int ioas_reserve_outside(struct ioas *ioas, struct domain *domain)
{
	int rc = 0;

	if (domain->first)
		rc = ioas_reserve(ioas, 0, domain->first - 1, domain);
	if (!rc && domain->last != ULONG_MAX)
		rc = ioas_reserve(ioas, domain->last + 1, ULONG_MAX, domain);
	return rc;
}

/*
 * Registers before @end leave a domain one by one, also where the domain goes: they may
 * have to be unmapped at any time, and must not find it gone.
 */
static void domain_leave(struct ioas *ioas, const struct domain *domain,
			 struct area *end)
{
	struct area *area;

	if (!atomic_read(&domain->extents))
		return;
	for (area = area_first(ioas, 0, ULONG_MAX); area != end;
	     area = area_next(area, ULONG_MAX)) {
		if (area->is_mmio)
			registers_leave(area, domain);
		cond_resched();
	}
}

static void domain_for_registers(struct ioas *ioas, const struct domain *domain,
				 void (*call)(struct area *area,
					      const struct domain *domain))
{
	struct area *area;

	lockdep_assert_held_write(&ioas->topo);

	if (!atomic_read(&domain->extents))
		return;
	for (area = area_first(ioas, 0, ULONG_MAX); area;
	     area = area_next(area, ULONG_MAX)) {
		if (area->is_mmio)
			call(area, domain);
		cond_resched();
	}
}

/**
 * ioas_pause_registers - before the devices of a domain change
 * @ioas: of the domain; the caller holds topo for writing
 * @domain: the domain
 *
 * Who takes registers away holds no topo, and may come at any time.  So there must be
 * none in the domain.
 */
void ioas_pause_registers(struct ioas *ioas, const struct domain *domain)
{
	domain_for_registers(ioas, domain, registers_pause);
}

/**
 * ioas_resume_registers - undo ioas_pause_registers()
 * @ioas: of the domain; the caller holds topo for writing
 * @domain: the domain
 */
void ioas_resume_registers(struct ioas *ioas, const struct domain *domain)
{
	domain_for_registers(ioas, domain, registers_resume);
}

/* Unmap all areas before @end; false where a device may reach one for ever. */
static bool domain_empty(struct ioas *ioas, struct domain *domain,
			 struct area *end)
{
	struct pgtable_gather gather;
	struct area *area;
	bool clean = true;

	pgtable_gather(domain, &gather);
	for (area = area_first(ioas, 0, ULONG_MAX); area != end;
	     area = area_next(area, ULONG_MAX)) {
		if (!area->is_mmio)
			clean &= pgtable_unmap(domain, area->node.start,
					       area_length(area), &gather);
		cond_resched();
	}
	pgtable_sync(domain, &gather);
	return clean;
}

/* No domain is left that holds the areas before @end. */
static void areas_release(struct ioas *ioas, struct area *end)
{
	struct area *area;

	for (area = area_first(ioas, 0, ULONG_MAX); area != end;
	     area = area_next(area, ULONG_MAX)) {
		area_release(area, true);
		area_unshare(area);
		cond_resched();
	}
}

/* Their pins stay for ever, whatever becomes of the areas before @end. */
static void areas_leak(struct ioas *ioas, struct area *end)
{
	struct area *area;

	for (area = area_first(ioas, 0, ULONG_MAX); area != end;
	     area = area_next(area, ULONG_MAX)) {
		area->leaked = true;
		cond_resched();
	}
}

/*
 * Areas before @end leave @domain, which is not, or no longer, among those of
 * the IOAS.  The pins go with the last domain.
 */
static void domain_unfill(struct ioas *ioas, struct domain *domain,
			  struct area *end)
{
	domain_leave(ioas, domain, end);
	if (!domain_empty(ioas, domain, end))
		areas_leak(ioas, end);
	if (!ioas->ndomains)
		areas_release(ioas, end);
}

/* Put all areas into a domain that is the first one, or one more. */
static int domain_fill(struct ioas *ioas, struct domain *domain)
{
	struct area *area;
	bool clean;
	int rc = 0;

	for (area = area_first(ioas, 0, ULONG_MAX); area;
	     area = area_next(area, ULONG_MAX)) {
		if (!ioas->ndomains) {
			rc = area_fill(ioas, area, &domain, 1, true);
		} else {
			rc = area_spread(ioas, area, &domain, 1, true, &clean);
			area->leaked |= !clean;
		}
		if (rc)
			break;
		cond_resched();
	}
	if (rc)
		domain_unfill(ioas, domain, area);
	return rc;
}

/* One more entry in the array of domains, not yet used. */
static int ioas_grow_domains(struct ioas *ioas)
{
	struct domain **domains;

	domains = krealloc_array(ioas->domains, ioas->ndomains + 1,
				 sizeof(*domains), GFP_KERNEL_ACCOUNT);
	if (!domains)
		return -ENOMEM;
	ioas->domains = domains;
	return 0;
}

static int ioas_add_domain_locked(struct ioas *ioas, struct domain *domain)
{
	int rc;

	if (!areas_are_aligned(ioas, domain_page(domain)))
		return -EADDRINUSE;
	rc = ioas_grow_domains(ioas);
	if (rc)
		return rc;
	rc = ioas_reserve_outside(ioas, domain);
	if (!rc)
		rc = domain_fill(ioas, domain);
	if (rc) {
		ioas_unreserve(ioas, domain);
		return rc;
	}
	ioas->domains[ioas->ndomains++] = domain;
	ioas->iova.alignment = ioas_alignment(ioas);
	return 0;
}

/**
 * ioas_add_domain - put all areas into a domain, now and from now on
 * @ioas: the IOAS
 * @domain: settled and empty
 *
 * Memory is pinned by the first domain.
 *
 * Return: 0; -EADDRINUSE where areas or allowed ranges lie outside of what
 * the domain can do, or the errors of pinning and mapping.  On error the domain
 * is empty and nothing has changed.
 */
int ioas_add_domain(struct ioas *ioas, struct domain *domain)
{
	int rc;

	if (down_write_killable(&ioas->topo))
		return -EINTR;
	rc = ioas_add_domain_locked(ioas, domain);
	up_write(&ioas->topo);
	return rc;
}

/**
 * ioas_remove_domain - free a domain with all that it maps
 * @ioas: the IOAS
 * @domain: no device is attached to it any more
 *
 * It is not unmapped page by page: its tables go as a whole, unless the domain
 * itself can't go.  When the last domain is gone the memory is unpinned.
 */
void ioas_remove_domain(struct ioas *ioas, struct domain *domain)
{
	unsigned int i;

	down_write(&ioas->topo);
	for (i = 0; ioas->domains[i] != domain; i++)
		;
	ioas->domains[i] = ioas->domains[--ioas->ndomains];
	ioas_unreserve(ioas, domain);
	domain_leave(ioas, domain, NULL);
	if (domain->stuck && !domain_empty(ioas, domain, NULL))
		areas_leak(ioas, NULL);
	domain_free(domain);
	if (!ioas->ndomains)
		areas_release(ioas, NULL);
	ioas->iova.alignment = ioas_alignment(ioas);
	up_write(&ioas->topo);
}

/**
 * ioas_set_small_pages - map with the smallest IO page only
 * @ioas: the IOAS
 * @small: or with all sizes
 *
 * Return: 0, -EINVAL to go to small pages where domains already hold areas,
 * -EADDRINUSE where areas are not made of pages, -EINTR.
 */
int ioas_set_small_pages(struct ioas *ioas, bool small)
{
	int rc = 0;

	if (down_write_killable(&ioas->topo))
		return -EINTR;
	if (small && !ioas->small_pages) {
		if (ioas->ndomains && area_first(ioas, 0, ULONG_MAX))
			rc = -EINVAL;
		else if (!areas_are_aligned(ioas, PAGE_SIZE))
			rc = -EADDRINUSE;
	}
	if (!rc)
		ioas->small_pages = small;
	ioas->iova.alignment = ioas_alignment(ioas);
	up_write(&ioas->topo);
	return rc;
}

/**
 * ioas_page_sizes - sizes that all domains have
 * @ioas: where; topo is held
 *
 * Return: a bitmap; what is below a page makes a page.
 */
unsigned long ioas_page_sizes(struct ioas *ioas)
{
	unsigned long sizes = ULONG_MAX;
	unsigned int i;

	for (i = 0; i < ioas->ndomains; i++)
		sizes &= ioas->domains[i]->pgsizes;
	return (sizes & PAGE_MASK) | (sizes & ~PAGE_MASK ? PAGE_SIZE : 0);
}

/**
 * ioas_maps_left - how many more small mappings there may be at least
 * @ioas: where; topo is held
 *
 * Return: the number, ULONG_MAX where there is no limit.
 */
unsigned long ioas_maps_left(struct ioas *ioas)
{
	size_t worst = 0;
	unsigned int i;

	for (i = 0; i < ioas->ndomains; i++)
		worst += tables_worst(&ioas->domains[i]->tables);
	return worst ? quota_left(ioas->obj.ictx->quota) / worst : ULONG_MAX;
}

/**
 * ioas_add_access - let an access use the IOAS
 * @ioas: the IOAS
 * @access: the access
 *
 * Return: 0, -EADDRINUSE where it pins pages and areas are not made of pages,
 * -ENOMEM, -EINTR.
 */
int ioas_add_access(struct ioas *ioas, struct iommufd_access *access)
{
	bool pins = access->ops->needs_pin_pages;
	int rc;

	if (down_write_killable(&ioas->topo))
		return -EINTR;
	if (pins && !areas_are_aligned(ioas, PAGE_SIZE))
		rc = -EADDRINUSE;
	else
		rc = xa_insert(&ioas->accesses, access->obj.id, access,
			       GFP_KERNEL_ACCOUNT);
	if (!rc) {
		ioas->npinning += pins;
		ioas->iova.alignment = ioas_alignment(ioas);
	}
	up_write(&ioas->topo);
	return rc;
}

/**
 * ioas_remove_access - undo ioas_add_access()
 * @ioas: the IOAS
 * @access: the access; it has no pins left
 */
void ioas_remove_access(struct ioas *ioas, struct iommufd_access *access)
{
	down_write(&ioas->topo);
	xa_erase(&ioas->accesses, access->obj.id);
	ioas->npinning -= access->ops->needs_pin_pages;
	ioas->iova.alignment = ioas_alignment(ioas);
	up_write(&ioas->topo);
}
