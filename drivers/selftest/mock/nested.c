// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nested domains of the mock: nobody reads the table that user space would write.
 * What hardware would remember of it are a few words, which user space chooses when
 * the domain is made, and which are 0 when they are forgotten.
 *
 * No lock: each word is read and written by itself.
 */
#include <linux/bug.h>
#include <linux/slab.h>

#include "selftest/abi.h"
#include "selftest/mock/domain.h"
#include "selftest/mock/nested.h"

static void iotlb_set(struct mock_domain *mock, unsigned int first,
		      unsigned int end, u32 value)
{
	for (; first < end; first++)
		WRITE_ONCE(mock->iotlb[first], value);
}

/**
 * mock_nested_alloc - a nested domain
 * @parent: what it is nested on
 * @data: a struct iommu_hwpt_selftest
 *
 * Return: the domain, without ops, or NULL.
 */
struct mock_domain *mock_nested_alloc(struct mock_domain *parent,
				      const void *data)
{
	const struct iommu_hwpt_selftest *table = data;
	struct mock_domain *mock = kzalloc(sizeof(*mock), GFP_KERNEL_ACCOUNT);

	if (!mock)
		return NULL;
	mock->parent = parent;
	atomic_inc(&parent->nested);
	iotlb_set(mock, 0, MOCK_NESTED_DOMAIN_IOTLB_NUM, table->iotlb);
	return mock;
}

/**
 * mock_nested_free - drop a nested domain that no device has
 * @mock: the domain
 */
void mock_nested_free(struct mock_domain *mock)
{
	WARN_ON(atomic_read(&mock->attached));
	atomic_dec(&mock->parent->nested);
	kfree(mock);
}

/**
 * mock_nested_invalidate - forget
 * @mock: a nested domain
 * @entry: a struct iommu_hwpt_invalidate_selftest
 *
 * Return: 0, -EOPNOTSUPP, -EINVAL.
 */
int mock_nested_invalidate(struct mock_domain *mock, const void *entry)
{
	const struct iommu_hwpt_invalidate_selftest *request = entry;
	u32 id = request->iotlb_id;

	if (request->flags & ~IOMMU_TEST_INVALIDATE_FLAG_ALL)
		return -EOPNOTSUPP;
	if (id >= MOCK_NESTED_DOMAIN_IOTLB_NUM)
		return -EINVAL;
	if (request->flags & IOMMU_TEST_INVALIDATE_FLAG_ALL)
		iotlb_set(mock, 0, MOCK_NESTED_DOMAIN_IOTLB_NUM, 0);
	else
		iotlb_set(mock, id, id + 1, 0);
	return 0;
}
