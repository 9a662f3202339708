/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bitmaps in user memory, one bit for each page of a range of IOVA, which
 * drivers fill by iova_bitmap_set().
 */
#ifndef __COMPAT_BITMAP_H
#define __COMPAT_BITMAP_H

#include <linux/types.h>

struct iova_bitmap;

/*
 * Sets bits of @iova and on, @length bytes, by iova_bitmap_set(): a part of the
 * whole.
 */
typedef int (*compat_bitmap_part)(struct iova_bitmap *bitmap,
				  unsigned long iova, unsigned long length,
				  void *data);

/*
 * Whether what drivers record arrives; a constant, so that there is no code for
 * what never happens.
 */
static inline bool compat_bitmap_works(void)
{
#ifdef HAVE_IOVA_BITMAP_STUB
	return false;
#else
	return true;
#endif
}

int compat_bitmap_fill(void __user *bitmap, unsigned long iova,
		       unsigned long length, unsigned long page_size,
		       compat_bitmap_part part, void *data);

#endif /* __COMPAT_BITMAP_H */
