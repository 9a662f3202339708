/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may be told of an IOAS, to who looks at a context.
 */
#ifndef __IOMMUFD_IOAS_VIEW_H
#define __IOMMUFD_IOAS_VIEW_H

#include <linux/types.h>

struct ioas;
struct iommu_area_entry;

/**
 * struct ioas_listing - the areas of an IOAS, some at a time
 * @ioas: whose
 * @next: the lowest IOVA that is still to be listed
 * @end: there is none
 * @trusted: the caller may trace any process
 * @large: blocks of 2 MiB are to be counted
 */
struct ioas_listing {
	struct ioas *ioas;
	unsigned long next;
	bool end;
	bool trusted;
	bool large;
};

/**
 * struct ioas_sum - what IOASes of a context have, together
 * @areas: how many
 * @mapped: bytes of them
 * @pinned: bytes, each page counted once
 * @shared: bytes of @mapped whose memory another area has as well, which was counted
 * @metadata: bytes that are kept of it, but for tables of frames that are not adjacent
 * @busy: IOASes of which only @areas and @mapped are known
 */
struct ioas_sum {
	unsigned long areas;
	u64 mapped;
	u64 pinned;
	u64 shared;
	u64 metadata;
	unsigned int busy;
};

/* Entries that one ioas_list() can fill. */
#define LISTING_BATCH 32

int ioas_list(struct ioas_listing *listing, struct iommu_area_entry *entries,
	      unsigned int room);
int ioas_add_up(struct ioas *ioas, struct ioas_sum *sum);

#endif /* __IOMMUFD_IOAS_VIEW_H */
