/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables that user space writes, over one of ours.
 */
#ifndef __COMPAT_NESTED_H
#define __COMPAT_NESTED_H

#include <linux/types.h>

struct device;
struct iommu_domain;

/**
 * struct compat_user_data - user memory that a driver reads
 * @type: what is there, as user space says
 * @uptr: where
 * @len: bytes; of one entry, where there are several
 */
struct compat_user_data {
	u32 type;
	void __user *uptr;
	size_t len;
};

bool compat_can_nest(struct device *dev);
struct iommu_domain *compat_nested_alloc(struct device *dev,
					 struct iommu_domain *parent, u32 flags,
					 const struct compat_user_data *data);
int compat_nested_invalidate(struct iommu_domain *domain,
			     const struct compat_user_data *entries,
			     u32 *count);

#endif /* __COMPAT_NESTED_H */
