// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /proc/PID/fdinfo/FD has of a context: a line "key: value" each, of which
 * iommufd(4) says what it means.
 *
 * All of it is counted when somebody looks, so that nothing else pays for it.
 * ictx->view_lock is held over the sum; who is being killed meanwhile gets no sum.
 */
#include <linux/build_bug.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/iommufd.h>
#include <linux/math.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "iommufd/abi/fdinfo.h"
#include "iommufd/base/context.h"
#include "iommufd/base/object.h"
#include "iommufd/device/hwpt.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/view.h"
#include "iommufd/iommu/quota.h"
#include "iommufd/memory/account.h"
#include "iommufd/memory/view.h"

/**
 * struct census - what there is in a context
 * @objects: how many of each kind
 * @table_bytes: of all page tables
 * @sum: of all IOASes
 */
struct census {
	unsigned int objects[OBJECT_TYPES];
	u64 table_bytes;
	struct ioas_sum sum;
};

static void show_kib(struct seq_file *seq, const char *key, u64 bytes)
{
	seq_printf(seq, "iommufd-%s:\t%llu KiB\n", key,
		   DIV_ROUND_UP_ULL(bytes, 1024));
}

static void show_count(struct seq_file *seq, const char *key, u64 count)
{
	seq_printf(seq, "iommufd-%s:\t%llu\n", key, count);
}

static int census_add(struct census *census, struct object *obj)
{
	census->objects[obj->type]++;
	if (obj->type == OBJECT_HWPT)
		census->table_bytes +=
			READ_ONCE(container_of(obj, struct hwpt, obj)->domain.tables.bytes);
	if (obj->type == OBJECT_IOAS)
		return ioas_add_up(container_of(obj, struct ioas, obj),
				   &census->sum);
	return 0;
}

static int census_take(struct census *census, struct iommufd_ctx *ictx)
{
	unsigned long id = 0;
	struct object *obj;
	int rc = mutex_lock_killable(&ictx->view_lock);

	if (rc)
		return rc;
	/* A mem that was not counted yet has 0. */
	if (!++ictx->view_round)
		ictx->view_round = 1;
	while (!rc && (obj = object_next(ictx, &id, OBJECT_ANY))) {
		rc = census_add(census, obj);
		object_put(obj);
		cond_resched();
	}
	mutex_unlock(&ictx->view_lock);
	return rc;
}

static void show_census(struct seq_file *seq, const struct census *census)
{
	const struct ioas_sum *sum = &census->sum;

	show_count(seq, "ioas", census->objects[OBJECT_IOAS]);
	show_count(seq, "page-tables", census->objects[OBJECT_HWPT]);
	show_count(seq, "nested-page-tables", census->objects[OBJECT_NESTED]);
	show_count(seq, "devices", census->objects[OBJECT_DEVICE]);
	show_count(seq, "accesses", census->objects[OBJECT_ACCESS]);
	show_count(seq, "areas", sum->areas);
	show_kib(seq, "mapped", sum->mapped);
	show_kib(seq, "pinned", sum->pinned);
	show_kib(seq, "shared", sum->shared);
	show_kib(seq, "metadata", sum->metadata);
	show_kib(seq, "tables", census->table_bytes);
	show_count(seq, "busy", sum->busy);
}

/* What the user who has opened the file has in all files together, and may have. */
static void show_quota(struct seq_file *seq, const struct quota *quota)
{
	struct quota_use use;

	quota_look(quota, &use);
	show_count(seq, "owner", from_kuid_munged(seq_user_ns(seq), quota->uid));
	show_kib(seq, "owner-tables", use.bytes);
	show_kib(seq, "owner-tables-limit", use.max_bytes);
	show_count(seq, "owner-page-tables", use.page_tables);
	show_count(seq, "owner-page-tables-limit", use.max_page_tables);
}

static const char * const mode_names[] = {
	[ACCOUNT_NONE] = "none",
	[ACCOUNT_USER] = "user",
	[ACCOUNT_MM] = "process",
};

static void show_payer(struct seq_file *seq, const struct account *account)
{
	bool trusted = ns_capable_noaudit(&init_user_ns, CAP_SYS_PTRACE);
	struct account_use use;

	seq_printf(seq, "iommufd-charged:\t%s\n", mode_names[account->mode]);
	if (account_is_hidden(account, trusted))
		return;
	account_look(account, &use);
	show_count(seq, "payer", account_pid(account));
	show_kib(seq, "payer-pinned", (u64)use.pinned << PAGE_SHIFT);
	if (account->mode == ACCOUNT_NONE)
		return;
	show_kib(seq, "payer-locked", (u64)use.locked << PAGE_SHIFT);
	if (use.limit == RLIM_INFINITY)
		seq_puts(seq, "iommufd-payer-limit:\tunlimited\n");
	else
		show_kib(seq, "payer-limit", use.limit);
}

/**
 * fdinfo_show - tell what a context has
 * @seq: where
 * @file: of the context
 *
 * Context: may sleep; no lock is held.
 */
void fdinfo_show(struct seq_file *seq, struct file *file)
{
	struct iommufd_ctx *ictx = file->private_data;
	struct census census = {};
	struct account *account;

	seq_puts(seq, "iommufd-version:\t" IOMMUFD_VERSION "\n");
	if (census_take(&census, ictx))
		return;
	show_census(seq, &census);
	show_quota(seq, ictx->quota);
	account = account_get_last(ictx);
	if (account)
		show_payer(seq, account);
	account_put(account);
}
