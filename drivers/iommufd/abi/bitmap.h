/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A part of a bitmap in user memory.
 */
#ifndef __IOMMUFD_ABI_BITMAP_H
#define __IOMMUFD_ABI_BITMAP_H

#include <linux/bits.h>
#include <linux/mm.h>
#include <linux/types.h>

/* Bits of one part, at most; one page more where they begin amid a page. */
#define BITMAP_PART_BITS BIT(20)
#define BITMAP_PART_PAGES (BITMAP_PART_BITS / BITS_PER_BYTE / PAGE_SIZE + 1)

/**
 * struct bitmap_part - a part of a bitmap, its pages pinned
 * @iova: what bit @bit stands for begins there
 * @shift: a bit stands for 2^@shift bytes
 * @bit: of the first page
 * @npages: of @pages
 * @pages: the pages
 */
struct bitmap_part {
	unsigned long iova;
	unsigned int shift;
	unsigned long bit;
	unsigned int npages;
	struct page *pages[BITMAP_PART_PAGES];
};

int bitmap_part_pin(struct bitmap_part *part, void __user *bitmap,
		    unsigned long bit, unsigned long nbits);
void bitmap_part_mark(void *data, unsigned long first, unsigned long last);
void bitmap_part_unpin(struct bitmap_part *part);

#endif /* __IOMMUFD_ABI_BITMAP_H */
