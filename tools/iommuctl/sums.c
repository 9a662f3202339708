// SPDX-License-Identifier: GPL-2.0
/*
 * Areas summed up, see sums.h.
 */
#include <stdlib.h>

#include "sums.h"

static void sum_add(struct sum *sum, const struct iommu_area_entry *area)
{
	sum->areas++;
	sum->bytes += area->length;
	sum->large += area->large;
	if (area->flags & IOMMU_AREA_PINNED)
		sum->pinned += area->length;
}

void sums_add(struct sums *sums, const struct iommu_area_entry *area)
{
	unsigned int kind = area->kind < SUM_KINDS ? area->kind : 0;

	sum_add(&sums->all, area);
	sum_add(&sums->kinds[kind], area);
	/* An area has a byte at least. */
	sum_add(&sums->sizes[area->length ?
			     63 - __builtin_clzll(area->length) : 0], area);
}

bool largest_init(struct largest *largest, unsigned int room)
{
	*largest = (struct largest){
		.heap = calloc(room, sizeof(*largest->heap)),
		.room = room,
	};
	return largest->heap;
}

static uint64_t length_at(const struct largest *largest, unsigned int i)
{
	return largest->heap[i].area.length;
}

static void swap(struct largest *largest, unsigned int i, unsigned int j)
{
	struct large_area kept = largest->heap[i];

	largest->heap[i] = largest->heap[j];
	largest->heap[j] = kept;
}

static void sift_up(struct largest *largest, unsigned int i)
{
	for (; i && length_at(largest, i) < length_at(largest, (i - 1) / 2);
	     i = (i - 1) / 2)
		swap(largest, i, (i - 1) / 2);
}

static void sift_down(struct largest *largest)
{
	unsigned int i = 0, child;

	while ((child = 2 * i + 1) < largest->count) {
		if (child + 1 < largest->count &&
		    length_at(largest, child + 1) < length_at(largest, child))
			child++;
		if (length_at(largest, i) <= length_at(largest, child))
			return;
		swap(largest, i, child);
		i = child;
	}
}

void largest_add(struct largest *largest, uint32_t ioas,
		 const struct iommu_area_entry *area)
{
	struct large_area entry = { ioas, *area };

	if (largest->count < largest->room) {
		largest->heap[largest->count++] = entry;
		sift_up(largest, largest->count - 1);
	} else if (area->length > length_at(largest, 0)) {
		largest->heap[0] = entry;
		sift_down(largest);
	}
}

static int by_length(const void *a, const void *b)
{
	const struct large_area *x = a, *y = b;

	if (x->area.length != y->area.length)
		return x->area.length < y->area.length ? 1 : -1;
	if (x->ioas != y->ioas)
		return x->ioas < y->ioas ? -1 : 1;
	return x->area.iova < y->area.iova ? -1 : x->area.iova > y->area.iova;
}

void largest_sort(struct largest *largest)
{
	qsort(largest->heap, largest->count, sizeof(*largest->heap), by_length);
}

void largest_free(struct largest *largest)
{
	free(largest->heap);
}
