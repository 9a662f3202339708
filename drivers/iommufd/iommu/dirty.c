// SPDX-License-Identifier: GPL-2.0-only
/*
 * What devices have written through a domain: read by calls that are short, and flushed
 * once, so that devices set marks again.
 *
 * The caller sees to it that what is read stays mapped.  domain->map_lock is taken where
 * the driver can't be called twice at a time.
 */
#include <linux/bitops.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "compat/dirty.h"
#include "iommufd/iommu/call.h"
#include "iommufd/iommu/dirty.h"
#include "iommufd/iommu/domain.h"

static void dirty_record(struct compat_dirty *marks, unsigned long first,
			 unsigned long last)
{
	struct dirty_read *read = container_of(marks, struct dirty_read, marks);

	if (read->found)
		read->found(read->data, first, last);
}

/**
 * dirty_begin - begin to read
 * @read: for the calls below
 * @domain: of which @tracks is true
 * @clear: start anew; the marks that are read are taken away
 * @found: told what is dirty, or NULL
 * @data: for @found
 *
 * Followed by dirty_end().
 */
void dirty_begin(struct dirty_read *read, struct domain *domain, bool clear,
		 dirty_fn found, void *data)
{
	*read = (struct dirty_read){
		.domain = domain,
		.marks = {
			.domain = domain->iommu,
			.clear = clear,
			.record = dirty_record,
		},
		.found = found,
		.data = data,
	};
	iommu_iotlb_gather_init(&read->marks.gather);
}

static int dirty_call(struct dirty_read *read, unsigned long first,
		      unsigned long last)
{
	struct domain *domain = read->domain;
	int rc;

	if (!domain->serial)
		return compat_dirty_read(&read->marks, first, last);
	spin_lock(&domain->map_lock);
	rc = compat_dirty_read(&read->marks, first, last);
	spin_unlock(&domain->map_lock);
	return rc;
}

/**
 * dirty_aim - say what is read next
 * @read: from dirty_begin()
 * @first: first IOVA
 * @last: last IOVA, inclusive
 * @whole: no IO page lies across an end of the range; of one that does only the part
 *	inside is told, and its mark stays
 */
void dirty_aim(struct dirty_read *read, unsigned long first, unsigned long last,
	       bool whole)
{
	read->marks.first = first;
	read->marks.last = last;
	read->marks.whole = whole;
}

/**
 * dirty_read_grain - read a bit of what was aimed at
 * @read: from dirty_aim()
 * @first: first IOVA; set to the IOVA behind what was read, which may be 0
 * @last: last IOVA, inclusive; all up to there is mapped
 *
 * Context: does not sleep.
 *
 * Return: 0 or the driver's error.
 */
int dirty_read_grain(struct dirty_read *read, unsigned long *first,
		     unsigned long last)
{
	size_t grain = domain_page(read->domain) * CALL_PAGES;
	unsigned long end = min(last, *first | (grain - 1));
	int rc = dirty_call(read, *first, end);

	*first = end + 1;
	return rc;
}

/**
 * dirty_read_range - read a range
 * @read: from dirty_begin()
 * @first: first IOVA, mapped as all of the range is
 * @last: last IOVA, inclusive
 * @whole: as of dirty_aim()
 *
 * Context: may sleep.
 *
 * Return: 0 or the driver's error.
 */
int dirty_read_range(struct dirty_read *read, unsigned long first,
		     unsigned long last, bool whole)
{
	int rc;

	dirty_aim(read, first, last, whole);
	do {
		rc = dirty_read_grain(read, &first, last);
		cond_resched();
	} while (!rc && first - 1 < last);
	return rc;
}

/**
 * dirty_end - let devices mark anew what they write
 * @read: from dirty_begin(), also after an error
 *
 * What was read is still mapped, or was mapped when it was read.
 */
void dirty_end(struct dirty_read *read)
{
	struct iommu_iotlb_gather *gather = &read->marks.gather;

	if (gather->start <= gather->end)
		call_sync(read->domain, gather);
}

/**
 * dirty_track - let devices mark what they write, or no longer
 * @domain: of which @tracks is true
 * @enable: they shall
 *
 * Return: 0 or the driver's error.
 */
int dirty_track(struct domain *domain, bool enable)
{
	return compat_dirty_track(domain->iommu, enable);
}
