/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one user may take of IOMMU drivers.
 */
#ifndef __IOMMUFD_IOMMU_QUOTA_H
#define __IOMMUFD_IOMMU_QUOTA_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/uidgid.h>

/**
 * struct quota - a user, and what nobody else counts
 * @node: in the list of users
 * @refs: of files, and of domains that can't be freed
 * @uid: who
 * @used: bytes that no memory cgroup is charged for
 * @page_tables: how many
 */
struct quota {
	struct list_head node;
	refcount_t refs;
	kuid_t uid;
	atomic_long_t used;
	atomic_t page_tables;
};

/**
 * struct quota_use - what a user has, and may have
 * @bytes: of IO page tables
 * @max_bytes: the limit of that
 * @page_tables: how many
 * @max_page_tables: the limit of that
 */
struct quota_use {
	unsigned long bytes;
	unsigned long max_bytes;
	unsigned int page_tables;
	unsigned int max_page_tables;
};

struct quota *quota_get_current(void);
struct quota *quota_get(struct quota *quota);
void quota_put(struct quota *quota);
int quota_charge(struct quota *quota, unsigned long bytes);
void quota_uncharge(struct quota *quota, unsigned long bytes);
int quota_take_page_table(struct quota *quota);
void quota_drop_page_table(struct quota *quota);
unsigned long quota_left(const struct quota *quota);
void quota_look(const struct quota *quota, struct quota_use *use);
void quota_init(void);

#endif /* __IOMMUFD_IOMMU_QUOTA_H */
