// SPDX-License-Identifier: GPL-2.0-only
/*
 * A domain of the mock: a page table, which is an array of entries of 2 KiB, half
 * a page on purpose.
 *
 * No lock: a domain is made, settled and freed by one caller at a time.
 */
#include <linux/bug.h>
#include <linux/slab.h>

#include "compat/iommu.h"
#include "selftest/abi.h"
#include "selftest/mock/domain.h"
#include "selftest/mock/entries.h"
#include "selftest/mock/manners.h"

/**
 * mock_domain_settle - give a domain its aperture and its page sizes
 * @mock: the domain
 */
void mock_domain_settle(struct mock_domain *mock)
{
	mock->domain.geometry.aperture_start = MOCK_APERTURE_START;
	mock->domain.geometry.aperture_end = MOCK_APERTURE_LAST;
	mock->domain.geometry.force_aperture = true;
	mock->domain.pgsize_bitmap = MOCK_PAGE;
	if (mock->huge)
		mock->domain.pgsize_bitmap |= mock_indivisible ?
			~(MOCK_HUGE_PAGE - 1) : MOCK_HUGE_PAGE;
}

/**
 * mock_domain_contains - does a range fit into the aperture
 * @mock: the domain
 * @iova: first IOVA
 * @size: bytes
 */
bool mock_domain_contains(struct mock_domain *mock, unsigned long iova,
			  size_t size)
{
	struct iommu_domain_geometry *geometry = &mock->domain.geometry;

	return size && iova >= geometry->aperture_start &&
	       size - 1 <= geometry->aperture_end - iova &&
	       iova <= geometry->aperture_end;
}

/**
 * mock_domain_alloc - an empty page table
 * @huge: with huge pages
 *
 * Return: the domain, without ops, or NULL.
 */
struct mock_domain *mock_domain_alloc(bool huge)
{
	struct mock_domain *mock = kzalloc(sizeof(*mock), GFP_KERNEL_ACCOUNT);

	if (!mock)
		return NULL;
	mock_entries_init(&mock->entries);
	xa_init(&mock->tables);
	mock->huge = huge;
	if (mock_traits->settled) {
		mock_domain_settle(mock);
	} else {
		/* Numbers of VT-d, which change when it is attached. */
		mock->domain.geometry.aperture_end = BIT(57) - 1;
		mock->domain.pgsize_bitmap = PAGE_SIZE;
	}
	return mock;
}

/**
 * mock_domain_free - drop a page table that no device has
 * @mock: the domain
 */
void mock_domain_free(struct mock_domain *mock)
{
	WARN_ON(atomic_read(&mock->attached) || atomic_read(&mock->changing) ||
		atomic_read(&mock->nested));
	mock_entries_destroy(&mock->entries);
	xa_destroy(&mock->tables);
	kfree(mock);
}
