// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who pays for pinned pages: the only writer of locked_vm and pinned_vm.
 *
 * As every user of long-term pins, we count in user->locked_vm against
 * RLIMIT_MEMLOCK, or in mm->locked_vm where the limit is to be per process.
 * mm->pinned_vm, which has no limit, tells the administrator who pins what.
 *
 * ictx->account_lock guards the payer that a context remembers.  A payer itself is
 * constant, and what it pays is counted by the kernel, under mmap_lock where the mm
 * pays.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "iommufd/base/context.h"
#include "iommufd/base/object.h"
#include "iommufd/memory/account.h"

static bool by_process;

static int by_process_set(const char *value, const struct kernel_param *param)
{
	bool process = sysfs_streq(value, "process");

	if (!process && !sysfs_streq(value, "user"))
		return -EINVAL;
	WRITE_ONCE(by_process, process);
	return 0;
}

static int by_process_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n",
			  READ_ONCE(by_process) ? "process" : "user");
}

static const struct kernel_param_ops by_process_ops = {
	.set = by_process_set,
	.get = by_process_get,
};

module_param_cb(account, &by_process_ops, NULL, 0644);
MODULE_PARM_DESC(account,
		 "What RLIMIT_MEMLOCK counts for files that do not say: all that the user has pinned, or each process by itself, so that N processes have N limits (user, process; default user)");

/**
 * account_is_by_process - does a limit count for each process where nobody said
 */
bool account_is_by_process(void)
{
	return READ_ONCE(by_process);
}

/* Who pays where a limit holds. */
static enum account_mode limited_mode(const struct iommufd_ctx *ictx)
{
	return READ_ONCE(ictx->rlimit_mm) ? ACCOUNT_MM : ACCOUNT_USER;
}

/*
 * Credentials never change, so neither does what the same ones allow.  One that has
 * very many references is left to those, and the next call makes another.
 */
static bool account_is_current(const struct account *account,
			       const struct iommufd_ctx *ictx)
{
	return account && refcount_read(&account->refs) < REFS_MAX &&
	       account->mm == current->mm &&
	       account->task == current->group_leader &&
	       account->cred == current_cred() &&
	       (account->mode == ACCOUNT_NONE ||
		account->mode == limited_mode(ictx));
}

static struct account *account_create(const struct iommufd_ctx *ictx)
{
	struct account *account;

	account = kmalloc(sizeof(*account), GFP_KERNEL_ACCOUNT);
	if (!account)
		return ERR_PTR(-ENOMEM);
	refcount_set(&account->refs, 1);
	account->mode = capable(CAP_IPC_LOCK) ? ACCOUNT_NONE :
						limited_mode(ictx);
	account->mm = current->mm;
	mmgrab(account->mm);
	account->task = get_task_struct(current->group_leader);
	account->cred = get_current_cred();
	return account;
}

/**
 * account_get_current - the calling process as a payer
 * @ictx: remembers the last one, since most calls come from one process
 *
 * Return: a payer with a reference, or an ERR_PTR: -ENOMEM.
 */
struct account *account_get_current(struct iommufd_ctx *ictx)
{
	struct account *account, *old;

	spin_lock(&ictx->account_lock);
	account = ictx->account;
	if (account_is_current(account, ictx)) {
		refcount_inc(&account->refs);
		spin_unlock(&ictx->account_lock);
		return account;
	}
	spin_unlock(&ictx->account_lock);

	account = account_create(ictx);
	if (IS_ERR(account))
		return account;

	refcount_inc(&account->refs);
	spin_lock(&ictx->account_lock);
	old = ictx->account;
	ictx->account = account;
	spin_unlock(&ictx->account_lock);
	account_put(old);
	return account;
}

/**
 * account_get_last - who was the last to pay for something of a context
 * @ictx: the context
 *
 * Return: a payer with a reference, or NULL where nobody was.
 */
struct account *account_get_last(struct iommufd_ctx *ictx)
{
	struct account *account;

	spin_lock(&ictx->account_lock);
	account = ictx->account;
	if (account)
		account_get(account);
	spin_unlock(&ictx->account_lock);
	return account;
}

/**
 * account_is_same - do two payers stand for the same
 * @a: one
 * @b: the other
 */
bool account_is_same(const struct account *a, const struct account *b)
{
	return a == b || (a->mm == b->mm && a->task == b->task &&
			  a->cred->user == b->cred->user &&
			  a->mode == b->mode);
}

/**
 * account_is_of_process - are two payers the same process, of the same user
 * @a: one
 * @b: the other, which may have other rights
 */
bool account_is_of_process(const struct account *a, const struct account *b)
{
	return a->mm == b->mm && a->cred->user == b->cred->user;
}

/**
 * account_put - drop a reference
 * @account: a payer, or NULL
 */
void account_put(struct account *account)
{
	if (!account || !refcount_dec_and_test(&account->refs))
		return;
	put_cred(account->cred);
	put_task_struct(account->task);
	mmdrop(account->mm);
	kfree(account);
}

/**
 * account_look - what a payer has, and may have
 * @account: the payer
 * @use: set
 */
void account_look(const struct account *account, struct account_use *use)
{
	const struct mm_struct *mm = account->mm;

	*use = (struct account_use){
		.pinned = atomic64_read(&mm->pinned_vm),
		.locked = account->mode == ACCOUNT_MM ?
			  READ_ONCE(mm->locked_vm) :
			  atomic_long_read(&account->cred->user->locked_vm),
		.limit = task_rlimit(account->task, RLIMIT_MEMLOCK),
	};
}

static int charge_user(struct account *account, unsigned long npages)
{
	atomic_long_t *locked_vm = &account->cred->user->locked_vm;
	unsigned long limit, now, sum;

	limit = task_rlimit(account->task, RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	now = atomic_long_read(locked_vm);
	do {
		sum = now + npages;
		if (sum > limit || sum < now)
			return -ENOMEM;
	} while (!atomic_long_try_cmpxchg(locked_vm, &now, sum));
	return 0;
}

static int charge_mm(struct account *account, unsigned long npages, bool inc)
{
	int rc;

	if (!mmget_not_zero(account->mm))
		return inc ? -EFAULT : 0;
	mmap_write_lock(account->mm);
	rc = __account_locked_vm(account->mm, npages, inc, account->task,
				 false);
	mmap_write_unlock(account->mm);
	mmput_async(account->mm);
	return rc;
}

/*
 * The error alone says no more than that memory is short, to somebody who has
 * plenty.  The name is the process's own choice, so it is escaped.
 */
static void account_say_refused(const struct account *account,
				unsigned long npages)
{
	unsigned long limit = task_rlimit(account->task, RLIMIT_MEMLOCK);
	char comm[TASK_COMM_LEN];

	get_task_comm(comm, account->task);
	pr_info_ratelimited("iommufd: %*pE[%d] may not pin %lu KiB more: its RLIMIT_MEMLOCK is %lu KiB\n",
			    (int)strlen(comm), comm, task_tgid_nr(account->task),
			    npages << (PAGE_SHIFT - 10), limit >> 10);
}

static __always_inline int charge_limited(struct account *account,
					  unsigned long npages)
{
	if (account->mode == ACCOUNT_USER)
		return charge_user(account, npages);
	if (account->mode == ACCOUNT_MM)
		return charge_mm(account, npages, true);
	return 0;
}

static __always_inline void uncharge_limited(struct account *account,
					     unsigned long npages)
{
	if (account->mode == ACCOUNT_USER)
		atomic_long_sub(npages, &account->cred->user->locked_vm);
	else if (account->mode == ACCOUNT_MM)
		charge_mm(account, npages, false);
}

static __always_inline int charge(struct account *account,
				  unsigned long npages)
{
	int rc;

	if (!npages)
		return 0;
	rc = charge_limited(account, npages);
	if (!rc)
		atomic64_add(npages, &account->mm->pinned_vm);
	return rc;
}

/**
 * account_try_charge - charge pages, if there is room for them
 * @account: who pays
 * @npages: how many
 *
 * Context: may sleep; takes mmap_lock where the mm pays.
 *
 * Return: as account_charge(); the log says nothing.
 */
int account_try_charge(struct account *account, unsigned long npages)
{
	return charge(account, npages);
}

/**
 * account_charge - charge pages before they are pinned
 * @account: who pays
 * @npages: how many
 *
 * Context: may sleep; takes mmap_lock where the mm pays.
 *
 * Return: 0, -ENOMEM where RLIMIT_MEMLOCK does not allow it, which the log says;
 * -EFAULT where the mm that would pay is gone.
 */
int account_charge(struct account *account, unsigned long npages)
{
	int rc = charge(account, npages);

	if (rc == -ENOMEM)
		account_say_refused(account, npages);
	return rc;
}

/**
 * account_uncharge - undo account_charge()
 * @account: who paid
 * @npages: how many
 *
 * Context: may sleep; takes mmap_lock where the mm paid.
 */
void account_uncharge(struct account *account, unsigned long npages)
{
	if (!npages)
		return;
	uncharge_limited(account, npages);
	atomic64_sub(npages, &account->mm->pinned_vm);
}

/* ---- two for the same pages ---- */

/* Is it the same counter that has a limit, or none for both? */
static bool account_counts_with(const struct account *a, const struct account *b)
{
	if (a->mode != b->mode)
		return false;
	if (a->mode == ACCOUNT_USER)
		return a->cred->user == b->cred->user;
	return a->mode == ACCOUNT_NONE || a->mm == b->mm;
}

/**
 * account_charge_too - charge pages that another is charged for
 * @account: who is to pay as well
 * @payer: who pays
 * @npages: how many
 *
 * What both count in the same place is not counted twice; the limit of @account
 * has to allow it all the same.
 *
 * Context: may sleep; takes mmap_lock where the mm pays.
 *
 * Return: as account_charge().
 */
int account_charge_too(struct account *account, const struct account *payer,
		       unsigned long npages)
{
	bool counted = account_counts_with(account, payer);
	int rc;

	if (!npages)
		return 0;
	rc = charge_limited(account, counted ? 0 : npages);
	if (rc == -ENOMEM)
		account_say_refused(account, npages);
	if (!rc && account->mm != payer->mm)
		atomic64_add(npages, &account->mm->pinned_vm);
	return rc;
}

/**
 * account_uncharge_too - let one of two no longer pay for the same pages
 * @account: who no longer pays
 * @payer: who goes on paying
 * @npages: how many
 *
 * Context: may sleep; takes mmap_lock where the mm paid.
 */
void account_uncharge_too(struct account *account, const struct account *payer,
			  unsigned long npages)
{
	if (!npages)
		return;
	if (!account_counts_with(account, payer))
		uncharge_limited(account, npages);
	if (account->mm != payer->mm)
		atomic64_sub(npages, &account->mm->pinned_vm);
}
