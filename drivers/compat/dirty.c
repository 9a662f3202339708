// SPDX-License-Identifier: GPL-2.0-only
/*
 * What devices have written: how each kernel lets us read it.
 *
 * Drivers record in a struct iova_bitmap, by a function that is empty in kernels without
 * iommufd of their own.  But they note in a gather, too, what has to be flushed, and that
 * tells: nothing was noted, or where the first and the last dirty page are.  Drivers with
 * the kernel's generic page tables have no reader at all in such kernels; we bring one for
 * each format (walker.h).
 *
 * No lock.  The caller sees to it that nothing of what is read is unmapped meanwhile.
 */
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/kconfig.h>
#include <linux/minmax.h>
#include <uapi/linux/iommufd.h>

#include "compat/dirty.h"
#include "compat/domain.h"
#include "compat/iommu.h"
#include "compat/walker.h"

#ifdef HAVE_DIRTY_OPS

/* ---- by the gather ---- */

/*
 * Pages that are looked at by one call, where there may be a dirty one: at least, at first,
 * and at most.
 */
#define PROBE_MIN 64UL
#define PROBE_MAX 4096UL

/* How often the rest of what a call has looked at is looked at again. */
#define PROBE_AGAIN 3

static size_t domain_page(const struct compat_dirty *dirty)
{
	return BIT(__ffs(dirty->domain->pgsize_bitmap));
}

/* What is dirty of a range lies in @span, in whole pages; or that is empty. */
static int gather_look(struct compat_dirty *dirty, unsigned long first,
		       unsigned long last, unsigned long flags,
		       struct iommu_iotlb_gather *span)
{
	struct iommu_domain *domain = dirty->domain;
	struct iommu_dirty_bitmap bitmap = { .gather = span };

	iommu_iotlb_gather_init(span);
	return domain->dirty_ops->read_and_clear_dirty(domain, first,
						       last - first + 1, flags,
						       &bitmap);
}

static bool span_is_empty(const struct iommu_iotlb_gather *span)
{
	return span->start > span->end;
}

/*
 * Some drivers flush nothing without a size, and an SMMU but pages of that, if it likes:
 * so one gather is of one size.
 */
static void gather_add(struct compat_dirty *dirty, unsigned long first,
		       size_t size)
{
	struct iommu_iotlb_gather *gather = &dirty->gather;

	if (gather->pgsize != size && !span_is_empty(gather))
		iommu_iotlb_sync(dirty->domain, gather);
	gather->pgsize = size;
	iommu_iotlb_gather_add_range(gather, first, size);
}

/*
 * Read the page that @iova is in: 1 where it is dirty, and then *@last is its last IOVA,
 * as nothing else tells how large it is.  That has to be known before its mark is taken,
 * unless no page can lie across an end of what is asked for.
 */
static int gather_read_page(struct compat_dirty *dirty, unsigned long iova,
			    unsigned long *last)
{
	unsigned long end = iova + domain_page(dirty) - 1, size, first;
	bool take = dirty->clear && dirty->whole;
	struct iommu_iotlb_gather span;
	int rc;

	*last = end;
	rc = gather_look(dirty, iova, end, take ? 0 : IOMMU_DIRTY_NO_CLEAR,
			 &span);
	if (rc || span_is_empty(&span))
		return rc;
	/* Of a large page some drivers note as much, but from @iova on. */
	size = span.end - span.start + 1;
	first = iova & ~(size - 1);
	*last = first + size - 1;
	compat_dirty_note(dirty, first, *last);
	if (!compat_dirty_takes(dirty, first, *last))
		return 1;
	/* It was noted, so what is written meanwhile is known. */
	if (!take)
		rc = gather_look(dirty, iova, end, 0, &span);
	gather_add(dirty, first, size);
	return rc ? rc : 1;
}

/**
 * struct run - a part of what is read
 * @first: where to go on; beyond @last where all is read
 * @last: last IOVA, inclusive; the last page may end later
 * @bytes: how much was found dirty
 */
struct run {
	unsigned long first;
	unsigned long last;
	size_t bytes;
};

/* An IOVA behind the last one there is would be 0. */
static bool run_is_read(const struct run *run)
{
	return run->first - 1 >= run->last;
}

static int run_read_page(struct compat_dirty *dirty, struct run *run)
{
	unsigned long last;
	int rc = gather_read_page(dirty, run->first, &last);

	if (rc > 0)
		run->bytes += last - run->first + 1;
	run->first = last + 1;
	return rc;
}

static int run_read_pages(struct compat_dirty *dirty, struct run *run)
{
	int rc = 0;

	while (rc >= 0 && !run_is_read(run))
		rc = run_read_page(dirty, run);
	return min(rc, 0);
}

/*
 * A run that begins where a page does: look at all of it, and at pages only where there
 * are dirty ones.  The first of them is known, and where the last one ends.
 */
static int run_probe(struct compat_dirty *dirty, struct run *run)
{
	unsigned long last = run->last;
	struct iommu_iotlb_gather span;
	unsigned int i;
	int rc;

	for (i = 0; i < PROBE_AGAIN; i++) {
		rc = gather_look(dirty, run->first, last, IOMMU_DIRTY_NO_CLEAR,
				 &span);
		if (rc)
			return rc;
		if (span_is_empty(&span)) {
			run->first = run->last + 1;
			return 0;
		}
		run->first = max(run->first, span.start);
		last = min(last, span.end);
		rc = run_read_page(dirty, run);
		if (rc < 0)
			return rc;
		if (run->first - 1 >= last) {
			run->first = max(run->first - 1, run->last) + 1;
			return 0;
		}
		/* Another call has taken the mark: so it may be amid a page. */
		if (!rc)
			break;
	}
	/* Not all of it by pages: what is behind may be clean. */
	run->last = min(run->last,
			run->first | (PROBE_MIN * domain_page(dirty) - 1));
	return run_read_pages(dirty, run);
}

/*
 * How much can be looked at from @first on; 0 where a page may begin before it and go on
 * behind it: what a driver notes of others after that would not be where they are.
 */
static size_t probe_from(const struct compat_dirty *dirty, unsigned long first)
{
	size_t page = domain_page(dirty), most = dirty->probe;

	if (!(first & (PROBE_MIN * page - 1)))
		return first ? min(most, BIT(__ffs(first))) : most;
	return dirty->whole && first == dirty->first ? most : 0;
}

/* What is looked at next: more after nothing was found, nothing where half was dirty. */
static void probe_adapt(struct compat_dirty *dirty, size_t dirt, size_t length)
{
	size_t page = domain_page(dirty);

	if (!dirt)
		dirty->probe = clamp(2 * dirty->probe, PROBE_MIN * page,
				     PROBE_MAX * page);
	else
		dirty->probe = dirt < length / 2 ? PROBE_MIN * page : 0;
}

static int gather_read(struct compat_dirty *dirty, unsigned long first,
		       unsigned long last)
{
	size_t least = PROBE_MIN * domain_page(dirty), probe;
	int rc;

	for (;;) {
		struct run run = { .first = first };

		probe = dirty->probe ? probe_from(dirty, first) : 0;
		run.last = min(last, first | (max(probe, least) - 1));
		if (probe)
			rc = run_probe(dirty, &run);
		else
			rc = run_read_pages(dirty, &run);
		if (rc)
			return rc;
		if (run.first - 1 >= last)
			return 0;
		probe_adapt(dirty, run.bytes, run.last - first + 1);
		first = run.first;
	}
}

/* ---- by our own readers ---- */

static const struct compat_walker *const walkers[] = {
#if IS_ENABLED(CONFIG_IOMMU_PT_VTDSS)
	&compat_vtdss_walker,
#endif
#if IS_ENABLED(CONFIG_IOMMU_PT_AMDV1)
	&compat_amdv1_walker,
#endif
	NULL
};

static const struct compat_walker *walker_of(struct iommu_domain *domain)
{
	const struct compat_walker *const *walker = walkers;

	while (*walker && !(*walker)->serves(domain))
		walker++;
	return *walker;
}

/* ---- both ---- */

/**
 * compat_dirty_serves - can it be read what devices have written through a domain
 * @domain: the domain
 */
bool compat_dirty_serves(struct iommu_domain *domain)
{
	const struct iommu_dirty_ops *ops = domain->dirty_ops;

	if (!ops || !ops->set_dirty_tracking || !ops->read_and_clear_dirty)
		return false;
	return !compat_domain_is_generic(domain) || walker_of(domain);
}

/**
 * compat_dirty_can - is there a domain for a device of which that is so
 * @dev: a device behind an IOMMU
 *
 * What the kernel says of the hardware is not enough, so one is made.
 *
 * Return: 1 or 0, or -ENOMEM.
 */
int compat_dirty_can(struct device *dev)
{
	struct compat_iommu_traits traits;
	struct iommu_domain *domain;
	int can;

	if (!device_iommu_capable(dev, IOMMU_CAP_DIRTY_TRACKING))
		return 0;
	domain = compat_domain_alloc(dev, IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
				     &traits);
	if (IS_ERR(domain))
		return PTR_ERR(domain) == -ENOMEM ? -ENOMEM : 0;
	can = compat_dirty_serves(domain);
	iommu_domain_free(domain);
	return can;
}

/**
 * compat_dirty_track - let devices mark what they write, or no longer
 * @domain: a domain of which compat_dirty_serves() is true
 * @enable: they shall
 *
 * Return: 0 or the driver's error.
 */
int compat_dirty_track(struct iommu_domain *domain, bool enable)
{
	return domain->dirty_ops->set_dirty_tracking(domain, enable);
}

/**
 * compat_dirty_read - read marks, and let @dirty->gather have what has to be flushed
 * @dirty: the read, of a domain of which compat_dirty_serves() is true
 * @first: first IOVA, mapped as all of this part of the read is
 * @last: last IOVA, inclusive
 *
 * Context: does not sleep.
 *
 * Return: 0 or the driver's error.
 */
int compat_dirty_read(struct compat_dirty *dirty, unsigned long first,
		      unsigned long last)
{
	if (!compat_domain_is_generic(dirty->domain))
		return gather_read(dirty, first, last);
	walker_of(dirty->domain)->read(dirty, first, last);
	return 0;
}

#else

bool compat_dirty_serves(struct iommu_domain *domain)
{
	return false;
}

int compat_dirty_can(struct device *dev)
{
	return 0;
}

int compat_dirty_track(struct iommu_domain *domain, bool enable)
{
	return -EOPNOTSUPP;
}

int compat_dirty_read(struct compat_dirty *dirty, unsigned long first,
		      unsigned long last)
{
	return -EOPNOTSUPP;
}

#endif /* HAVE_DIRTY_OPS */
