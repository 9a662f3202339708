/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Areas summed up, by kind and by size; and the largest of them. All of it takes as
 * much memory however many there are.
 */
#ifndef _IOMMUCTL_SUMS_H
#define _IOMMUCTL_SUMS_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/iommufd_list.h>

#define SUM_KINDS 5
#define SUM_SIZES 64

/**
 * struct sum - of some areas
 * @areas: how many
 * @bytes: of them
 * @pinned: bytes of those that are pinned, or open
 * @large: bytes in blocks of 2 MiB
 */
struct sum {
	uint64_t areas;
	uint64_t bytes;
	uint64_t pinned;
	uint64_t large;
};

/**
 * struct sums - of all areas
 * @all: of all
 * @kinds: by enum iommu_area_kind
 * @sizes: by the power of two that is not above the length
 */
struct sums {
	struct sum all;
	struct sum kinds[SUM_KINDS];
	struct sum sizes[SUM_SIZES];
};

void sums_add(struct sums *sums, const struct iommu_area_entry *area);

/**
 * struct large_area - one of the largest, and whose it is
 */
struct large_area {
	uint32_t ioas;
	struct iommu_area_entry area;
};

/**
 * struct largest - the largest areas
 * @heap: the smallest of them first, until largest_sort()
 * @count: how many there are
 * @room: how many there may be
 */
struct largest {
	struct large_area *heap;
	unsigned int count;
	unsigned int room;
};

bool largest_init(struct largest *largest, unsigned int room);
void largest_add(struct largest *largest, uint32_t ioas,
		 const struct iommu_area_entry *area);

/* The largest first; nothing may be added any more. */
void largest_sort(struct largest *largest);
void largest_free(struct largest *largest);

#endif
