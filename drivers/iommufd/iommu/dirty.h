/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What devices have written through a domain.
 */
#ifndef __IOMMUFD_IOMMU_DIRTY_H
#define __IOMMUFD_IOMMU_DIRTY_H

#include "compat/dirty.h"

struct domain;

/* Told a range that is dirty, inclusive; does not sleep. */
typedef void (*dirty_fn)(void *data, unsigned long first, unsigned long last);

/**
 * struct dirty_read - a read of what devices have written
 * @domain: where
 * @marks: the driver's part
 * @found: told what is dirty, or NULL
 * @data: for @found
 */
struct dirty_read {
	struct domain *domain;
	struct compat_dirty marks;
	dirty_fn found;
	void *data;
};

void dirty_begin(struct dirty_read *read, struct domain *domain, bool clear,
		 dirty_fn found, void *data);
void dirty_aim(struct dirty_read *read, unsigned long first, unsigned long last,
	       bool whole);
int dirty_read_grain(struct dirty_read *read, unsigned long *first,
		     unsigned long last);
int dirty_read_range(struct dirty_read *read, unsigned long first,
		     unsigned long last, bool whole);
void dirty_end(struct dirty_read *read);
int dirty_track(struct domain *domain, bool enable);

#endif /* __IOMMUFD_IOMMU_DIRTY_H */
