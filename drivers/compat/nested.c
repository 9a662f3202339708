// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nested domains: the driver reads from user memory what the table is, and what of it
 * has to be forgotten, so no lock is held over these calls.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <uapi/linux/iommufd.h>

#include "compat/domain.h"
#include "compat/nested.h"

/**
 * compat_can_nest - does the driver of a device know nested domains
 * @dev: a device behind an IOMMU, whose hardware may lack them all the same
 */
bool compat_can_nest(struct device *dev)
{
#if defined(HAVE_DOMAIN_ALLOC_NESTED)
	return dev->iommu->iommu_dev->ops->domain_alloc_nested;
#elif defined(HAVE_DOMAIN_ALLOC_USER)
	return dev->iommu->iommu_dev->ops->domain_alloc_user;
#else
	return false;
#endif
}

/**
 * compat_nested_alloc - a domain for a table that user space writes
 * @dev: a device of which compat_can_nest() is true
 * @parent: translates what that table points to; made for nesting by the driver of
 *	@dev, and freed after the result
 * @flags: IOMMU_HWPT_ALLOC_PASID, or 0
 * @data: the table, as of enum iommu_hwpt_data_type
 *
 * Return: the domain, or an ERR_PTR: -EOPNOTSUPP where the hardware can't nest, or not
 * what @flags ask for, or does not know such tables, -EINVAL, -EFAULT, or another of the driver's.
 */
struct iommu_domain *compat_nested_alloc(struct device *dev,
					 struct iommu_domain *parent, u32 flags,
					 const struct compat_user_data *data)
{
#ifdef HAVE_CACHE_INVALIDATE_USER
	const struct iommu_ops *ops = dev->iommu->iommu_dev->ops;
	const struct iommu_user_data user = {
		.type = data->type, .uptr = data->uptr, .len = data->len,
	};
	struct iommu_domain *domain;

#ifdef HAVE_DOMAIN_ALLOC_NESTED
	domain = ops->domain_alloc_nested(dev, parent, flags, &user);
#else
	domain = ops->domain_alloc_user(dev, 0, parent, &user);
#endif
	/* Drivers leave it out, and the kernel attaches none without. */
	if (!IS_ERR(domain))
		domain->owner = ops;
	return compat_domain_check(domain, flags);
#else
	return ERR_PTR(-EOPNOTSUPP);
#endif
}

/**
 * compat_nested_invalidate - let the hardware forget what it knows of a user's table
 * @domain: from compat_nested_alloc()
 * @entries: what to forget, as of enum iommu_hwpt_invalidate_data_type
 * @count: how many entries; set to how many were carried out, also on error
 *
 * Return: 0, -EOPNOTSUPP, -EINVAL, -EFAULT, or another of the driver's.
 */
int compat_nested_invalidate(struct iommu_domain *domain,
			     const struct compat_user_data *entries, u32 *count)
{
	int rc = -EOPNOTSUPP;
#ifdef HAVE_CACHE_INVALIDATE_USER
	struct iommu_user_data_array array = {
		.type = entries->type, .uptr = entries->uptr,
		.entry_len = entries->len, .entry_num = *count,
	};

	if (domain->ops->cache_invalidate_user) {
		rc = domain->ops->cache_invalidate_user(domain, &array);
		*count = array.entry_num;
		return rc;
	}
#endif
	*count = 0;
	return rc;
}
