// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one user may make IOMMU drivers allocate that no memory cgroup pays for.
 *
 * It counts for the user who has opened the file, in all files and containers
 * together: otherwise more files would be more memory.  users_lock guards the
 * list of users; what one of them uses is a number that changes without a lock.
 */
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uidgid.h>

#include "iommufd.h"

/* By default a user may take one of so many parts of the memory. */
#define DEFAULT_PART 32

/* Not given when the module was loaded. */
#define MAX_UNKNOWN ULONG_MAX

static unsigned long max_table_bytes = MAX_UNKNOWN;
module_param(max_table_bytes, ulong, 0644);
MODULE_PARM_DESC(max_table_bytes,
		 "Bytes of IO page tables that one user may have which no memory cgroup is charged for (default 1/32 of the memory)");

static DEFINE_MUTEX(users_lock);	/* a leaf but for the allocator */
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
	list_add(&quota->node, &users);
	return quota;
}

/**
 * quota_get_current - what the user of the caller has
 *
 * Return: the quota, for quota_put(), or NULL without memory.
 */
struct quota *quota_get_current(void)
{
	kuid_t uid = current_uid();
	struct quota *quota;

	mutex_lock(&users_lock);
	quota = quota_find(uid);
	if (quota)
		refcount_inc(&quota->refs);
	else
		quota = quota_create(uid);
	mutex_unlock(&users_lock);
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
	WARN_ON(atomic_long_read(&quota->used));
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

/** quota_init - when the module is loaded */
void quota_init(void)
{
	if (max_table_bytes == MAX_UNKNOWN)
		max_table_bytes = totalram_pages() * (PAGE_SIZE / DEFAULT_PART);
}
