/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A context: one open file of /dev/iommu, and what each storey remembers with it.
 * What the pointers lead to is private to these.
 */
#ifndef __IOMMUFD_BASE_CONTEXT_H
#define __IOMMUFD_BASE_CONTEXT_H

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

struct account;
struct ioas;
struct iommufd_join;
struct quota;

/**
 * struct iommufd_ctx - one open file of /dev/iommu
 * @file: the file; each bound device and access holds a reference on it
 * @objects: ids; its own lock guards the table
 * @groups_lock: guards @groups and every group's count of devices
 * @groups: IOMMU groups of which devices are bound
 * @carry_lock: held for reading while a COPY carries memory from one IOAS to
 *	another, for writing by who goes through all IOASes and has to meet it
 * @account_lock: guards @account
 * @account: the payer that was used last, or NULL
 * @rlimit_mm: charge the mm and not the user; guarded by the lock of @objects
 * @quota: what the user who has opened it may make drivers allocate
 * @share_lock: guards @shares, and who pays for a mem, which changes under the lock
 *	of the mem as well
 * @shares: the registry of share.c
 * @view_lock: guards @view_round, and what was counted in it; held by who sums up what
 *	the context has
 * @view_round: the number of the sum that was begun last; 0 for none
 * @is_container: it is that of a container of vfio.ko, which has no descriptor
 * @any_pfnmap: in there registers of any driver may be mapped, not of VFIO's alone
 * @type1_ioas: what the ioctls of a VFIO container work on, or NULL; guarded by
 *	the lock of @objects
 * @joined: the container of vfio.ko that groups are in, or NULL; set once, see join.c
 * @join: who has opened that
 */
struct iommufd_ctx {
	struct file *file;
	struct xarray objects;
	struct mutex groups_lock;	/* outside of group->lock */
	struct list_head groups;
	struct rw_semaphore carry_lock;	/* outside of ioas->topo */
	spinlock_t account_lock;	/* a leaf */
	struct account *account;
	bool rlimit_mm;
	struct quota *quota;
	spinlock_t share_lock;	/* a leaf */
	struct rb_root_cached shares;
	struct mutex view_lock;	/* outside of ioas->topo, which is only tried */
	u8 view_round;
	bool is_container;
	bool any_pfnmap;
	struct ioas *type1_ioas;
	struct file *joined;
	const struct iommufd_join *join;
};

/* For iommufd_ctx_get() and _put(), which are for other modules. */
static inline void ctx_get(struct iommufd_ctx *ictx)
{
	get_file(ictx->file);
}

static inline void ctx_put(struct iommufd_ctx *ictx)
{
	fput(ictx->file);
}

void context_init(struct iommufd_ctx *ictx);

#endif /* __IOMMUFD_BASE_CONTEXT_H */
