// SPDX-License-Identifier: GPL-2.0-only
/*
 * What devices have written in an IOAS, read area by area: what is not mapped is clean.
 *
 * topo is held for reading over a step, and no longer; reading.c keeps UNMAP away from the
 * areas.  Registers may be taken away all the same: so they are read under the lock of
 * their watch, by who holds it for a grain.
 */
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>

#include "iommufd/ioas/area.h"
#include "iommufd/ioas/dirty.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/reading.h"
#include "iommufd/ioas/registers.h"
#include "iommufd/iommu/dirty.h"
#include "iommufd/iommu/domain.h"

/**
 * struct part - what is read alike: neighbours of memory, or one area of registers
 * @first: first IOVA
 * @last: last IOVA, inclusive; all up to there has been looked at, if nothing is to be read
 * @whole: no IO page lies across an end of it
 * @reads: there is something to be read
 * @registers: the area, or NULL
 */
struct part {
	unsigned long first;
	unsigned long last;
	bool whole;
	bool reads;
	struct area *registers;
};

/* Has a page an end there, though its area has none? */
static bool is_step_end(unsigned long first)
{
	return !(first & (DIRTY_STEP - 1));
}

static bool part_goes_on(const struct area *area, const struct part *part)
{
	return area && !area->is_mmio && area->state == AREA_LIVE &&
	       area->node.start == part->last + 1;
}

/* The next part from @first on; false where there is none.  tree_lock is held. */
static bool part_find(struct ioas *ioas, unsigned long first,
		      unsigned long last, struct part *part)
{
	struct area *area = area_first(ioas, first, last);
	unsigned int n;

	if (!area)
		return false;
	*part = (struct part){
		.first = max(first, area->node.start),
		.last = area->node.last,
		.whole = area->node.start >= first || is_step_end(first),
		.reads = area->state == AREA_LIVE,
		.registers = area->is_mmio ? area : NULL,
	};
	if (part->reads && !part->registers)
		for (n = 1; n < TREE_BATCH && part->last < last; n++) {
			area = area_next(area, last);
			if (!part_goes_on(area, part))
				break;
			part->last = area->node.last;
		}
	if (part->last > last) {
		part->last = last;
		part->whole &= is_step_end(last + 1);
	}
	return true;
}

static int part_read(struct dirty_read *read, const struct part *part)
{
	if (!part->reads)
		return 0;
	if (part->registers)
		return registers_read_dirty(part->registers, read, part->first,
					    part->last, part->whole);
	return dirty_read_range(read, part->first, part->last, part->whole);
}

/* The areas of a range that is being read. */
static int areas_read(struct ioas *ioas, struct dirty_read *read,
		      unsigned long first, unsigned long last)
{
	struct part part;
	bool more;
	int rc;

	do {
		spin_lock(&ioas->tree_lock);
		more = part_find(ioas, first, last, &part);
		spin_unlock(&ioas->tree_lock);
		if (!more)
			return 0;
		rc = part_read(read, &part);
		first = part.last + 1;
		cond_resched();
	} while (!rc && part.last < last);
	return rc;
}

/* Is there anything in it?  Not before its first attach, with some drivers. */
static bool ioas_has_domain(struct ioas *ioas, const struct domain *domain)
{
	unsigned int i;

	for (i = 0; i < ioas->ndomains; i++)
		if (ioas->domains[i] == domain)
			return true;
	return false;
}

/**
 * ioas_check_dirty - may a range be asked for
 * @ioas: where
 * @first: first IOVA
 * @last: last IOVA, inclusive
 *
 * Return: 0, -EINVAL where it is not aligned as mappings are, -EINTR.
 */
int ioas_check_dirty(struct ioas *ioas, unsigned long first, unsigned long last)
{
	unsigned long mask;

	if (down_read_killable(&ioas->topo))
		return -EINTR;
	mask = ioas->iova.alignment - 1;
	up_read(&ioas->topo);
	return (first | (last + 1)) & mask ? -EINVAL : 0;
}

/**
 * ioas_read_dirty - what devices have written
 * @ioas: where
 * @domain: of which page table; the caller uses that
 * @first: first IOVA
 * @last: last IOVA, inclusive, with no multiple of DIRTY_STEP between
 * @clear: start anew
 * @found: told what is dirty; does not sleep
 * @data: for @found
 *
 * What an UNMAP is at work on may be left out; of an IO page that lies across an end of the
 * range the part inside is told, and it stays dirty.
 *
 * Context: no lock held; may sleep.
 *
 * Return: 0, -EINTR, or the driver's error.
 */
int ioas_read_dirty(struct ioas *ioas, struct domain *domain,
		    unsigned long first, unsigned long last, bool clear,
		    dirty_fn found, void *data)
{
	struct dirty_read read;
	struct reading reading;
	int rc = 0;

	if (fatal_signal_pending(current) || down_read_killable(&ioas->topo))
		return -EINTR;
	if (ioas_has_domain(ioas, domain)) {
		reading_begin(ioas, &reading, first, last);
		dirty_begin(&read, domain, clear, found, data);
		rc = areas_read(ioas, &read, first, last);
		dirty_end(&read);
		reading_end(ioas, &reading);
	}
	up_read(&ioas->topo);
	return rc;
}

/**
 * ioas_next_mapped - where something is mapped
 * @ioas: where
 * @first: from where on; set to the first IOVA that is
 * @last: last IOVA, inclusive
 *
 * Return: false where nothing is.
 */
bool ioas_next_mapped(struct ioas *ioas, unsigned long *first,
		      unsigned long last)
{
	struct area *area;

	spin_lock(&ioas->tree_lock);
	area = area_first(ioas, *first, last);
	if (area)
		*first = max(*first, area->node.start);
	spin_unlock(&ioas->tree_lock);
	return area;
}

static int ioas_clear_dirty(struct ioas *ioas, struct domain *domain)
{
	unsigned long first = 0, last;
	int rc = 0;

	while (!rc && ioas_next_mapped(ioas, &first, ULONG_MAX)) {
		last = first | (DIRTY_STEP - 1);
		rc = ioas_read_dirty(ioas, domain, first, last, true, NULL,
				     NULL);
		if (last == ULONG_MAX)
			break;
		first = last + 1;
	}
	return rc;
}

/**
 * ioas_track_dirty - let devices mark what they write, or no longer
 * @ioas: where
 * @domain: of which page table; its @tracks is true
 * @enable: they shall, and nothing is marked before
 *
 * Return: 0, -EINTR, or the driver's error: then they do as before.
 */
int ioas_track_dirty(struct ioas *ioas, struct domain *domain, bool enable)
{
	int rc = enable ? ioas_clear_dirty(ioas, domain) : 0;

	if (rc)
		return rc;
	/* The devices of the domain stay the same. */
	if (down_read_killable(&ioas->topo))
		return -EINTR;
	rc = dirty_track(domain, enable);
	up_read(&ioas->topo);
	return rc;
}
