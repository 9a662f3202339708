// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nested domains of the mock IOMMU: what user space says of them is copied here, for
 * the driver.
 *
 * No lock: the driver's part has none, either.
 */
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/types.h>

#include "compat/mock.h"
#include "compat/mock_iommu.h"

#ifdef HAVE_CACHE_INVALIDATE_USER

/**
 * compat_mock_nested_alloc - for the row that makes nested domains
 * @parent: a domain of the mock that pages
 * @user: the table
 *
 * Return: the domain; or an ERR_PTR: -EOPNOTSUPP where @user is of another type,
 * -EINVAL, -EFAULT, -ENOMEM.
 */
struct iommu_domain *
compat_mock_nested_alloc(struct iommu_domain *parent,
			 const struct iommu_user_data *user)
{
	const struct compat_mock_driver *driver = compat_mock_driver;
	const struct compat_mock_data *want = &driver->nested_data;
	u64 data[COMPAT_MOCK_DATA / sizeof(u64)] = {};
	struct iommu_domain *domain;
	int rc;

	if (user->type != want->type)
		return ERR_PTR(-EOPNOTSUPP);
	if (WARN_ON(want->size > sizeof(data)))
		return ERR_PTR(-EINVAL);
	rc = __iommu_copy_struct_from_user(data, user, want->type, want->size,
					   want->min_size);
	if (rc)
		return ERR_PTR(rc);
	domain = driver->alloc_nested(parent, data);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	domain->type = IOMMU_DOMAIN_NESTED;
	return domain;
}

/**
 * compat_mock_invalidate - the row cache_invalidate_user of a nested domain's ops
 * @domain: the domain
 * @array: what to forget; its length is set to how many were carried out
 *
 * Return: 0, -EINVAL, -EFAULT, or an error of the driver.
 */
int compat_mock_invalidate(struct iommu_domain *domain,
			   struct iommu_user_data_array *array)
{
	const struct compat_mock_driver *driver = compat_mock_driver;
	const struct compat_mock_data *want = &driver->entry_data;
	u64 data[COMPAT_MOCK_DATA / sizeof(u64)] = {};
	int rc = 0;
	u32 i = 0;

	if (array->type != want->type || WARN_ON(want->size > sizeof(data)))
		rc = -EINVAL;
	for (; !rc && i < array->entry_num; i++) {
		rc = __iommu_copy_struct_from_user_array(data, array,
							 want->type, i,
							 want->size,
							 want->min_size);
		if (!rc)
			rc = driver->invalidate(domain, data);
		if (rc)
			break;
	}
	array->entry_num = i;
	return rc;
}

#endif /* HAVE_CACHE_INVALIDATE_USER */
