// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges of IOVA that are being read from page tables: what is in them must not be
 * unmapped, as drivers free tables that nothing is left in.  UNMAP of other areas goes on.
 *
 * ioas->tree_lock guards the list.  A reading is short, holds topo for reading, and
 * waits for nobody, so UNMAP may wait for it with topo held.  Of later readings, which
 * may come without end, it takes no notice: they leave out what is CLOSING.
 */
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "iommufd/ioas/area.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/reading.h"

/**
 * reading_begin - from now on no area that is LIVE leaves a range
 * @ioas: where; topo is held for reading until reading_end()
 * @reading: on the caller's stack
 * @first: first IOVA
 * @last: last IOVA, inclusive
 *
 * An area may be CLOSING, and gone at any time.
 */
void reading_begin(struct ioas *ioas, struct reading *reading,
		   unsigned long first, unsigned long last)
{
	reading->first = first;
	reading->last = last;
	spin_lock(&ioas->tree_lock);
	reading->number = ioas->nreadings++;
	list_add(&reading->node, &ioas->readings);
	spin_unlock(&ioas->tree_lock);
}

/**
 * reading_end - undo reading_begin()
 * @ioas: where
 * @reading: the same
 */
void reading_end(struct ioas *ioas, struct reading *reading)
{
	spin_lock(&ioas->tree_lock);
	list_del(&reading->node);
	spin_unlock(&ioas->tree_lock);
	wake_up_all(&ioas->reading_wait);
}

static bool area_is_read(struct ioas *ioas, const struct area *area, u64 before)
{
	struct reading *reading;
	bool is_read = false;

	spin_lock(&ioas->tree_lock);
	list_for_each_entry(reading, &ioas->readings, node)
		is_read |= reading->number < before &&
			   reading->first <= area->node.last &&
			   reading->last >= area->node.start;
	spin_unlock(&ioas->tree_lock);
	return is_read;
}

/* See readings_wait(). */
void readings_wait_slow(struct ioas *ioas, const struct area *areas)
{
	u64 before;

	spin_lock(&ioas->tree_lock);
	before = ioas->nreadings;
	spin_unlock(&ioas->tree_lock);
	for (; areas; areas = areas->next)
		wait_event(ioas->reading_wait,
			   !area_is_read(ioas, areas, before));
}
