// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takeover: another process pays for mems from now on, for all of them or for none.
 *
 * In between both pay, for what is pinned and for what is pinned meanwhile: so either
 * of them may be let go in the end, and nothing is left that could fail.  What is
 * unpinned meanwhile is given back to both.
 *
 * A payer is never edited, since others have references on it: a mem gets another one,
 * under mem->lock, of one mem at a time, and ictx->share_lock.
 */
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "iommufd/base/object.h"
#include "iommufd/memory/account.h"
#include "iommufd/memory/mem.h"
#include "iommufd/memory/memory.h"
#include "iommufd/memory/share.h"
#include "iommufd/memory/takeover.h"

/**
 * struct stake - a mem that two processes pay for
 * @next: another one
 * @mem: the mem; holds a reference
 */
struct stake {
	struct stake *next;
	struct mem *mem;
};

/* Does the heir pay already, or is about to? */
static bool mem_is_taken(const struct mem *mem, const struct account *heir)
{
	return mem->heir || account_is_of_process(mem->account, heir);
}

static int mem_let_join(struct takeover *takeover, struct mem *mem)
{
	struct account *heir = takeover->heir;
	int rc;

	if (refcount_read(&heir->refs) >= REFS_MAX)
		return -EOVERFLOW;
	rc = account_charge_too(heir, mem->account, mem->npinned);
	if (!rc)
		share_set_payers(takeover->ictx, mem, mem->account,
				 account_get(heir));
	return rc;
}

/**
 * takeover_add - let a process pay for a mem beside who does
 * @takeover: the process, and what it has so far
 * @mem: the mem, which may be one of these; the caller has a reference
 *
 * Context: may sleep; mem->lock is not held.  One takeover at a time is at work on the
 * mems of a context.
 *
 * Return: 0, also where that is the process that pays; -ENOMEM where its limit is too
 * small, -EOVERFLOW where it pays for too many, -EINTR.  Then @mem is as before.
 */
int takeover_add(struct takeover *takeover, struct mem *mem)
{
	struct stake *stake;
	int rc = 0;

	if (mutex_lock_killable(&mem->lock))
		return -EINTR;
	if (mem_is_taken(mem, takeover->heir))
		goto out;
	rc = -ENOMEM;
	stake = kmalloc(sizeof(*stake), GFP_KERNEL_ACCOUNT);
	if (!stake)
		goto out;
	rc = mem_let_join(takeover, mem);
	if (rc) {
		kfree(stake);
		goto out;
	}
	stake->mem = mem_get(mem);
	stake->next = takeover->stakes;
	takeover->stakes = stake;
out:
	mutex_unlock(&mem->lock);
	return rc;
}

/* One of the two no longer pays. */
static void mem_let_go(struct takeover *takeover, struct mem *mem, bool success)
{
	struct account *stays, *goes;

	mutex_lock(&mem->lock);
	stays = success ? mem->heir : mem->account;
	goes = success ? mem->account : mem->heir;
	account_uncharge_too(goes, stays, mem->npinned);
	share_set_payers(takeover->ictx, mem, stays, NULL);
	mutex_unlock(&mem->lock);
	account_put(goes);
}

/**
 * takeover_end - let one process pay for each mem again
 * @takeover: the process, and the mems
 * @success: that process; or those of before
 *
 * Context: may sleep; takes mem->lock of one mem at a time.
 */
void takeover_end(struct takeover *takeover, bool success)
{
	struct stake *stake;

	while ((stake = takeover->stakes)) {
		takeover->stakes = stake->next;
		mem_let_go(takeover, stake->mem, success);
		mem_put(stake->mem);
		kfree(stake);
		cond_resched();
	}
}
