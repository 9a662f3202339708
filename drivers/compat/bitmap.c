// SPDX-License-Identifier: GPL-2.0-only
/*
 * The user's bitmap, a part at a time: its pages are pinned, the driver sets
 * bits in them, they are unpinned.
 *
 * Drivers call iova_bitmap_set(), which belongs to vfio.ko where there is one.
 * The rest of that is private, so the struct that it reads is laid out here
 * again.  Kernels that have it within their own iommufd leave drivers with an
 * empty function: there no bit would arrive.
 */
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "compat/bitmap.h"

#ifndef HAVE_IOVA_BITMAP_STUB

/* Pages of the bitmap that are pinned at a time: 64 GiB of IOVA at 4 KiB */
#define BITMAP_PAGES 512

/**
 * struct iova_bitmap_map - a part of a bitmap, as iova_bitmap_set() reads it
 * @iova: that of bit 0 of the byte at @pgoff
 * @pgshift: the size of a page of IOVA
 * @pgoff: where in the first page the bits begin
 * @npages: of @pages
 * @pages: pinned pages with the bits
 */
struct iova_bitmap_map {
	unsigned long iova;
	unsigned long pgshift;
	unsigned long pgoff;
	unsigned long npages;
	struct page **pages;
};

/**
 * struct iova_bitmap - what vfio.ko's begins with
 * @mapped: all that iova_bitmap_set() reads
 *
 * Both are private to vfio.ko; scripts/vfio-btf compares them.
 */
struct iova_bitmap {
	struct iova_bitmap_map mapped;
};

/* One part, for which @bitmap has room: from @user on. */
static int bitmap_fill_part(struct iova_bitmap *bitmap, unsigned long user,
			    unsigned long bytes, unsigned long length,
			    compat_bitmap_part part, void *data)
{
	struct iova_bitmap_map *map = &bitmap->mapped;
	long npages;
	int ret = -EFAULT;

	map->pgoff = offset_in_page(user);
	map->npages = DIV_ROUND_UP(map->pgoff + bytes, PAGE_SIZE);

	npages = pin_user_pages_fast(user - map->pgoff, map->npages,
				     FOLL_WRITE, map->pages);
	if (npages == map->npages)
		ret = part(bitmap, map->iova, length, data);
	if (npages > 0)
		unpin_user_pages_dirty_lock(map->pages, npages, true);
	return ret;
}

/**
 * compat_bitmap_fill() - let a driver fill a bitmap
 * @bitmap: where it is
 * @iova: of its first bit
 * @length: of the range that it is for, in bytes of IOVA; neither is 0 nor ends
 *	beyond what there is
 * @page_size: what a bit stands for, a power of two
 * @part: called for each part of the range
 * @data: for @part
 *
 * Bits that are set stay set.
 *
 * Return: 0; -EFAULT; -ENOMEM; what @part returned, if not 0, at once.
 */
int compat_bitmap_fill(void __user *bitmap, unsigned long iova,
		       unsigned long length, unsigned long page_size,
		       compat_bitmap_part part, void *data)
{
	struct iova_bitmap window = {
		.mapped.iova = iova,
		.mapped.pgshift = ilog2(page_size),
	};
	struct iova_bitmap_map *map = &window.mapped;
	unsigned long user = (unsigned long)bitmap;
	int ret = 0;

	map->pages = kmalloc_array(BITMAP_PAGES, sizeof(*map->pages),
				   GFP_KERNEL_ACCOUNT);
	if (!map->pages)
		return -ENOMEM;

	while (length && !ret) {
		unsigned long bits = ((length - 1) >> map->pgshift) + 1;
		unsigned long bytes = min(DIV_ROUND_UP(bits, 8),
					  BITMAP_PAGES * PAGE_SIZE -
					  offset_in_page(user));
		unsigned long step = length;

		if (bytes * 8 < bits)
			step = (bytes * 8) << map->pgshift;
		ret = bitmap_fill_part(&window, user, bytes, step, part, data);

		map->iova += step;
		user += bytes;
		length -= step;
		cond_resched();
	}

	kfree(map->pages);
	return ret;
}

#else

int compat_bitmap_fill(void __user *bitmap, unsigned long iova,
		       unsigned long length, unsigned long page_size,
		       compat_bitmap_part part, void *data)
{
	return -ENOTTY;
}

#endif
