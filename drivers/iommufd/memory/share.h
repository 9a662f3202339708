/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mems that other IOASes of a context may share.
 */
#ifndef __IOMMUFD_MEMORY_SHARE_H
#define __IOMMUFD_MEMORY_SHARE_H

#include <linux/types.h>

#include "iommufd/memory/chunk.h"
#include "iommufd/memory/memory.h"

struct account;
struct iommufd_ctx;
struct share;

/* Is it worth a place in the registry?  Most mems are smaller. */
static inline bool mem_is_large(const struct mem *mem)
{
	return mem->npages >= CHUNK_PAGES;
}

struct share *share_offer(struct iommufd_ctx *ictx, struct mem *mem);
void share_cancel(struct share *share);
void share_publish(struct share *share);
void share_withdraw(struct mem *mem);
void share_set_payers(struct iommufd_ctx *ictx, struct mem *mem,
		      struct account *account, struct account *heir);
struct mem *share_find(struct iommufd_ctx *ictx, const struct mem *want);
int share_verify(struct mem *mem, const struct mem *want);

#endif /* __IOMMUFD_MEMORY_SHARE_H */
