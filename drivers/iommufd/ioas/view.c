// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may be told of an IOAS, to who looks at a context: its areas, and their sums.
 *
 * topo is held for reading, so that an area that is LIVE keeps the memory that it has,
 * and is only tried: who looks does not wait for a device that is being attached.
 * tree_lock is held over a batch of areas; each is told as it was at one moment.
 */
#include <linux/align.h>
#include <linux/iommu.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <uapi/linux/iommufd_list.h>

#include "iommufd/base/context.h"
#include "iommufd/ioas/area.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/mmio.h"
#include "iommufd/ioas/view.h"
#include "iommufd/memory/account.h"
#include "iommufd/memory/mem.h"
#include "iommufd/memory/memory.h"
#include "iommufd/memory/view.h"
#include "iommufd/memory/watch.h"

static_assert(IOMMU_LIST_NAME == MEM_VIEW_NAME);

/* ---- one area ---- */

static void lone_view(const struct area *area, bool trusted,
		      struct iommu_area_entry *entry)
{
	entry->kind = IOMMU_AREA_USER;
	entry->shared = 1;
	if (area->pfn)
		entry->flags |= IOMMU_AREA_PINNED;
	if (account_is_hidden(area->account, trusted)) {
		entry->flags |= IOMMU_AREA_HIDDEN;
		return;
	}
	entry->address = area_address(area);
	entry->pid = account_pid(area->account);
}

static void registers_view(const struct area *area, bool trusted,
			   struct iommu_area_entry *entry)
{
	const struct watch *watch = &area->mmio->watch;
	const struct mm_struct *mm = watch_mm(watch);
	unsigned long at = (area->first << PAGE_SHIFT) + area->offset;

	entry->kind = mm ? IOMMU_AREA_REGISTERS : IOMMU_AREA_EXPORT;
	entry->shared = refcount_read(&area->mmio->waiting.refs);
	if (READ_ONCE(watch->open))
		entry->flags |= IOMMU_AREA_PINNED;
	if (mm && !trusted && mm != current->mm) {
		entry->flags |= IOMMU_AREA_HIDDEN;
		return;
	}
	if (mm) {
		entry->address = watch->first + at;
		entry->offset = ((u64)watch->place.pgoff << PAGE_SHIFT) + at;
	} else {
		entry->offset = watch->first + at;
	}
}

static void memory_view(struct iommufd_ctx *ictx, const struct area *area,
			bool trusted, struct iommu_area_entry *entry)
{
	struct mem_view view;

	entry->shared = refcount_read(&area->mem->refs);
	if (area->user)
		entry->flags |= IOMMU_AREA_PINNED;
	mem_look(ictx, area->mem, trusted, &view);
	entry->kind = view.is_file ? IOMMU_AREA_FILE : IOMMU_AREA_USER;
	if (view.hidden) {
		entry->flags |= IOMMU_AREA_HIDDEN;
		return;
	}
	entry->pid = view.pid;
	*(view.is_file ? &entry->offset : &entry->address) = area_address(area);
	memcpy(entry->name, view.name, sizeof(entry->name));
}

/* tree_lock is held, and topo. */
static void area_view(struct ioas *ioas, const struct area *area, bool trusted,
		      struct iommu_area_entry *entry)
{
	lockdep_assert_held(&ioas->tree_lock);

	memset(entry, 0, sizeof(*entry));
	entry->iova = area->node.start;
	entry->length = area_length(area);
	entry->flags = (area->prot & IOMMU_READ ? IOMMU_AREA_READABLE : 0) |
		       (area->prot & IOMMU_WRITE ? IOMMU_AREA_WRITEABLE : 0);
	if (area->state != AREA_LIVE) {
		entry->flags |= IOMMU_AREA_BUSY;
		return;
	}
	entry->accesses = area->accesses;
	if (area->leaked)
		entry->flags |= IOMMU_AREA_STUCK;
	if (area->lone)
		lone_view(area, trusted, entry);
	else if (area->is_mmio)
		registers_view(area, trusted, entry);
	else
		memory_view(ioas->obj.ictx, area, trusted, entry);
}

/* ---- a batch of them ---- */

/**
 * struct part - pages of a mem, that are looked at with no spinlock held
 * @mem: a reference is held; or NULL
 * @first: first page
 * @last: last page, inclusive
 */
struct part {
	struct mem *mem;
	unsigned long first;
	unsigned long last;
};

/* Of an area whose memory lies to IOVA so that large pages may hold it, else of none. */
static struct part part_of(const struct area *area)
{
	unsigned long start;

	if (area->state != AREA_LIVE || area->lone || area->is_mmio || !area->user)
		return (struct part){};
	/* Where chunks of the mem begin; the frames of a huge page do as well. */
	start = area->node.start - area->offset -
		((area->first + area->mem->skew) << PAGE_SHIFT);
	if (!IS_ALIGNED(start, CHUNK_PAGES * PAGE_SIZE))
		return (struct part){};
	return (struct part){
		.mem = mem_get(area->mem),
		.first = area->first,
		.last = area_last_page(area),
	};
}

static unsigned int listing_fill(struct ioas_listing *listing,
				 struct iommu_area_entry *entries,
				 struct part *parts, unsigned int room)
{
	struct ioas *ioas = listing->ioas;
	struct area *area;
	unsigned int n = 0;

	spin_lock(&ioas->tree_lock);
	area = area_first(ioas, listing->next, ULONG_MAX);
	for (; area && n < room; area = area_next(area, ULONG_MAX), n++) {
		area_view(ioas, area, listing->trusted, &entries[n]);
		if (listing->large)
			parts[n] = part_of(area);
		listing->next = area->node.last + 1;
	}
	listing->end = !area;
	spin_unlock(&ioas->tree_lock);
	return n;
}

static void count_large(struct iommu_area_entry *entries, struct part *parts,
			unsigned int num)
{
	unsigned int i;

	for (i = 0; i < num; i++) {
		struct part *part = &parts[i];

		if (!part->mem)
			continue;
		entries[i].large = (u64)PAGE_SIZE *
			mem_count_large(part->mem, part->first, part->last);
		mem_put(part->mem);
	}
}

/**
 * ioas_list - list the next areas
 * @listing: says which, and is moved on
 * @entries: out, where area_view() sets all of each
 * @room: how many may be filled, LISTING_BATCH at most
 *
 * Return: how many were, or -EBUSY where a device is being attached or detached.
 */
int ioas_list(struct ioas_listing *listing, struct iommu_area_entry *entries,
	      unsigned int room)
{
	struct ioas *ioas = listing->ioas;
	struct part parts[LISTING_BATCH];
	unsigned int n;

	if (!down_read_trylock(&ioas->topo))
		return -EBUSY;
	n = listing_fill(listing, entries, parts,
			 min_t(unsigned int, room, LISTING_BATCH));
	if (listing->large)
		count_large(entries, parts, n);
	up_read(&ioas->topo);
	return n;
}

/* ---- sums ---- */

static void mem_add_up(struct iommufd_ctx *ictx, const struct area *area,
		       struct ioas_sum *sum)
{
	struct mem *mem = area->mem;

	if (mem->counted == ictx->view_round) {
		sum->shared += area_length(area);
		return;
	}
	mem->counted = ictx->view_round;
	sum->pinned += (u64)READ_ONCE(mem->npinned) << PAGE_SHIFT;
	sum->metadata += mem_footprint(mem);
}

static void area_add_up(struct ioas *ioas, const struct area *area, bool busy,
			struct ioas_sum *sum)
{
	sum->areas++;
	sum->metadata += sizeof(*area);
	sum->mapped += area_length(area);
	if (busy || area->state != AREA_LIVE || area->is_mmio)
		return;
	if (area->lone)
		sum->pinned += area->pfn ? PAGE_SIZE : 0;
	else
		mem_add_up(ioas->obj.ictx, area, sum);
}

/* A batch of areas from @next on; false where there are no more. */
static bool ioas_add_up_some(struct ioas *ioas, unsigned long *next, bool busy,
			     struct ioas_sum *sum)
{
	struct area *area;
	unsigned int n = 0;

	spin_lock(&ioas->tree_lock);
	area = area_first(ioas, *next, ULONG_MAX);
	for (; area && n < TREE_BATCH; area = area_next(area, ULONG_MAX), n++) {
		area_add_up(ioas, area, busy, sum);
		*next = area->node.last + 1;
	}
	spin_unlock(&ioas->tree_lock);
	return area;
}

/**
 * ioas_add_up - add what an IOAS has to a sum
 * @ioas: the IOAS; the caller holds view_lock of its context, and has begun a round
 * @sum: the sum
 *
 * Return: 0, or -EINTR where the caller is being killed.
 */
int ioas_add_up(struct ioas *ioas, struct ioas_sum *sum)
{
	bool busy = !down_read_trylock(&ioas->topo);
	unsigned long next = 0;
	int rc = 0;

	lockdep_assert_held(&ioas->obj.ictx->view_lock);

	sum->busy += busy;
	while (!rc && ioas_add_up_some(ioas, &next, busy, sum)) {
		if (fatal_signal_pending(current))
			rc = -EINTR;
		cond_resched();
	}
	if (!busy)
		up_read(&ioas->topo);
	return rc;
}
