/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranges of IOVA that are being read from page tables.
 */
#ifndef __IOMMUFD_IOAS_READING_H
#define __IOMMUFD_IOAS_READING_H

#include <linux/compiler.h>
#include <linux/list.h>
#include <linux/types.h>

#include "iommufd/ioas/ioas.h"

struct area;

/**
 * struct reading - a range that is being read
 * @node: in ioas->readings
 * @number: how many began before it
 * @first: first IOVA
 * @last: last IOVA, inclusive
 */
struct reading {
	struct list_head node;
	u64 number;
	unsigned long first;
	unsigned long last;
};

void reading_begin(struct ioas *ioas, struct reading *reading,
		   unsigned long first, unsigned long last);
void reading_end(struct ioas *ioas, struct reading *reading);
void readings_wait_slow(struct ioas *ioas, const struct area *areas);

/**
 * readings_wait - wait until areas are not being read
 * @ioas: of the areas; topo is held for reading
 * @areas: a list by area->next, all CLOSING, so that no reading of them begins
 *
 * A reading that has found one of them LIVE began before tree_lock was taken to make it
 * CLOSING, so it is seen here without that lock.
 */
static inline void readings_wait(struct ioas *ioas, const struct area *areas)
{
	if (unlikely(!list_empty(&ioas->readings)))
		readings_wait_slow(ioas, areas);
}

#endif /* __IOMMUFD_IOAS_READING_H */
