// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sharing: memory that one IOAS has pinned is neither pinned nor paid for again
 * by another IOAS of the same context.
 *
 * The registry of a context holds its mems of 2 MiB and more for as long as all
 * of their pages are pinned.  A mem that is about to be pinned may be another
 * name for a part of one of these, if that part is still what the process, or
 * the file, has there:
 *
 * - pages of a file are if they are still in its page cache, at their place;
 * - pages of a process are if its page tables have not changed since before
 *   they were pinned, which a notifier tells;
 * - if they have, they are looked at one by one, since most changes (NUMA
 *   balancing, writeback, a fork) leave the pages where they are.  They are
 *   pinned once more for that, just as a mem of its own would pin them, and the
 *   frames compared.
 *
 * So a mem is shared only where pinning would have come to the same frames at
 * some time during the call.
 *
 * ictx->share_lock guards the registry, and who pays for a mem.  share_offer() and
 * share_publish() are called without mem->lock, share_withdraw() with it.  The
 * notifier's callback takes no lock.
 */
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat/mm.h"
#include "iommufd/base/context.h"
#include "iommufd/memory/account.h"
#include "iommufd/memory/chunk.h"
#include "iommufd/memory/memory.h"
#include "iommufd/memory/piece.h"
#include "iommufd/memory/pin.h"
#include "iommufd/memory/share.h"

/* Mems over the same addresses that are looked at, at most. */
#define TRIES_MAX 64

static bool enabled = true;
module_param_named(share, enabled, bool, 0444);
MODULE_PARM_DESC(share,
		 "Pin and charge memory once that several IO address spaces of one /dev/iommu file map (default Y)");

/**
 * struct share - a mem in the registry
 * @node: its pages, counted in the mm or the file; guarded by ictx->share_lock
 * @notifier: tells changes of the page tables; not used for a file
 * @seq: of @notifier when all frames of @mem were those of the process; guarded
 *	by mem->lock once it is published
 * @ictx: the context
 * @mem: the mem, which outlives this
 */
struct share {
	struct interval_tree_node node;
	struct mmu_interval_notifier notifier;
	unsigned long seq;
	struct iommufd_ctx *ictx;
	struct mem *mem;
};

static bool share_invalidate(struct mmu_interval_notifier *notifier,
			     const struct mmu_notifier_range *range,
			     unsigned long seq)
{
	mmu_interval_set_seq(notifier, seq);
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = share_invalidate,
};

/* ---- the registry ---- */

static unsigned long mem_first(const struct mem *mem)
{
	return mem->source.start >> PAGE_SHIFT;
}

static unsigned long mem_last(const struct mem *mem)
{
	return mem_first(mem) + mem->npages - 1;
}

static void share_free(struct share *share)
{
	/* Waits for a callback that runs. */
	if (!share->mem->source.is_file)
		mmu_interval_notifier_remove(&share->notifier);
	kfree(share);
}

static bool share_start(struct share *share)
{
	const struct pin_source *source = &share->mem->source;

	if (source->is_file)
		return true;
	if (source->mm != current->mm ||
	    mmu_interval_notifier_insert(&share->notifier, source->mm,
					 source->start,
					 share->mem->npages << PAGE_SHIFT,
					 &notifier_ops))
		return false;
	/* Changes that had begun before are not told, so wait for their end. */
	share->seq = mmu_interval_read_begin(&share->notifier);
	return true;
}

/**
 * share_offer - get ready to share a mem that is about to be pinned
 * @ictx: the context
 * @mem: a mem of 2 MiB or more
 *
 * Context: may sleep and take mmap_lock for writing; mem->lock is not held.
 *
 * Return: for share_publish() or share_cancel(); or NULL where the mem can't be
 * shared, which is no error.
 */
struct share *share_offer(struct iommufd_ctx *ictx, struct mem *mem)
{
	struct share *share;
	bool fresh;

	if (!enabled || READ_ONCE(mem->npinned))
		return NULL;
	share = kzalloc(sizeof(*share), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!share)
		return NULL;
	share->ictx = ictx;
	share->mem = mem;
	if (!share_start(share)) {
		kfree(share);
		return NULL;
	}
	/* Nobody has told what became of pages that were pinned before. */
	mutex_lock(&mem->lock);
	fresh = !mem->npinned;
	mutex_unlock(&mem->lock);
	if (!fresh) {
		share_free(share);
		return NULL;
	}
	return share;
}

/**
 * share_cancel - undo share_offer()
 * @share: from there, or NULL
 */
void share_cancel(struct share *share)
{
	if (share)
		share_free(share);
}

/**
 * share_publish - let others find a mem, if all of it is pinned
 * @share: from share_offer(), or NULL
 *
 * The caller has a reference on the mem, and does not hold its lock.
 */
void share_publish(struct share *share)
{
	struct iommufd_ctx *ictx;
	struct mem *mem;

	if (!share)
		return;
	ictx = share->ictx;
	mem = share->mem;
	mutex_lock(&mem->lock);
	if (!mem->share && mem->npinned == mem->npages) {
		mem->share = share;
		share->node.start = mem_first(mem);
		share->node.last = mem_last(mem);
		spin_lock(&ictx->share_lock);
		interval_tree_insert(&share->node, &ictx->shares);
		spin_unlock(&ictx->share_lock);
		share = NULL;
	}
	mutex_unlock(&mem->lock);
	share_cancel(share);
}

/**
 * share_withdraw - let nobody find a mem any more
 * @mem: the mem; its lock is held.  Who shares it already goes on
 */
void share_withdraw(struct mem *mem)
{
	struct share *share = mem->share;

	lockdep_assert_held(&mem->lock);

	if (!share)
		return;
	spin_lock(&share->ictx->share_lock);
	interval_tree_remove(&share->node, &share->ictx->shares);
	spin_unlock(&share->ictx->share_lock);
	mem->share = NULL;
	share_free(share);
}

static bool is_same_source(const struct pin_source *a,
			   const struct pin_source *b)
{
	if (a->is_file != b->is_file || a->writable != b->writable)
		return false;
	return a->is_file ? a->file->f_mapping == b->file->f_mapping :
			    a->mm == b->mm;
}

/*
 * Is @want a part of @mem, pinned alike and paid for by the same?  What a process is
 * taking over is not given up for another, which it may not have met yet.
 */
static bool mem_has(const struct mem *mem, const struct mem *want)
{
	return mem_first(mem) <= mem_first(want) &&
	       mem_last(mem) >= mem_last(want) &&
	       is_same_source(&mem->source, &want->source) &&
	       !want->heir && account_is_same(mem->account, want->account);
}

/**
 * share_set_payers - say who pays for a mem, which may be one that others share
 * @ictx: the context
 * @mem: the mem; its lock is held
 * @account: who pays
 * @heir: who pays too, or NULL
 *
 * No reference is taken or dropped: share_find() does not look at those of before any
 * more.
 */
void share_set_payers(struct iommufd_ctx *ictx, struct mem *mem,
		      struct account *account, struct account *heir)
{
	lockdep_assert_held(&mem->lock);

	spin_lock(&ictx->share_lock);
	mem->account = account;
	mem->heir = heir;
	spin_unlock(&ictx->share_lock);
}

/**
 * share_find - find a mem that may have the memory of another
 * @ictx: the context
 * @want: the other
 *
 * Return: the mem, with a reference, for share_verify(); or NULL.
 */
struct mem *share_find(struct iommufd_ctx *ictx, const struct mem *want)
{
	unsigned long first = mem_first(want), last = mem_last(want);
	struct interval_tree_node *node;
	struct mem *found = NULL;
	unsigned int tries = 0;

	spin_lock(&ictx->share_lock);
	for (node = interval_tree_iter_first(&ictx->shares, first, last);
	     node && !found && tries < TRIES_MAX; tries++,
	     node = interval_tree_iter_next(node, first, last)) {
		struct mem *mem = container_of(node, struct share, node)->mem;

		if (mem_has(mem, want) && !mem_is_crowded(mem) &&
		    refcount_inc_not_zero(&mem->refs))
			found = mem;
	}
	spin_unlock(&ictx->share_lock);
	return found;
}

/* ---- is it still the same memory? ---- */

static bool piece_is_of_file(const struct mem *mem, const struct piece *piece)
{
	unsigned long first = mem_first(mem) + piece->index;
	unsigned long pfn, held;
	unsigned int slot, n, i;

	for (slot = piece->first; slot <= piece->last; slot += n) {
		n = chunk_run(*piece->chunk, slot, piece->last, &pfn);
		if (pfn == CHUNK_NONE)
			return false;
		for (i = 0; i < n; i += held) {
			held = compat_file_run(mem->source.file,
					       first + slot + i,
					       pfn_to_page(pfn + i));
			if (!held)
				return false;
		}
	}
	return true;
}

static bool pages_are(const struct piece *piece, unsigned int slot,
		      struct page **pages, unsigned int npages)
{
	unsigned int i;

	for (i = 0; i < npages; i++)
		if (chunk_frame(*piece->chunk, slot + i) !=
		    page_to_pfn(pages[i]))
			return false;
	return true;
}

/* Does pinning come to the same frames? */
static bool piece_is_of_mm(const struct mem *mem, const struct piece *piece,
			   struct page **pages)
{
	unsigned int slot = piece->first, left;
	bool same = true;
	long n;

	while (same && slot <= piece->last) {
		left = piece->last - slot + 1;
		n = pin_pages(&mem->source, piece->index + slot, left, pages);
		if (n < 0)
			return false;
		same = pages_are(piece, slot, pages, n);
		pin_release(pages, n, false);
		slot += n;
	}
	return same;
}

static bool mem_is_current(struct mem *mem, unsigned long first,
			   unsigned long last)
{
	struct page **pages = NULL;
	struct piece piece;
	bool same = true;

	lockdep_assert_held(&mem->lock);

	if (!mem->source.is_file) {
		pages = kmalloc_array(CHUNK_PAGES, sizeof(*pages),
				      GFP_KERNEL | __GFP_NOWARN);
		if (!pages)
			return false;
	}
	for_each_piece(mem, &piece, first, last) {
		same = pages ? piece_is_of_mm(mem, &piece, pages) :
			       piece_is_of_file(mem, &piece);
		if (!same || fatal_signal_pending(current))
			break;
		cond_resched();
	}
	kfree(pages);
	return same && first > last;
}

static bool share_is_current(struct mem *mem, unsigned long first,
			     unsigned long last)
{
	struct share *share = mem->share;
	unsigned long seq;

	if (mem->source.is_file)
		return mem_is_current(mem, first, last);
	if (!mmu_interval_check_retry(&share->notifier, share->seq))
		return true;
	seq = mmu_interval_read_begin(&share->notifier);
	if (!mem_is_current(mem, first, last))
		return false;
	/* What changes meanwhile changes it again. */
	if (!first && last == mem->npages - 1)
		share->seq = seq;
	return true;
}

/**
 * share_verify - has a mem what another would pin now
 * @mem: from share_find()
 * @want: as given there
 *
 * Context: may sleep, as pinning may; mem->lock is not held.
 *
 * Return: 0; -ESTALE where it has not, and nobody finds it any more; -EINTR, or
 * -EPERM where a file was sealed against writing.
 */
int share_verify(struct mem *mem, const struct mem *want)
{
	unsigned long first = mem_first(want) - mem_first(mem);
	int rc = 0;

	if (want->source.is_file)
		rc = pin_check_file(want->source.file, want->source.writable);
	if (rc)
		return rc;
	if (mutex_lock_killable(&mem->lock))
		return -EINTR;
	if (!mem->share ||
	    !share_is_current(mem, first, first + want->npages - 1)) {
		share_withdraw(mem);
		rc = -ESTALE;
	}
	mutex_unlock(&mem->lock);
	return rc;
}
