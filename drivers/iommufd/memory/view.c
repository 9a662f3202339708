// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may be told of memory, to who looks at a context.  Whose it is may know that
 * process, and who may trace any.
 *
 * Nobody who looks waits: ictx->share_lock guards who pays, and mem->lock is only tried.
 */
#include <linux/align.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/math.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>

#include "iommufd/base/context.h"
#include "iommufd/memory/account.h"
#include "iommufd/memory/memory.h"
#include "iommufd/memory/piece.h"
#include "iommufd/memory/view.h"

/**
 * account_is_hidden - is it none of the caller's business who a payer is
 * @account: the payer
 * @trusted: the caller may trace any process
 */
bool account_is_hidden(const struct account *account, bool trusted)
{
	return !trusted && account->mm != current->mm;
}

/**
 * account_pid - the process that pays
 * @account: the payer
 *
 * Return: its number as the caller sees it; 0 where it has ended, or can't be seen.
 */
pid_t account_pid(const struct account *account)
{
	return task_tgid_vnr(account->task);
}

/**
 * mem_look - whose memory it is
 * @ictx: its context
 * @mem: the mem; it can't go meanwhile
 * @trusted: the caller may trace any process
 * @view: set
 *
 * Context: may be called with a spinlock held.
 */
void mem_look(struct iommufd_ctx *ictx, const struct mem *mem, bool trusted,
	      struct mem_view *view)
{
	const struct pin_source *source = &mem->source;

	*view = (struct mem_view){ .is_file = source->is_file };
	spin_lock(&ictx->share_lock);
	view->hidden = account_is_hidden(mem->account, trusted);
	if (!view->hidden)
		view->pid = account_pid(mem->account);
	spin_unlock(&ictx->share_lock);
	if (view->hidden)
		return;
	view->start = source->start;
	if (source->is_file)
		snprintf(view->name, sizeof(view->name), "%pD", source->file);
}

static unsigned long mem_nchunks(const struct mem *mem)
{
	return DIV_ROUND_UP(mem->skew + mem->npages, CHUNK_PAGES);
}

/**
 * mem_footprint - what is kept of a mem
 * @mem: the mem
 *
 * Return: bytes, but for the tables of frames that are not adjacent.
 */
size_t mem_footprint(const struct mem *mem)
{
	size_t words = READ_ONCE(mem->chunks) ? mem_nchunks(mem) : 0;

	return sizeof(*mem) + words * sizeof(chunk_t);
}

/* Are there 512 adjacent frames, as of a huge page? */
static bool piece_is_large(const struct piece *piece)
{
	unsigned long pfn;

	if (piece->first || piece->last != CHUNK_PAGES - 1 || !*piece->chunk)
		return false;
	return chunk_run(*piece->chunk, 0, CHUNK_PAGES - 1, &pfn) == CHUNK_PAGES &&
	       pfn != CHUNK_NONE && IS_ALIGNED(pfn, CHUNK_PAGES);
}

/**
 * mem_count_large - pages of a range that lie in whole, aligned blocks of 2 MiB
 * @mem: the mem; a reference is held
 * @first: first page
 * @last: last page, inclusive
 *
 * Return: how many; 0 where somebody is at work on the mem.
 */
unsigned long mem_count_large(struct mem *mem, unsigned long first,
			      unsigned long last)
{
	unsigned long npages = 0;
	struct piece piece;

	if (!mutex_trylock(&mem->lock))
		return 0;
	if (!mem->chunks)
		goto out;
	for_each_piece(mem, &piece, first, last) {
		if (piece_is_large(&piece))
			npages += CHUNK_PAGES;
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
out:
	mutex_unlock(&mem->lock);
	return npages;
}
