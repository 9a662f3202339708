// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of devices in domains: mapped while they may be reached, and not for longer.
 *
 * A pane shows some of them in one domain.  A watch tells whether the
 * process may reach the registers; all panes are mapped or unmapped accordingly.  They are
 * unmapped by the thread that is about to take the registers away, before it does.  It
 * holds locks that page faults want, so no lock is taken there over which anybody faults
 * or allocates: watch.lock is a spinlock, and all maps and unmaps under it are atomic.  It
 * is not held for more than a grain: see extent_grow().
 *
 * What could not be mapped waits until it is revived: by a call that may have turned the
 * device on, or by a worker that looks now and then.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/memcontrol.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "iommufd/ioas/mmio.h"
#include "iommufd/ioas/waiting.h"
#include "iommufd/iommu/call.h"
#include "iommufd/iommu/dirty.h"
#include "iommufd/iommu/extent.h"
#include "iommufd/memory/export.h"

/* ---- panes ---- */

static phys_addr_t pane_paddr(const struct pane *pane)
{
	return PFN_PHYS(pane->mmio->watch.pfn) + pane->offset;
}

/* While nobody knows where its registers are, how they are aligned. */
static phys_addr_t pane_like(const struct pane *pane)
{
	const struct watch *watch = &pane->mmio->watch;

	return READ_ONCE(watch->open) ? pane_paddr(pane) :
	       PFN_PHYS(watch->place.pgoff) + pane->offset;
}

/* A pane goes to the list that it now belongs to. */
static void pane_settle(struct pane *pane)
{
	const struct extent *extent = &pane->extent;
	struct mmio *mmio = pane->mmio;

	lockdep_assert_held(&mmio->watch.lock);

	if (!extent->mapped && pane->leaving)
		list_del_init(&pane->node);
	else if (!extent->mapped)
		list_move_tail(&pane->node, pane->error ? &mmio->failed :
						&mmio->empty);
	else if (extent->mapped < extent->size && !pane->leaving)
		list_move(&pane->node, &mmio->partial);
	else
		list_move_tail(&pane->node, &mmio->full);
}

/*
 * Map one grain more.  What the driver does not like is not tried again before the
 * registers have gone; for want of memory it is.
 */
static int pane_map(struct pane *pane)
{
	int rc;

	lockdep_assert_held(&pane->mmio->watch.lock);

	rc = extent_grow(&pane->extent, pane_paddr(pane), pane->prot);
	pane->error = rc == -ENOMEM ? 0 : rc;
	pane_settle(pane);
	return rc;
}

/* Unmap the last grain. */
static void pane_unmap(struct pane *pane)
{
	lockdep_assert_held(&pane->mmio->watch.lock);

	extent_shrink(&pane->extent);
	pane_settle(pane);
}

/**
 * pane_create - show registers in a domain
 * @mmio: the registers
 * @domain: the domain; it stays until pane_destroy()
 * @iova: first IOVA
 * @offset: first byte of @mmio
 * @length: bytes
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_MMIO
 *
 * They are mapped by mmio_renew().
 *
 * Return: the pane, or an ERR_PTR: -ENOSPC, -ENOMEM, -EFAULT where its IOMMU can't reach
 * registers.
 */
struct pane *pane_create(struct mmio *mmio, struct domain *domain,
			 unsigned long iova, unsigned long offset,
			 size_t length, int prot)
{
	struct pane *pane;
	int rc;

	pane = kzalloc(sizeof(*pane), GFP_KERNEL_ACCOUNT);
	if (!pane)
		return ERR_PTR(-ENOMEM);
	pane->mmio = mmio;
	pane->offset = offset;
	pane->prot = prot;
	rc = extent_init(&pane->extent, domain, iova, pane_like(pane), length);
	if (rc) {
		kfree(pane);
		return ERR_PTR(rc);
	}
	spin_lock(&mmio->watch.lock);
	list_add_tail(&pane->node, &mmio->empty);
	spin_unlock(&mmio->watch.lock);
	return pane;
}

/**
 * pane_pause - take registers out of a domain
 * @pane: the pane
 *
 * When it returns no device reaches the registers through it, and nobody calls the driver
 * of its domain, until pane_resume().
 */
void pane_pause(struct pane *pane)
{
	struct watch *watch = &pane->mmio->watch;

	spin_lock(&watch->lock);
	pane->leaving = true;
	/* In its list until nothing is mapped: it may have to be closed meanwhile. */
	pane_settle(pane);
	while (pane->extent.mapped) {
		pane_unmap(pane);
		cond_resched_lock(&watch->lock);
	}
	spin_unlock(&watch->lock);
}

/**
 * pane_destroy - undo pane_create()
 * @pane: the pane
 *
 * When it returns no device reaches the registers through it.
 */
void pane_destroy(struct pane *pane)
{
	pane_pause(pane);
	extent_destroy(&pane->extent);
	kfree(pane);
}

/* ---- all panes ---- */

static struct pane *mmio_first_mapped(struct mmio *mmio)
{
	struct pane *pane;

	pane = list_first_entry_or_null(&mmio->partial, struct pane, node);
	if (!pane)
		pane = list_first_entry_or_null(&mmio->full, struct pane, node);
	return pane;
}

static struct pane *mmio_first_missing(struct mmio *mmio)
{
	struct pane *pane;

	pane = list_first_entry_or_null(&mmio->partial, struct pane, node);
	if (!pane)
		pane = list_first_entry_or_null(&mmio->empty, struct pane,
						node);
	return pane;
}

static bool mmio_is_missing(struct mmio *mmio)
{
	return mmio_first_missing(mmio);
}

/* Called by who is about to take the registers away, before that. */
static void mmio_close(struct watch *watch, bool may_sleep)
{
	struct mmio *mmio = container_of(watch, struct mmio, watch);
	struct pane *pane;

	while ((pane = mmio_first_mapped(mmio))) {
		pane_unmap(pane);
		if (may_sleep)
			cond_resched_lock(&watch->lock);
	}
	list_splice_tail_init(&mmio->failed, &mmio->empty);
	if (!watch->over && mmio_is_missing(mmio))
		waiting_add(&mmio->waiting);
}

/*
 * What can't be mapped as a whole is not mapped at all.  Somebody may go on meanwhile, with
 * another pane, and find it empty.
 */
static void mmio_give_up(struct mmio *mmio)
{
	struct watch *watch = &mmio->watch;
	struct pane *pane;

	while ((pane = list_first_entry_or_null(&mmio->partial, struct pane,
						node))) {
		pane_unmap(pane);
		cond_resched_lock(&watch->lock);
	}
}

/*
 * Map what is missing, as long as the registers may be reached.  A pane that its driver
 * would not map is no reason to leave others out.
 */
static int mmio_fill(struct mmio *mmio)
{
	struct watch *watch = &mmio->watch;
	unsigned int tries = 0;
	struct pane *pane;
	int rc = 0;

	spin_lock(&watch->lock);
	while (watch->open && !rc) {
		pane = mmio_first_missing(mmio);
		if (!pane)
			break;
		rc = pane_map(pane);
		if (rc == -ENOMEM) {
			spin_unlock(&watch->lock);
			if (call_make_room(&tries))
				rc = 0;
			spin_lock(&watch->lock);
		} else if (rc) {
			mmio_give_up(mmio);
			rc = 0;
		} else {
			tries = 0;
		}
		if (fatal_signal_pending(current))
			rc = -EINTR;
		cond_resched_lock(&watch->lock);
	}
	if (rc)
		mmio_give_up(mmio);
	if (!watch->over && mmio_is_missing(mmio))
		waiting_add(&mmio->waiting);
	else
		waiting_remove(&mmio->waiting);
	spin_unlock(&watch->lock);
	return rc;
}

/**
 * pane_resume - undo pane_pause()
 * @pane: the pane
 *
 * What can't be mapped waits.
 */
void pane_resume(struct pane *pane)
{
	struct mmio *mmio = pane->mmio;

	spin_lock(&mmio->watch.lock);
	pane->leaving = false;
	pane->error = 0;
	pane_settle(pane);
	spin_unlock(&mmio->watch.lock);
	mmio_fill(mmio);
}

/**
 * mmio_renew - map registers wherever they are missing, if they may be reached
 * @mmio: the registers
 *
 * What stays missing waits, unless it can never be had again.
 *
 * Context: may sleep, as page faults may; no lock is held but topo.
 *
 * Return: 0; -ENOMEM, -EINTR; or the errors of watch_open().  What a driver has against one
 * pane is no error: see pane_is_missing().
 */
int mmio_renew(struct mmio *mmio)
{
	int rc = 0, rc_fill;

	if (!READ_ONCE(mmio->watch.open))
		rc = watch_open(&mmio->watch);
	rc_fill = mmio_fill(mmio);
	return rc_fill ? rc_fill : rc;
}

/**
 * mmio_renew_remote - mmio_renew() by a worker
 * @mmio: the registers
 *
 * The IOMMU's driver charges its tables to the memory cgroup of the current task, and a
 * worker has none.  So who has mapped the registers pays.
 *
 * Return: as mmio_renew().
 */
int mmio_renew_remote(struct mmio *mmio)
{
	struct mem_cgroup *before = set_active_memcg(mmio->memcg);
	int rc = mmio_renew(mmio);

	set_active_memcg(before);
	return rc;
}

/**
 * pane_is_missing - is a pane not mapped throughout though its registers may be reached
 * @pane: the pane
 * @error: set to what its driver has said, if that is why
 */
bool pane_is_missing(const struct pane *pane, int *error)
{
	struct watch *watch = &pane->mmio->watch;
	bool missing;

	spin_lock(&watch->lock);
	missing = watch->open && pane->extent.mapped < pane->extent.size;
	if (missing && pane->error)
		*error = pane->error;
	spin_unlock(&watch->lock);
	return missing;
}

/**
 * pane_read_dirty - what devices have written through a pane
 * @pane: the pane
 * @read: of its domain
 * @first: first IOVA, of @pane as all of these
 * @last: last IOVA, inclusive
 * @whole: as of dirty_aim()
 *
 * What is not mapped is clean; what is unmapped meanwhile was not asked for in time.
 *
 * Return: as dirty_read_range().
 */
int pane_read_dirty(struct pane *pane, struct dirty_read *read,
		    unsigned long first, unsigned long last, bool whole)
{
	const struct extent *extent = &pane->extent;
	struct watch *watch = &pane->mmio->watch;
	int rc = 0;

	dirty_aim(read, first, last, whole);
	spin_lock(&watch->lock);
	while (!rc && first <= last && first - extent->iova < extent->mapped) {
		rc = dirty_read_grain(read, &first,
				      min(last,
					  extent->iova + extent->mapped - 1));
		cond_resched_lock(&watch->lock);
	}
	spin_unlock(&watch->lock);
	return rc;
}

/* ---- registers ---- */

static struct mmio *mmio_alloc(void)
{
	struct mmio *mmio = kzalloc(sizeof(*mmio), GFP_KERNEL_ACCOUNT);

	if (!mmio)
		return NULL;
	waiting_init(&mmio->waiting, current->mm);
	mmio->memcg = get_mem_cgroup_from_mm(current->mm);
	INIT_LIST_HEAD(&mmio->empty);
	INIT_LIST_HEAD(&mmio->partial);
	INIT_LIST_HEAD(&mmio->full);
	INIT_LIST_HEAD(&mmio->failed);
	return mmio;
}

static void mmio_free(struct mmio *mmio)
{
	mem_cgroup_put(mmio->memcg);
	kfree(mmio);
}

/**
 * mmio_create - registers that the calling process has mapped
 * @address: first byte
 * @length: bytes, not 0
 * @writable: devices are to write there
 * @any: take such memory of any driver, not of VFIO's alone
 *
 * Return: with one reference, or an ERR_PTR: as watch_start() and watch_open(), but for
 * -EFAULT where they can be reached later, which is no error unless @any.
 */
struct mmio *mmio_create(unsigned long address, unsigned long length,
			 bool writable, bool any)
{
	struct mmio *mmio;
	int rc;

	if (!watch_wants(address))
		return ERR_PTR(-ENXIO);
	mmio = mmio_alloc();
	if (!mmio)
		return ERR_PTR(-ENOMEM);
	rc = watch_start(&mmio->watch, address, length, writable, any,
			 mmio_close);
	if (rc) {
		mmio_free(mmio);
		return ERR_PTR(rc);
	}
	rc = watch_open(&mmio->watch);
	if (rc && (rc != -EFAULT || any)) {
		mmio_put(mmio);
		return ERR_PTR(rc);
	}
	return mmio;
}

/**
 * mmio_create_export - registers that their driver has exported
 * @fd: file descriptor of a dma-buf
 * @start: first byte in that
 * @length: bytes, not 0
 * @writable: devices are to write there
 *
 * Return: with one reference, or an ERR_PTR: as export_start().
 */
struct mmio *mmio_create_export(int fd, unsigned long start,
				unsigned long length, bool writable)
{
	struct mmio *mmio = mmio_alloc();
	int rc;

	if (!mmio)
		return ERR_PTR(-ENOMEM);
	rc = export_start(&mmio->watch, fd, start, length, writable,
			  mmio_close);
	if (!rc)
		return mmio;
	/* Its callback may have run. */
	waiting_remove(&mmio->waiting);
	mmio_free(mmio);
	return ERR_PTR(rc);
}

/**
 * mmio_get - take a reference
 * @mmio: registers that the caller has a reference on
 */
struct mmio *mmio_get(struct mmio *mmio)
{
	refcount_inc(&mmio->waiting.refs);
	return mmio;
}

/**
 * mmio_put - drop a reference
 * @mmio: the registers; no pane is left when the last one goes
 *
 * Context: may sleep.
 */
void mmio_put(struct mmio *mmio)
{
	if (!refcount_dec_and_test(&mmio->waiting.refs))
		return;
	WARN_ON(mmio_first_mapped(mmio) || mmio_is_missing(mmio) ||
		!list_empty(&mmio->failed));
	watch_stop(&mmio->watch);
	waiting_remove(&mmio->waiting);
	mmio_free(mmio);
}
