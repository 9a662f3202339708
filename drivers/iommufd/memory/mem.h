/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done to a mem: references, users, release.
 */
#ifndef __IOMMUFD_MEMORY_MEM_H
#define __IOMMUFD_MEMORY_MEM_H

#include <linux/types.h>

struct account;
struct extent;
struct file;
struct mem;
struct mem_user;

struct mem *mem_create(struct account *account, struct file *file,
		       unsigned long start, unsigned long length,
		       bool writable);
struct mem *mem_create_blank(void);
struct mem_user *mem_adopt(struct mem *mem, struct account *account,
			   unsigned long address, bool writable,
			   unsigned long pfn);
struct mem *mem_part(struct mem *mem, unsigned long first,
		     unsigned long npages);
struct mem *mem_get(struct mem *mem);
void mem_put(struct mem *mem);
void mem_leak(struct mem *mem);
struct mem_user *mem_use(struct mem *mem, unsigned long first,
			 unsigned long last);
void mem_unuse(struct mem *mem, struct mem_user *user);
struct mem_user *mem_use_page(struct mem *mem, unsigned long *pfn);

/* For cpu.c. */
void mem_user_insert(struct mem *mem, struct mem_user *user,
		     unsigned long first, unsigned long last);
void mem_unuse_locked(struct mem *mem, struct mem_user *user);
unsigned long mem_frame(const struct mem *mem, unsigned long index);
int mem_emit_pages(void *arg, const struct extent *extent);

#endif /* __IOMMUFD_MEMORY_MEM_H */
