// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filling a mem: what is not pinned yet of a range is charged and pinned, and
 * all of it is given out, in order, in extents: adjacent frames, or a part of a
 * table of frames.
 *
 * mem->lock is held over pinning and over the calls that put frames into a
 * domain: a frame that was given out stays pinned until they are done.
 */
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "iommufd/memory/chunk.h"
#include "iommufd/memory/fill.h"
#include "iommufd/memory/memory.h"
#include "iommufd/memory/payer.h"
#include "iommufd/memory/piece.h"
#include "iommufd/memory/pin.h"

/* Pages that are pinned at a time where no scratch page is to be had. */
#define SMALL_BATCH	16

/* Pages that are pinned and given out at a time: for tests. */
static unsigned int fill_limit = UINT_MAX;

/**
 * mem_limit_fill - set how many pages are pinned and given out at a time
 * @npages: how many, not 0; UINT_MAX for no limit
 */
void mem_limit_fill(unsigned int npages)
{
	WRITE_ONCE(fill_limit, npages);
}

/**
 * struct fill - a range of a mem being pinned and given out
 * @mem: the mem
 * @emit: who gets the frames
 * @arg: for @emit
 * @pages: scratch
 * @room: entries of @pages
 * @pinned: pages pinned so far
 * @run: adjacent frames that are being gathered; its length may be 0
 */
struct fill {
	struct mem *mem;
	mem_emit_fn emit;
	void *arg;
	struct page **pages;
	unsigned int room;
	unsigned long pinned;
	struct extent run;
};

static int fill_flush(struct fill *fill)
{
	int rc = 0;

	if (fill->run.npages)
		rc = fill->emit(fill->arg, &fill->run);
	fill->run.npages = 0;
	return rc;
}

static int fill_gather(struct fill *fill, unsigned long index,
		       unsigned long pfn, unsigned long npages)
{
	int rc;

	if (fill->run.npages && fill->run.pfn + fill->run.npages == pfn &&
	    fill->run.npages < READ_ONCE(fill_limit)) {
		fill->run.npages += npages;
		return 0;
	}
	rc = fill_flush(fill);
	fill->run.index = index;
	fill->run.pfn = pfn;
	fill->run.npages = npages;
	return rc;
}

/*
 * Frames that stand in a table: the first run may go on from what came before,
 * the last into what comes next, and what lies between is given out at once.
 */
static int fill_gather_frames(struct fill *fill, unsigned long index,
			      const u32 *frames, unsigned int npages)
{
	struct extent extent = { .frames = frames };
	unsigned int head = 1, tail = 1;
	int rc;

	while (head < npages && frames[head] == frames[head - 1] + 1)
		head++;
	rc = fill_gather(fill, index, frames[0], head);
	if (rc || head == npages)
		return rc;

	while (frames[npages - tail] == frames[npages - tail - 1] + 1)
		tail++;
	if (head + tail < npages) {
		extent.index = index + head;
		extent.frames = frames + head;
		extent.npages = npages - head - tail;
		rc = fill_flush(fill);
		if (!rc)
			rc = fill->emit(fill->arg, &extent);
		if (rc)
			return rc;
	}
	return fill_gather(fill, index + npages - tail, frames[npages - tail],
			   tail);
}

/* Frames of a table from @slot on, without a gap: how many. */
static unsigned int frames_run(const u32 *frames, unsigned int slot,
			       unsigned int last)
{
	unsigned int n = 0;

	while (slot + n <= last && n < READ_ONCE(fill_limit) &&
	       frames[slot + n])
		n++;
	return n;
}

/* Pin the rest of a hugetlb page by one pin; false where it is not one. */
static bool fill_pin_hugetlb(struct fill *fill, const struct piece *piece,
			     unsigned int slot, unsigned int npages, int *rc)
{
	struct mem *mem = fill->mem;
	bool was_empty = !*piece->chunk;
	struct page *page;

	if (!mem->hugetlb ||
	    !(was_empty || chunk_is_by_folio(*piece->chunk)) ||
	    !pin_hugetlb(&mem->source, piece->index + slot, npages, &page))
		return false;

	*rc = chunk_set_run(piece->chunk, piece->size, slot, slot + npages - 1,
			    page_to_pfn(page), true);
	if (*rc) {
		pin_release(&page, 1, false);
		return true;
	}
	if (!was_empty && piece_has_folio(piece, page_folio(page), slot,
					  slot + npages - 1))
		pin_release(&page, 1, false);
	fill->pinned += npages;
	return true;
}

/* Pin pages from @slot on, at most @npages of them. */
static int fill_pin(struct fill *fill, const struct piece *piece,
		    unsigned int slot, unsigned int npages)
{
	struct mem *mem = fill->mem;
	bool by_folio = pin_is_by_folio(&mem->source);
	chunk_t before = *piece->chunk;
	long n;
	int rc;

	if (fill_pin_hugetlb(fill, piece, slot, npages, &rc))
		return rc;

	n = pin_pages(&mem->source, piece->index + slot,
		      min(npages, fill->room), fill->pages);
	if (n < 0)
		return n;
	mem->hugetlb = PageHuge(fill->pages[0]);

	rc = chunk_set(piece->chunk, piece->size, slot, fill->pages, n,
		       by_folio || chunk_is_by_folio(before));
	if (rc) {
		pages_unpin(fill->pages, n, by_folio);
		return rc;
	}
	if (chunk_is_by_folio(*piece->chunk))
		piece_fold_pins(piece, slot, fill->pages, n, by_folio, !before);
	fill->pinned += n;
	return 0;
}

static int fill_piece(struct fill *fill, const struct piece *piece)
{
	unsigned int slot = piece->first, n;
	const u32 *frames;
	unsigned long pfn;
	int rc = 0;

	while (slot <= piece->last && !rc) {
		frames = chunk_frames(*piece->chunk);
		n = frames ? frames_run(frames, slot, piece->last) : 0;
		if (n) {
			rc = fill_gather_frames(fill, piece->index + slot,
						frames + slot, n);
			slot += n;
			continue;
		}
		n = chunk_run(*piece->chunk, slot, piece->last, &pfn);
		if (pfn == CHUNK_NONE) {
			rc = fill_pin(fill, piece, slot, n);
		} else {
			rc = fill_gather(fill, piece->index + slot, pfn, n);
			slot += n;
		}
	}
	return rc;
}

static int fill_range(struct fill *fill, unsigned long first,
		      unsigned long last)
{
	struct piece piece;
	int rc;

	for_each_piece(fill->mem, &piece, first, last) {
		rc = fill_piece(fill, &piece);
		if (rc)
			return rc;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return fill_flush(fill);
}

/* Have room for the chunk words, once they are paid for. */
static int mem_prepare(struct mem *mem)
{
	unsigned long nchunks = DIV_ROUND_UP(mem->skew + mem->npages,
					     CHUNK_PAGES);

	if (!mem->chunks)
		mem->chunks = kvcalloc(nchunks, sizeof(*mem->chunks),
				       GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return mem->chunks ? 0 : -ENOMEM;
}

static unsigned long mem_missing(struct mem *mem, unsigned long first,
				 unsigned long last)
{
	unsigned long missing = last - first + 1;
	struct piece piece;

	if (!mem->npinned)
		return missing;
	for_each_piece(mem, &piece, first, last)
		missing -= chunk_count(*piece.chunk, piece.first, piece.last);
	return missing;
}

/**
 * mem_fill_locked - mem_fill() for a caller that holds mem->lock
 * @mem: the mem
 * @first: first page
 * @last: last page, inclusive; a user covers the range
 * @emit: as of mem_fill()
 * @arg: for @emit
 *
 * Return: as mem_fill().
 */
int mem_fill_locked(struct mem *mem, unsigned long first, unsigned long last,
		    mem_emit_fn emit, void *arg)
{
	struct page *small[SMALL_BATCH] __uninitialized;
	struct fill fill = {
		.mem = mem, .emit = emit, .arg = arg,
		.pages = small, .room = SMALL_BATCH,
	};
	unsigned long missing = mem_missing(mem, first, last);
	struct page **scratch = NULL;
	int rc;

	lockdep_assert_held(&mem->lock);

	rc = mem_charge(mem, missing);
	if (rc)
		return rc;
	rc = mem_prepare(mem);
	if (rc)
		goto out;

	if (missing > SMALL_BATCH)
		scratch = kmalloc_array(CHUNK_PAGES, sizeof(*scratch),
					GFP_KERNEL | __GFP_NOWARN);
	if (scratch) {
		fill.pages = scratch;
		fill.room = CHUNK_PAGES;
	}
	fill.room = min(fill.room, READ_ONCE(fill_limit));
	rc = fill_range(&fill, first, last);
	kfree(scratch);
	mem->npinned += fill.pinned;
out:
	mem_uncharge(mem, missing - fill.pinned);
	return rc;
}

/**
 * mem_fill - give out the frames of a range, pinning those that are not yet
 * @mem: the mem
 * @user: the range, from mem_use()
 * @emit: called for each extent, in order, without gaps
 * @arg: for @emit
 *
 * Pages are charged before the first one is pinned.
 *
 * Return: 0, or the error of @emit, or -ENOMEM, -EFAULT, -EPERM, -EINTR.  On
 * error some pages may be pinned: mem_unuse() undoes that, after the caller
 * has taken back what @emit put to use.
 */
int mem_fill(struct mem *mem, const struct mem_user *user, mem_emit_fn emit,
	     void *arg)
{
	int rc;

	if (mutex_lock_killable(&mem->lock))
		return -EINTR;
	rc = mem_fill_locked(mem, user->node.start, user->node.last, emit, arg);
	mutex_unlock(&mem->lock);
	return rc;
}
