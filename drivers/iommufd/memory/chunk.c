// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chunk words; the format is told in chunk.h.  Nothing here knows how a frame
 * is pinned or who uses it, and all of it runs in user space for its tests.
 */
#include <linux/bitfield.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "iommufd/memory/chunk.h"

#define WORD_FIRST	GENMASK_ULL(11, 3)
#define WORD_LAST	GENMASK_ULL(20, 12)
#define WORD_PFN	GENMASK_ULL(63, 21)
#define TABLE_FLAGS	(CHUNK_BY_FOLIO | CHUNK_WIDE)

static unsigned int word_first(chunk_t chunk)
{
	return FIELD_GET(WORD_FIRST, chunk);
}

static unsigned int word_last(chunk_t chunk)
{
	return FIELD_GET(WORD_LAST, chunk);
}

static chunk_t word_make(unsigned int first, unsigned int last,
			 unsigned long pfn, bool by_folio)
{
	return CHUNK_ADJACENT | (by_folio ? CHUNK_BY_FOLIO : 0) |
	       FIELD_PREP(WORD_FIRST, first) | FIELD_PREP(WORD_LAST, last) |
	       FIELD_PREP(WORD_PFN, (u64)pfn);
}

static void *table_of(chunk_t chunk)
{
	return (void *)(uintptr_t)(chunk & ~TABLE_FLAGS);
}

static unsigned long table_frame(chunk_t chunk, unsigned int slot)
{
	if (chunk & CHUNK_WIDE)
		return ((u64 *)table_of(chunk))[slot];
	return ((u32 *)table_of(chunk))[slot];
}

static void table_store(chunk_t chunk, unsigned int slot, unsigned long pfn)
{
	if (chunk & CHUNK_WIDE)
		((u64 *)table_of(chunk))[slot] = pfn;
	else
		((u32 *)table_of(chunk))[slot] = pfn;
}

/**
 * chunk_frame - the frame behind one page
 * @chunk: the chunk
 * @slot: the page
 *
 * Return: its frame number, CHUNK_NONE where none is known.
 */
unsigned long chunk_frame(chunk_t chunk, unsigned int slot)
{
	unsigned long pfn;

	if (!chunk)
		return CHUNK_NONE;
	if (chunk & CHUNK_ADJACENT) {
		if (slot < word_first(chunk) || slot > word_last(chunk))
			return CHUNK_NONE;
		return FIELD_GET(WORD_PFN, chunk) + slot - word_first(chunk);
	}
	pfn = table_frame(chunk, slot);
	return pfn ? pfn : CHUNK_NONE;
}

/**
 * chunk_run - a run of pages whose frames are adjacent, or all unknown
 * @chunk: the chunk
 * @slot: where the run begins
 * @last: the last slot to look at, inclusive
 * @pfn: set to the frame of @slot, or to CHUNK_NONE
 *
 * Return: the length of the run in pages, at least 1.
 */
unsigned int chunk_run(chunk_t chunk, unsigned int slot, unsigned int last,
		       unsigned long *pfn)
{
	unsigned int n = 1;

	*pfn = chunk_frame(chunk, slot);
	if (!chunk)
		return last - slot + 1;
	if (chunk & CHUNK_ADJACENT) {
		if (slot < word_first(chunk))
			last = min(last, word_first(chunk) - 1);
		else if (*pfn != CHUNK_NONE)
			last = min(last, word_last(chunk));
		return last - slot + 1;
	}
	if (*pfn == CHUNK_NONE) {
		while (slot + n <= last && !table_frame(chunk, slot + n))
			n++;
		return n;
	}
	while (slot + n <= last && table_frame(chunk, slot + n) == *pfn + n)
		n++;
	return n;
}

/**
 * chunk_count - how many frames of a range are known
 * @chunk: the chunk
 * @first: first slot
 * @last: last slot, inclusive
 */
unsigned int chunk_count(chunk_t chunk, unsigned int first, unsigned int last)
{
	unsigned int n = 0;

	if (!chunk)
		return 0;
	if (chunk & CHUNK_ADJACENT) {
		first = max(first, word_first(chunk));
		last = min(last, word_last(chunk));
		return first > last ? 0 : last - first + 1;
	}
	for (; first <= last; first++)
		n += table_frame(chunk, first) != 0;
	return n;
}

/* Turn @chunk into a table that can hold @max_pfn. */
static int chunk_make_table(chunk_t *chunk, unsigned int size,
			    unsigned long max_pfn, bool by_folio, gfp_t gfp)
{
	bool wide = max_pfn > U32_MAX;
	chunk_t table, old = *chunk;
	unsigned int slot;
	void *memory;

	if (old && !(old & CHUNK_ADJACENT) && (!wide || (old & CHUNK_WIDE)))
		return 0;
	if (old & CHUNK_ADJACENT)
		wide |= FIELD_GET(WORD_PFN, old) + CHUNK_PAGES > U32_MAX;

	memory = kcalloc(size, wide ? sizeof(u64) : sizeof(u32),
			 GFP_KERNEL_ACCOUNT | gfp);
	if (!memory)
		return -ENOMEM;

	table = (uintptr_t)memory;
	table |= wide ? CHUNK_WIDE : 0;
	table |= by_folio ? CHUNK_BY_FOLIO : 0;
	for (slot = 0; old && slot < size; slot++) {
		unsigned long pfn = chunk_frame(old, slot);

		if (pfn != CHUNK_NONE)
			table_store(table, slot, pfn);
	}
	if (old && !(old & CHUNK_ADJACENT))
		kfree(table_of(old));
	*chunk = table;
	return 0;
}

/**
 * chunk_set_run - note adjacent frames
 * @chunk: the chunk
 * @size: slots that the chunk has, at most CHUNK_PAGES
 * @first: first slot, now empty as all of the range
 * @last: last slot, inclusive
 * @pfn: frame of @first
 * @by_folio: one pin a folio; as for all frames of the chunk
 *
 * Return: 0, or -ENOMEM with nothing changed.
 */
int chunk_set_run(chunk_t *chunk, unsigned int size, unsigned int first,
		  unsigned int last, unsigned long pfn, bool by_folio)
{
	chunk_t old = *chunk;
	int rc;

	if (!old) {
		*chunk = word_make(first, last, pfn, by_folio);
		return 0;
	}
	if (old & CHUNK_ADJACENT) {
		unsigned long base = FIELD_GET(WORD_PFN, old);

		if (first == word_last(old) + 1 &&
		    pfn == base + first - word_first(old)) {
			*chunk = word_make(word_first(old), last, base,
					   by_folio);
			return 0;
		}
		if (last + 1 == word_first(old) &&
		    pfn + (last - first + 1) == base) {
			*chunk = word_make(first, word_last(old), pfn,
					   by_folio);
			return 0;
		}
	}
	rc = chunk_make_table(chunk, size, pfn + (last - first), by_folio, 0);
	if (rc)
		return rc;
	for (; first <= last; first++)
		table_store(*chunk, first, pfn++);
	return 0;
}

/* Do the frames of @pages follow each other?  By 16 at a time: a THP has 512. */
static bool pages_are_adjacent(struct page **pages, unsigned int npages)
{
	struct page *next = pages[0], **end = pages + npages;
	struct page **wide = pages + round_down(npages, 16);

#define IS(i) (pages[i] == next + (i))
#define ARE(i) (IS(i) && IS((i) + 1) && IS((i) + 2) && IS((i) + 3))
	if (!IS(npages - 1))
		return false;
	for (; pages < wide; pages += 16, next += 16)
		if (!(ARE(0) && ARE(4) && ARE(8) && ARE(12)))
			return false;
	for (; pages < end; pages++, next++)
		if (!IS(0))
			return false;
#undef ARE
#undef IS
	return true;
}

/* Frames into a narrow table; false where one is too large for it. */
static bool table_set_narrow(u32 *frames, struct page **pages,
			     unsigned int npages)
{
	unsigned long all = 0;
	unsigned int i;

	for (i = 0; i < npages; i++) {
		unsigned long pfn = page_to_pfn(pages[i]);

		frames[i] = pfn;
		all |= pfn;
	}
	if (likely(all <= U32_MAX))
		return true;
	memset(frames, 0, npages * sizeof(*frames));
	return false;
}

/**
 * chunk_set - note the frames of some pages
 * @chunk: the chunk
 * @size: slots that the chunk has, at most CHUNK_PAGES
 * @slot: first slot, now empty as all of the range
 * @pages: the pages
 * @npages: how many
 * @by_folio: one pin a folio; as for all frames of the chunk
 *
 * Return: 0, or -ENOMEM with nothing changed.
 */
int chunk_set(chunk_t *chunk, unsigned int size, unsigned int slot,
	      struct page **pages, unsigned int npages, bool by_folio)
{
	chunk_t old = *chunk;
	unsigned int i;
	int rc;

	if (pages_are_adjacent(pages, npages))
		return chunk_set_run(chunk, size, slot, slot + npages - 1,
				     page_to_pfn(pages[0]), by_folio);

	rc = chunk_make_table(chunk, size, 0, by_folio, 0);
	if (rc)
		return rc;
	if (!(*chunk & CHUNK_WIDE) &&
	    table_set_narrow((u32 *)table_of(*chunk) + slot, pages, npages))
		return 0;
	rc = chunk_make_table(chunk, size, ULONG_MAX, by_folio, 0);
	if (rc) {
		if (*chunk != old)
			kfree(table_of(*chunk));
		*chunk = old;
		return rc;
	}
	for (i = 0; i < npages; i++)
		table_store(*chunk, slot + i, page_to_pfn(pages[i]));
	return 0;
}

/**
 * chunk_clear - forget frames
 * @chunk: the chunk; 0 afterwards where none is left
 * @size: slots that the chunk has
 * @first: first slot
 * @last: last slot, inclusive
 *
 * Never fails: the one case that needs memory, a hole in the middle of
 * adjacent frames, waits for it.
 */
void chunk_clear(chunk_t *chunk, unsigned int size, unsigned int first,
		 unsigned int last)
{
	chunk_t old = *chunk;

	if (!first && last == size - 1) {
		if (old && !(old & CHUNK_ADJACENT))
			kfree(table_of(old));
		*chunk = 0;
		return;
	}
	if (!chunk_count(old, first, last))
		return;
	if (old & CHUNK_ADJACENT) {
		unsigned int from = word_first(old), to = word_last(old);
		unsigned long base = FIELD_GET(WORD_PFN, old);
		bool by_folio = chunk_is_by_folio(old);

		if (first <= from && last >= to) {
			*chunk = 0;
			return;
		}
		if (first <= from) {
			*chunk = word_make(last + 1, to, base + last + 1 - from,
					   by_folio);
			return;
		}
		if (last >= to) {
			*chunk = word_make(from, first - 1, base, by_folio);
			return;
		}
		chunk_make_table(chunk, size, 0, by_folio, __GFP_NOFAIL);
	}
	for (; first <= last; first++)
		table_store(*chunk, first, 0);
	if (!chunk_count(*chunk, 0, size - 1)) {
		kfree(table_of(*chunk));
		*chunk = 0;
	}
}
