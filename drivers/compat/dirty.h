/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What devices have written, as page tables have it: a mark for each IO page.
 */
#ifndef __COMPAT_DIRTY_H
#define __COMPAT_DIRTY_H

#include <linux/iommu.h>
#include <linux/types.h>

/**
 * struct compat_dirty - marks that are read
 * @domain: where
 * @first: first IOVA of what is asked for
 * @last: last IOVA, inclusive
 * @clear: read marks are taken away.  That of an IO page which does not lie in the range
 *	as a whole stays: others would never learn of the rest
 * @whole: it is known that no IO page lies across an end of the range
 * @record: told which part of the range is dirty; does not sleep
 * @gather: what has to be flushed before devices set marks again
 * @probe: how many bytes are looked at next before single pages are; the reader's
 *
 * A mark that is set while it is read is recorded, or is there the next time.
 */
struct compat_dirty {
	struct iommu_domain *domain;
	unsigned long first;
	unsigned long last;
	bool clear;
	bool whole;
	void (*record)(struct compat_dirty *dirty, unsigned long first,
		       unsigned long last);
	struct iommu_iotlb_gather gather;
	size_t probe;
};

bool compat_dirty_serves(struct iommu_domain *domain);
int compat_dirty_can(struct device *dev);
int compat_dirty_track(struct iommu_domain *domain, bool enable);
int compat_dirty_read(struct compat_dirty *dirty, unsigned long first,
		      unsigned long last);

/**
 * compat_dirty_note - an IO page is dirty
 * @dirty: the read
 * @first: first IOVA of the page
 * @last: last IOVA, inclusive
 */
static inline void compat_dirty_note(struct compat_dirty *dirty,
				     unsigned long first, unsigned long last)
{
	dirty->record(dirty, max(first, dirty->first), min(last, dirty->last));
}

/**
 * compat_dirty_takes - is the mark of an IO page to be taken away
 * @dirty: the read
 * @first: first IOVA of the page
 * @last: last IOVA, inclusive
 */
static inline bool compat_dirty_takes(const struct compat_dirty *dirty,
				      unsigned long first, unsigned long last)
{
	return dirty->clear && first >= dirty->first && last <= dirty->last;
}

#endif /* __COMPAT_DIRTY_H */
