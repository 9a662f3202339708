// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one user may take of what nobody else pays for: bytes that IOMMU drivers
 * allocate and no memory cgroup is charged for, and page tables as such.  Drivers
 * number these, some for the whole machine, and have few numbers: 65536 with
 * AMD-Vi, and with an SMMU as few as 256.
 *
 * It counts for the user who has opened the file, in all files and containers
 * together: otherwise more files would be more memory.  users_lock guards the
 * list of users; what one of them uses are numbers that change without a lock.
 */
#include <linux/cred.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uidgid.h>

#include "iommufd/iommu/quota.h"

/* By default a user may take one of so many parts of the memory. */
#define DEFAULT_PART 32

/* Not given when the module was loaded. */
#define MAX_UNKNOWN ULONG_MAX

static unsigned long max_table_bytes = MAX_UNKNOWN;
module_param(max_table_bytes, ulong, 0644);
MODULE_PARM_DESC(max_table_bytes,
		 "Bytes of IO page tables that one user may have which no memory cgroup is charged for (default 1/32 of the memory)");

static unsigned int max_page_tables = 4096;
module_param(max_page_tables, uint, 0644);
MODULE_PARM_DESC(max_page_tables,
		 "Page tables that one user may have, of which IOMMUs have few for the whole machine (default 4096)");

static DEFINE_MUTEX(users_lock);	/* a leaf, held for a moment */
static LIST_HEAD(users);

static struct quota *quota_find(kuid_t uid)
{
	struct quota *quota;

	list_for_each_entry(quota, &users, node)
		if (uid_eq(quota->uid, uid))
			return quota;
	return NULL;
}

static struct quota *quota_create(kuid_t uid)
{
	struct quota *quota = kzalloc(sizeof(*quota), GFP_KERNEL_ACCOUNT);

	if (!quota)
		return NULL;
	refcount_set(&quota->refs, 1);
	quota->uid = uid;
	return quota;
}

/**
 * quota_get_current - what the user of the caller has
 *
 * Return: the quota, for quota_put(), or NULL without memory.
 */
struct quota *quota_get_current(void)
{
	struct quota *fresh, *quota;

	/* Who has no memory left does not let others wait. */
	fresh = quota_create(current_uid());
	if (!fresh)
		return NULL;
	mutex_lock(&users_lock);
	quota = quota_find(fresh->uid);
	if (quota)
		refcount_inc(&quota->refs);
	else
		list_add(&fresh->node, &users);
	mutex_unlock(&users_lock);
	if (!quota)
		return fresh;
	kfree(fresh);
	return quota;
}

/**
 * quota_get - take one more reference
 * @quota: what the caller has a reference on
 */
struct quota *quota_get(struct quota *quota)
{
	refcount_inc(&quota->refs);
	return quota;
}

/**
 * quota_put - drop a reference
 * @quota: the quota; with the last reference nothing is charged to it any more
 */
void quota_put(struct quota *quota)
{
	if (!refcount_dec_and_mutex_lock(&quota->refs, &users_lock))
		return;
	list_del(&quota->node);
	mutex_unlock(&users_lock);
	WARN_ON(atomic_long_read(&quota->used) ||
		atomic_read(&quota->page_tables));
	kfree(quota);
}

/**
 * quota_charge - before a driver allocates for a user
 * @quota: of the user
 * @bytes: how much it may be
 *
 * Return: 0, or -ENOSPC where that is more than the user may have.
 */
int quota_charge(struct quota *quota, unsigned long bytes)
{
	unsigned long max = READ_ONCE(max_table_bytes);
	long used = atomic_long_read(&quota->used);

	do {
		if (bytes > max || used > max - bytes)
			return -ENOSPC;
	} while (!atomic_long_try_cmpxchg(&quota->used, &used, used + bytes));
	return 0;
}

/**
 * quota_uncharge - after a driver has freed it
 * @quota: of the user
 * @bytes: how much it was
 */
void quota_uncharge(struct quota *quota, unsigned long bytes)
{
	atomic_long_sub(bytes, &quota->used);
}

/**
 * quota_take_page_table - before a page table is made for a user
 * @quota: of the user
 *
 * Return: 0, or -ENOSPC where the user may not have one more.
 */
int quota_take_page_table(struct quota *quota)
{
	unsigned int n = atomic_inc_return(&quota->page_tables);

	if (n <= READ_ONCE(max_page_tables))
		return 0;
	atomic_dec(&quota->page_tables);
	return -ENOSPC;
}

/**
 * quota_drop_page_table - after one was freed
 * @quota: of the user
 */
void quota_drop_page_table(struct quota *quota)
{
	atomic_dec(&quota->page_tables);
}

/**
 * quota_left - how much more a user may have
 * @quota: of the user
 *
 * Return: bytes.
 */
unsigned long quota_left(const struct quota *quota)
{
	unsigned long max = READ_ONCE(max_table_bytes);
	unsigned long used = atomic_long_read(&quota->used);

	return max - min(max, used);
}

/**
 * quota_look - what a user has, and may have
 * @quota: of the user
 * @use: set
 */
void quota_look(const struct quota *quota, struct quota_use *use)
{
	*use = (struct quota_use){
		.bytes = atomic_long_read(&quota->used),
		.max_bytes = READ_ONCE(max_table_bytes),
		.page_tables = atomic_read(&quota->page_tables),
		.max_page_tables = READ_ONCE(max_page_tables),
	};
}

/** quota_init - when the module is loaded */
void quota_init(void)
{
	if (max_table_bytes == MAX_UNKNOWN)
		max_table_bytes = totalram_pages() * (PAGE_SIZE / DEFAULT_PART);
}
