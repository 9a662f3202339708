/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An IO address space, and the in-kernel users that it has: the nouns of this
 * storey that more than one of its files are about.
 */
#ifndef __IOMMUFD_IOAS_IOAS_H
#define __IOMMUFD_IOAS_IOAS_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "iommufd/base/object.h"
#include "iommufd/base/span.h"
#include "iommufd/ioas/iova.h"

struct domain;
struct iommufd_access_ops;
struct iommufd_ctx;

/**
 * struct ioas - an IO address space
 * @obj: names it
 * @topo: for writing to change @domains or @iova; for reading to map, unmap
 *	or access.  Areas in state RESERVED exist only under it
 * @domains: the domains that hold every area; guarded by @topo
 * @ndomains: entries of @domains
 * @npinning: accesses that pin pages; guarded by @topo
 * @iova: which IOVA may be used; guarded by @topo, and what it remembers by
 *	@tree_lock as well
 * @small_pages: map with the smallest IO page only; guarded by @topo
 * @hwpts: page tables of this IOAS; guarded by @hwpts_lock
 * @hwpts_lock: also makes the choice of a page table for a device one step;
 *	outside of group->lock
 * @accesses: by id; changed under @topo
 * @tree_lock: guards @areas, @cursor, @readings, and state and accesses of each area
 * @areas: by IOVA
 * @cursor: where the search for a free IOVA starts
 * @access_wait: woken when a pin of an access goes
 * @readings: ranges that are being read from page tables; guarded by @tree_lock
 * @nreadings: how many have begun; guarded by @tree_lock
 * @reading_wait: woken when one of them ends
 */
struct ioas {
	struct object obj;
	struct rw_semaphore topo;
	struct domain **domains;
	unsigned int ndomains;
	unsigned int npinning;
	struct iova_space iova;
	bool small_pages;
	struct mutex hwpts_lock;	/* outside of group->lock */
	struct list_head hwpts;
	struct xarray accesses;
	spinlock_t tree_lock;	/* a leaf */
	struct span_tree areas;
	unsigned long cursor;
	wait_queue_head_t access_wait;
	struct list_head readings;
	u64 nreadings;
	wait_queue_head_t reading_wait;
};

/**
 * struct iommufd_access - what a driver without DMA uses an IOAS through
 * @obj: names it
 * @ops: its owner's
 * @data: for @ops
 * @ioas: what it is attached to, or NULL; guarded by @lock
 * @unpin_ioas: the same, and still while a detach asks for the pins to go;
 *	guarded by @lock, and constant while there are pins
 * @lock: mutex, outside of ioas->topo; not held over @ops
 */
struct iommufd_access {
	struct object obj;
	const struct iommufd_access_ops *ops;
	void *data;
	struct mutex lock;	/* outside of ioas->topo */
	struct ioas *ioas;
	struct ioas *unpin_ioas;
};

struct ioas *ioas_create(struct iommufd_ctx *ictx);
void ioas_publish(struct ioas *ioas);
void ioas_abort(struct ioas *ioas);
struct ioas *ioas_get(struct iommufd_ctx *ictx, u32 id);
void ioas_put(struct ioas *ioas);

#endif /* __IOMMUFD_IOAS_IOAS_H */
