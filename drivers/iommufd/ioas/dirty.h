/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What devices have written in an IOAS.
 */
#ifndef __IOMMUFD_IOAS_DIRTY_H
#define __IOMMUFD_IOAS_DIRTY_H

#include <linux/types.h>

#include "iommufd/iommu/dirty.h"
#include "iommufd/iommu/pgsize.h"

struct domain;
struct ioas;

/* One read does not cross a multiple of it; so no IO page lies across two reads. */
#define DIRTY_STEP PGSIZE_CALL

int ioas_check_dirty(struct ioas *ioas, unsigned long first,
		     unsigned long last);
int ioas_read_dirty(struct ioas *ioas, struct domain *domain,
		    unsigned long first, unsigned long last, bool clear,
		    dirty_fn found, void *data);
bool ioas_next_mapped(struct ioas *ioas, unsigned long *first,
		      unsigned long last);
int ioas_track_dirty(struct ioas *ioas, struct domain *domain, bool enable);

#endif /* __IOMMUFD_IOAS_DIRTY_H */
