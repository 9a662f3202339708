/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Physical memory for tests: frames in folios, each folio with its count of
 * pins, and the kernel's names for them. A frame has contents, so that copies
 * to and from it can be compared.
 *
 * To be included once, before the file of the modules that uses it.
 */
#ifndef _UNIT_FRAMES_H
#define _UNIT_FRAMES_H

#include <linux/mm.h>

#define FRAMES (18 * 1024)

/**
 * struct folio - frames that are pinned together
 * @pfn: the first
 * @npages: how many
 * @hugetlb: mapped as a whole only
 * @pins: held now
 * @want_pins: what the model says, while it compares
 * @seen: the model's mark
 * @due: written to, and not yet marked as dirty
 */
struct folio {
	unsigned long pfn;
	unsigned long npages;
	bool hugetlb;
	long pins;
	long want_pins;
	unsigned long seen;
	bool due;
};

static struct folio folios[FRAMES];
static unsigned int nfolios;
static struct folio *frame_folio[FRAMES];
static unsigned char frame_bytes[FRAMES][PAGE_SIZE];
static unsigned long frame_base, nframes;

/* No folio; the frames count from @base, for wide and narrow numbers. */
static void frames_begin(unsigned long base)
{
	frame_base = base;
	nframes = 0;
	nfolios = 0;
}

/* The first frame of a new folio; 0 where memory is used up. */
static unsigned long frames_alloc(unsigned long npages, bool hugetlb)
{
	struct folio *folio = &folios[nfolios];
	unsigned long i;

	if (nframes + npages > FRAMES)
		return 0;
	nfolios++;
	*folio = (struct folio){
		.pfn = frame_base + nframes, .npages = npages,
		.hugetlb = hugetlb,
	};
	for (i = 0; i < npages; i++)
		frame_folio[nframes++] = folio;
	return folio->pfn;
}

static struct folio *pfn_folio(unsigned long pfn)
{
	WARN_ON(pfn < frame_base || pfn - frame_base >= nframes);
	return frame_folio[pfn - frame_base];
}

static void pfn_unpin(unsigned long pfn, bool dirty)
{
	struct folio *folio = pfn_folio(pfn);

	folio->pins--;
	WARN_ON(folio->pins < 0);
	if (dirty)
		folio->due = false;
	WARN_ON(!folio->pins && folio->due);
}

/* ---- as the kernel has them ---- */

static struct folio *page_folio(struct page *page)
{
	return pfn_folio(page_to_pfn(page));
}

#define folio_pfn(folio) ((folio)->pfn)
#define folio_nr_pages(folio) ((folio)->npages)
#define folio_test_large(folio) ((folio)->npages > 1)
#define PageHuge(page) (page_folio(page)->hugetlb)

static unsigned char *page_bytes(struct page *page)
{
	/* Nobody touches memory that may go away meanwhile. */
	WARN_ON(page_folio(page)->pins < 1);
	return frame_bytes[page_to_pfn(page) - frame_base];
}

static void memcpy_to_page(struct page *page, size_t offset, const void *data,
			   size_t len)
{
	WARN_ON(offset + len > PAGE_SIZE);
	memcpy(page_bytes(page) + offset, data, len);
	page_folio(page)->due = true;
}

static void memcpy_from_page(void *data, struct page *page, size_t offset,
			     size_t len)
{
	WARN_ON(offset + len > PAGE_SIZE);
	memcpy(data, page_bytes(page) + offset, len);
}

#endif
