/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames for a range of a mem.
 */
#ifndef __IOMMUFD_MEMORY_FILL_H
#define __IOMMUFD_MEMORY_FILL_H

#include <linux/types.h>

struct mem;
struct mem_user;

/**
 * struct extent - the frames of some pages of a mem
 * @index: the first page
 * @npages: how many
 * @frames: frame of each page, or NULL where they are adjacent
 * @pfn: frame of the first page where @frames is NULL
 */
struct extent {
	unsigned long index;
	unsigned long npages;
	const u32 *frames;
	unsigned long pfn;
};

/* Called with mem->lock held, in the order of the pages. */
typedef int (*mem_emit_fn)(void *arg, const struct extent *extent);

int mem_fill(struct mem *mem, const struct mem_user *user, mem_emit_fn emit,
	     void *arg);
int mem_fill_locked(struct mem *mem, unsigned long first, unsigned long last,
		    mem_emit_fn emit, void *arg);
void mem_limit_fill(unsigned int npages);

#endif /* __IOMMUFD_MEMORY_FILL_H */
