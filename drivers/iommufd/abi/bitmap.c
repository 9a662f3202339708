// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bitmap in user memory, a part at a time: its pages are pinned before any lock is
 * taken, so bits can be set by who must not wait for user memory.
 *
 * No lock.  Others may set bits of the same words, user space among them, so words are
 * changed by atomic operations.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/highmem.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "iommufd/abi/bitmap.h"

#define PAGE_BITS (PAGE_SIZE * BITS_PER_BYTE)

/**
 * bitmap_part_pin - have the pages of a part
 * @part: with @iova and @shift set; the rest is set
 * @bitmap: all of it, which ends before user memory does
 * @bit: the first bit of the part, a multiple of 8
 * @nbits: how many, not 0, at most BITMAP_PART_BITS
 *
 * Return: 0, -EFAULT, -ENOMEM, -EINTR.
 */
int bitmap_part_pin(struct bitmap_part *part, void __user *bitmap,
		    unsigned long bit, unsigned long nbits)
{
	unsigned long user = (unsigned long)bitmap + bit / BITS_PER_BYTE;
	unsigned int npages;
	int n;

	part->bit = offset_in_page(user) * BITS_PER_BYTE;
	npages = DIV_ROUND_UP(part->bit + nbits, PAGE_BITS);
	n = pin_user_pages_fast(user & PAGE_MASK, npages, FOLL_WRITE,
				part->pages);
	part->npages = max(n, 0);
	if (part->npages == npages)
		return 0;
	bitmap_part_unpin(part);
	return n < 0 ? n : -EFAULT;
}

/**
 * bitmap_part_unpin - let go of what bitmap_part_pin() has pinned
 * @part: the part
 */
void bitmap_part_unpin(struct bitmap_part *part)
{
	if (part->npages)
		unpin_user_pages_dirty_lock(part->pages, part->npages, true);
}

static void words_set(unsigned long *words, unsigned int bit,
		      unsigned int nbits)
{
	while (nbits) {
		unsigned int low = bit % BITS_PER_LONG;
		unsigned int n = min_t(unsigned int, nbits, BITS_PER_LONG - low);
		unsigned long mask = GENMASK(low + n - 1, low);
		unsigned long *word = &words[bit / BITS_PER_LONG];

		/* All that others could set is set then, too. */
		if (n == BITS_PER_LONG)
			WRITE_ONCE(*word, mask);
		else if ((READ_ONCE(*word) & mask) != mask)
			atomic_long_or(mask, (atomic_long_t *)word);
		bit += n;
		nbits -= n;
	}
}

/**
 * bitmap_part_mark - set the bits of a range
 * @data: the part
 * @first: first IOVA, in the part, as is
 * @last: the last IOVA, inclusive
 *
 * Context: does not sleep.
 */
void bitmap_part_mark(void *data, unsigned long first, unsigned long last)
{
	struct bitmap_part *part = data;
	unsigned long bit = ((first - part->iova) >> part->shift) + part->bit;
	unsigned long end = ((last - part->iova) >> part->shift) + part->bit + 1;

	while (bit < end) {
		unsigned int at = bit % PAGE_BITS;
		unsigned int n = min(end - bit, PAGE_BITS - at);
		void *page = kmap_local_page(part->pages[bit / PAGE_BITS]);

		words_set(page, at, n);
		kunmap_local(page);
		bit += n;
	}
}
