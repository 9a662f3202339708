// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pieces: the part of a range of pages that lies in one chunk, and the pins
 * behind its frames.
 *
 * In a chunk that is pinned by folio all pages of a folio share one pin: it is
 * dropped with the last of them.
 *
 * All of this is called with mem->lock held.
 */
#include <linux/minmax.h>
#include <linux/mm.h>

#include "iommufd/memory/chunk.h"
#include "iommufd/memory/memory.h"
#include "iommufd/memory/piece.h"
#include "iommufd/memory/pin.h"

/* Pages gathered on the stack before they are unpinned together. */
#define RELEASE_BATCH	128

/**
 * piece_find - the part of a range that lies in the chunk of its first page
 * @mem: the mem; it has chunk words
 * @piece: out
 * @first: first page
 * @last: last page, inclusive
 */
void piece_find(struct mem *mem, struct piece *piece, unsigned long first,
		unsigned long last)
{
	unsigned long slots = mem->skew + mem->npages;
	unsigned long slot = mem->skew + first;
	unsigned long base = round_down(slot, CHUNK_PAGES);

	piece->chunk = &mem->chunks[slot >> CHUNK_SHIFT];
	piece->size = min_t(unsigned long, slots - base, CHUNK_PAGES);
	piece->first = slot - base;
	piece->last = min_t(unsigned long, mem->skew + last - base,
			    CHUNK_PAGES - 1);
	piece->index = base - mem->skew;
}

/**
 * piece_has_folio - does a chunk hold a page of a folio outside some slots
 * @piece: names the chunk
 * @folio: the folio
 * @first: first slot that does not count
 * @last: last slot that does not count, inclusive
 */
bool piece_has_folio(const struct piece *piece, struct folio *folio,
		     unsigned int first, unsigned int last)
{
	unsigned long start = folio_pfn(folio);
	unsigned long nr = folio_nr_pages(folio);
	unsigned int slot;

	for (slot = 0; slot < first; slot++)
		if (chunk_frame(*piece->chunk, slot) - start < nr)
			return true;
	for (slot = last + 1; slot < piece->size; slot++)
		if (chunk_frame(*piece->chunk, slot) - start < nr)
			return true;
	return false;
}

/*
 * How many of @pages from the first on are of one large folio; each other
 * page stands for itself, also where it comes twice.
 */
static unsigned int folio_run(struct page **pages, unsigned int npages)
{
	struct folio *folio = page_folio(pages[0]);
	unsigned int n = 1;

	while (n < npages && folio_test_large(folio) &&
	       page_folio(pages[n]) == folio)
		n++;
	return n;
}

/**
 * piece_fold_pins - leave one pin for each folio in a chunk
 * @piece: names the chunk
 * @slot: from here on it was just set to @pages
 * @pages: the pages
 * @npages: how many
 * @by_folio: they came with one pin a folio, not one a page
 * @was_empty: the chunk had no frame before
 */
void piece_fold_pins(const struct piece *piece, unsigned int slot,
		     struct page **pages, unsigned int npages, bool by_folio,
		     bool was_empty)
{
	unsigned int i, n, extra;

	for (i = 0; i < npages; i += n) {
		struct folio *folio = page_folio(pages[i]);

		n = folio_run(pages + i, npages - i);
		extra = by_folio ? 0 : n - 1;
		if (!was_empty && folio_test_large(folio) &&
		    piece_has_folio(piece, folio, slot + i,
				    slot + npages - 1))
			extra++;
		if (extra)
			pin_release(pages + i, extra, false);
	}
}

/**
 * pages_unpin - unpin pages that no chunk has taken
 * @pages: the pages
 * @npages: how many
 * @by_folio: they came with one pin a folio, not one a page
 */
void pages_unpin(struct page **pages, unsigned int npages, bool by_folio)
{
	unsigned int i, n;

	if (!by_folio) {
		pin_release(pages, npages, false);
		return;
	}
	for (i = 0; i < npages; i += n) {
		n = folio_run(pages + i, npages - i);
		pin_release(pages + i, 1, false);
	}
}

/* The pages of @n entries of a table, but for those that are empty: how many. */
static __always_inline unsigned int
frames_to_pages(const u32 *frames, unsigned int n, struct page **pages)
{
	const u32 *end = frames + n;
	struct page **out = pages;

#pragma GCC unroll 8
	for (; frames < end; frames++)
		if (*frames)
			*out++ = pfn_to_page(*frames);
	return out - pages;
}

/* Unpin pages @first to @last of a table, each of which has its own pin. */
static unsigned int frames_unpin(const u32 *frames, unsigned int first,
				 unsigned int last, bool dirty)
{
	struct page *pages[RELEASE_BATCH] __uninitialized;
	unsigned int slot, n, count, released = 0;

	for (slot = first; slot <= last; slot += n) {
		n = min_t(unsigned int, last - slot + 1, RELEASE_BATCH);
		count = frames_to_pages(frames + slot, n, pages);
		if (count)
			pin_release(pages, count, dirty);
		released += count;
	}
	return released;
}

/* Unpin a piece in which each page has its own pin. */
static unsigned int piece_unpin_pages(const struct piece *piece, bool dirty)
{
	const u32 *frames = chunk_frames(*piece->chunk);
	unsigned int slot, n, released = 0;
	unsigned long pfn;

	if (frames)
		return frames_unpin(frames, piece->first, piece->last, dirty);
	for (slot = piece->first; slot <= piece->last; slot += n) {
		n = chunk_run(*piece->chunk, slot, piece->last, &pfn);
		if (pfn == CHUNK_NONE)
			continue;
		pin_release_run(pfn_to_page(pfn), n, dirty);
		released += n;
	}
	return released;
}

/* Unpin each folio of which no page is left in the chunk afterwards. */
static unsigned int piece_unpin_folios(const struct piece *piece, bool dirty)
{
	unsigned int slot, n, released = 0;

	for (slot = piece->first; slot <= piece->last; slot += n) {
		unsigned long pfn;
		struct folio *folio;
		struct page *page;

		n = chunk_run(*piece->chunk, slot, piece->last, &pfn);
		if (pfn == CHUNK_NONE)
			continue;
		page = pfn_to_page(pfn);
		folio = page_folio(page);
		n = min_t(unsigned long, n,
			  folio_pfn(folio) + folio_nr_pages(folio) - pfn);
		if (!folio_test_large(folio) ||
		    !piece_has_folio(piece, folio, slot, piece->last))
			pin_release(&page, 1, dirty);
		released += n;
	}
	return released;
}

/**
 * piece_unpin - drop the pins of a piece
 * @piece: the piece; the caller forgets its frames next
 * @dirty: they were written to
 *
 * Return: how many pages lose their pin, or their part in one.
 */
unsigned int piece_unpin(const struct piece *piece, bool dirty)
{
	if (chunk_is_by_folio(*piece->chunk))
		return piece_unpin_folios(piece, dirty);
	return piece_unpin_pages(piece, dirty);
}
