/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of a mem as the CPU reaches it, for accesses.
 */
#ifndef __IOMMUFD_MEMORY_CPU_H
#define __IOMMUFD_MEMORY_CPU_H

#include <linux/types.h>

struct mem;
struct page;

int mem_access_pin(struct mem *mem, unsigned long first, unsigned long last,
		   struct page **pages);
void mem_access_unpin(struct mem *mem, unsigned long first,
		      unsigned long last);
int mem_rw(struct mem *mem, unsigned long offset, void *data, size_t len,
	   bool write);

#endif /* __IOMMUFD_MEMORY_CPU_H */
