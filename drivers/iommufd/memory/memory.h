/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A slice of user memory, pinned once: the noun that this storey is about.
 */
#ifndef __IOMMUFD_MEMORY_MEMORY_H
#define __IOMMUFD_MEMORY_MEMORY_H

#include <linux/interval_tree.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "iommufd/base/object.h"
#include "iommufd/memory/chunk.h"
#include "iommufd/memory/pin.h"

struct account;
struct share;

/**
 * struct mem_user - somebody who needs the frames of a range of a mem
 * @node: the first and the last page, inclusive
 * @refs: those who share it: accesses of equal ranges, or areas of the range
 *	of the first user, which have a reference on the mem each; guarded by
 *	mem->lock
 * @access: it is for an access; found again by its range
 */
struct mem_user {
	struct interval_tree_node node;
	unsigned int refs;
	bool access;
};

/**
 * struct mem - a contiguous slice of user memory
 * @refs: areas, and calls that are about to make one
 * @lock: guards @users, @chunks, @npinned, @hugetlb, @share, and the pins
 *	themselves
 * @account: who pays; guarded by @lock, and changed under ictx->share_lock as well
 * @heir: who pays too, while it takes over, see takeover.c; else NULL.  Guarded as
 *	@account
 * @source: where pages come from
 * @npages: size, in pages
 * @skew: pages between the start of chunk 0 and page 0; chunks are aligned to
 *	their size in the source, so that huge pages fall into one
 * @hugetlb: the last chunk that was pinned was one hugetlb page; a hint
 * @counted: in which round it was counted, see ictx->view_round; guarded by
 *	ictx->view_lock
 * @users: ranges whose pages stay pinned
 * @first_user: room for the first user, so that most need no allocation
 * @npinned: pages pinned and charged
 * @share: its place in the registry, while others may share it; else NULL
 * @chunks: one word for each 2 MiB, see chunk.h; NULL before the first page
 * @few_chunks: room for them where they are few
 */
struct mem {
	refcount_t refs;
	bool hugetlb;
	u8 counted;
	u16 skew;
	struct mutex lock;	/* inside of ioas->topo */
	struct account *account;
	struct account *heir;
	struct pin_source source;
	unsigned long npages;
	unsigned long npinned;
	struct share *share;
	struct rb_root_cached users;
	struct mem_user first_user;
	chunk_t *chunks;
	chunk_t few_chunks[];
};

/* Has a mem so many areas that it can't have one more? */
static inline bool mem_is_crowded(const struct mem *mem)
{
	return refcount_read(&mem->refs) >= REFS_MAX;
}

#endif /* __IOMMUFD_MEMORY_MEMORY_H */
