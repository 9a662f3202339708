// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many MAPs in one call, in batches: what can be done once for all areas of a
 * batch is.  They are in the tree, and in the domains, before the first of them
 * is LIVE, so that all can be taken back.
 *
 * topo is held for reading from the first to the last.
 */
#include <linux/minmax.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <uapi/linux/iommufd.h>
#include <uapi/linux/iommufd_bulk.h>

#include "iommufd/base/span.h"
#include "iommufd/ioas/area.h"
#include "iommufd/ioas/bulk.h"
#include "iommufd/ioas/fill.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/place.h"
#include "iommufd/ioas/spread.h"

/**
 * struct bulk - a call that maps in many places
 * @ioas: where
 * @account: who pays, and whose memory it is
 * @entries: what, and where
 * @num: how many
 * @failed: the entry that an error is about; @num where it is about none
 * @head: the first area; the rest by area->next.  All are in the tree,
 *	RESERVED, and in the domains
 * @tail: where the next one goes
 */
struct bulk {
	struct ioas *ioas;
	struct account *account;
	const struct iommu_map_entry *entries;
	unsigned int num;
	unsigned int failed;
	struct area *head;
	struct area **tail;
};

/* What is in a batch of areas, that of entry @n first. */
static int bulk_set(struct bulk *bulk, struct area **areas, unsigned int n,
		    unsigned int count)
{
	unsigned long mask = bulk->ioas->iova.alignment - 1;
	unsigned int i;
	int rc;

	for (i = 0; i < count; i++) {
		const struct iommu_map_entry *entry = &bulk->entries[n + i];

		rc = area_set_user(areas[i], bulk->account, entry->user_va,
				   entry->length, prot_of_flags(entry->flags));
		if (!rc && (areas[i]->offset | area_length(areas[i])) & mask)
			rc = -EINVAL;
		if (rc) {
			bulk->failed = n + i;
			return rc;
		}
	}
	return 0;
}

/* Return: how many have taken their IOVA; @rc is set to what the next met. */
static unsigned int bulk_place(struct bulk *bulk, struct area **areas,
			       unsigned int n, unsigned int count, int *rc)
{
	struct ioas *ioas = bulk->ioas;
	unsigned int i;

	spin_lock(&ioas->tree_lock);
	for (i = 0; i < count; i++) {
		unsigned long iova = bulk->entries[n + i].iova;

		*rc = ioas_check_place(ioas, iova, area_length(areas[i]));
		if (*rc)
			break;
		areas[i]->node.last += iova;
		areas[i]->node.start = iova;
		if (!span_insert(&ioas->areas, &areas[i]->node)) {
			*rc = -EEXIST;
			break;
		}
	}
	spin_unlock(&ioas->tree_lock);
	if (*rc)
		bulk->failed = n + i;
	return i;
}

static void bulk_link(struct bulk *bulk, struct area **areas,
		      unsigned int count)
{
	struct area **tail = bulk->tail;
	unsigned int i;

	for (i = 0; i < count; i++) {
		*tail = areas[i];
		tail = &areas[i]->next;
	}
	bulk->tail = tail;
}

/* Entries from @n on. */
static int bulk_add_batch(struct bulk *bulk, unsigned int n, unsigned int count)
{
	struct area *areas[TREE_BATCH];
	unsigned int placed = 0, filled = 0, i;
	struct ioas *ioas = bulk->ioas;
	int rc;

	rc = areas_alloc(areas, count);
	if (rc)
		return rc;
	rc = bulk_set(bulk, areas, n, count);
	if (!rc)
		placed = bulk_place(bulk, areas, n, count, &rc);
	if (!rc) {
		filled = areas_fill(ioas, areas, count, &rc);
		if (rc)
			bulk->failed = n + filled;
	}
	bulk_link(bulk, areas, filled);
	for (i = filled; i < count; i++) {
		if (i < placed)
			area_unplace(ioas, areas[i]);
		area_free(areas[i]);
	}
	return rc;
}

static int bulk_add(struct bulk *bulk)
{
	struct ioas *ioas = bulk->ioas;
	unsigned int n, count;
	int rc;

	for (n = 0; n < bulk->num; n += count) {
		count = min_t(unsigned int, bulk->num - n, TREE_BATCH);
		rc = bulk_add_batch(bulk, n, count);
		if (rc)
			return rc;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return bulk->head && ioas->ndomains ? areas_sync(ioas, bulk->head) : 0;
}

static void bulk_undo(struct bulk *bulk)
{
	struct area *area;

	areas_unfill(bulk->ioas, bulk->head);
	for (area = bulk->head; area; area = area->next) {
		area_unplace(bulk->ioas, area);
		cond_resched();
	}
	areas_free(bulk->head);
}

static int bulk_commit(struct bulk *bulk)
{
	struct ioas *ioas = bulk->ioas;
	int rc;

	rc = bulk_add(bulk);
	if (rc)
		bulk_undo(bulk);
	else
		areas_publish(ioas, bulk->head);
	return rc;
}

/**
 * ioas_map_bulk - map memory of a process in many places
 * @ioas: where
 * @account: who pays, and whose memory it is
 * @entries: what to map, where; their flags and lengths are checked
 * @num: how many
 * @failed: set to the entry that an error is about, or @num
 *
 * Return: as ioas_map().  On error nothing has changed.
 */
int ioas_map_bulk(struct ioas *ioas, struct account *account,
		  const struct iommu_map_entry *entries, unsigned int num,
		  unsigned int *failed)
{
	struct bulk bulk = {
		.ioas = ioas, .account = account,
		.entries = entries, .num = num, .failed = num,
	};
	int rc;

	bulk.tail = &bulk.head;
	if (down_read_killable(&ioas->topo))
		return -EINTR;
	rc = bulk_commit(&bulk);
	up_read(&ioas->topo);
	*failed = bulk.failed;
	return rc;
}
