/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who pays for pinned pages.
 */
#ifndef __IOMMUFD_MEMORY_ACCOUNT_H
#define __IOMMUFD_MEMORY_ACCOUNT_H

#include <linux/refcount.h>
#include <linux/types.h>

struct cred;
struct iommufd_ctx;
struct mm_struct;
struct task_struct;

enum account_mode {
	ACCOUNT_NONE,	/* CAP_IPC_LOCK: counted in pinned_vm, not limited */
	ACCOUNT_USER,	/* user->locked_vm, limited by RLIMIT_MEMLOCK */
	ACCOUNT_MM,	/* mm->locked_vm, limited by RLIMIT_MEMLOCK */
};

/**
 * struct account - a process that pays for pins, and whose memory it is
 * @refs: of areas, mems, calls, and the context that used it last
 * @mode: how it pays
 * @mm: held by mmgrab(), so it may have no users any more
 * @task: the leader of its threads, whose RLIMIT_MEMLOCK counts
 * @cred: whose user pays.  Held, and not the user alone: not every 6.1 lets
 *	modules let go of one
 *
 * Constant once made.
 */
struct account {
	refcount_t refs;
	enum account_mode mode;
	struct mm_struct *mm;
	struct task_struct *task;
	const struct cred *cred;
};

/**
 * struct account_use - what a payer has
 * @pinned: pages that its process has pinned, for whatever reason
 * @locked: pages that count against the limit, of its user or of its process
 * @limit: its RLIMIT_MEMLOCK, in bytes
 */
struct account_use {
	unsigned long pinned;
	unsigned long locked;
	unsigned long limit;
};

/* Take a reference on a payer that the caller has one on. */
static inline struct account *account_get(struct account *account)
{
	refcount_inc(&account->refs);
	return account;
}

bool account_is_by_process(void);
struct account *account_get_current(struct iommufd_ctx *ictx);
struct account *account_get_last(struct iommufd_ctx *ictx);
bool account_is_same(const struct account *a, const struct account *b);
bool account_is_of_process(const struct account *a, const struct account *b);
void account_put(struct account *account);
void account_look(const struct account *account, struct account_use *use);
int account_try_charge(struct account *account, unsigned long npages);
int account_charge(struct account *account, unsigned long npages);
void account_uncharge(struct account *account, unsigned long npages);
int account_charge_too(struct account *account, const struct account *payer,
		       unsigned long npages);
void account_uncharge_too(struct account *account, const struct account *payer,
			  unsigned long npages);

#endif /* __IOMMUFD_MEMORY_ACCOUNT_H */
