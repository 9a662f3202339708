/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may be told of memory, to who looks at a context.
 */
#ifndef __IOMMUFD_MEMORY_VIEW_H
#define __IOMMUFD_MEMORY_VIEW_H

#include <linux/types.h>

struct account;
struct iommufd_ctx;
struct mem;

#define MEM_VIEW_NAME 32

/**
 * struct mem_view - a mem, as it is told
 * @is_file: it is memory of a file
 * @hidden: the rest is not for the caller
 * @start: user address, or offset in the file, of page 0
 * @pid: of who pays, in the namespace of the caller
 * @name: of the file
 */
struct mem_view {
	bool is_file;
	bool hidden;
	unsigned long start;
	pid_t pid;
	char name[MEM_VIEW_NAME];
};

bool account_is_hidden(const struct account *account, bool trusted);
pid_t account_pid(const struct account *account);
void mem_look(struct iommufd_ctx *ictx, const struct mem *mem, bool trusted,
	      struct mem_view *view);
size_t mem_footprint(const struct mem *mem);
unsigned long mem_count_large(struct mem *mem, unsigned long first,
			      unsigned long last);

#endif /* __IOMMUFD_MEMORY_VIEW_H */
