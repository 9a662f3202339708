// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tests may see of a domain and do to it, while it may be mapped and unmapped.
 */
#include <linux/compiler.h>

#include "compat/iommu.h"
#include "selftest/abi.h"
#include "selftest/mock/domain.h"
#include "selftest/mock/entries.h"
#include "selftest/mock/manners.h"
#include "selftest/mock/tables.h"
#include "selftest/mock/view.h"

/**
 * mock_view_flags - what an entry is like
 * @domain: a domain of the mock
 * @iova: an IOVA
 *
 * Return: MOCK_ENTRY_*, or 0 where nothing is mapped.
 */
u32 mock_view_flags(struct iommu_domain *domain, unsigned long iova)
{
	return mock_entries_flags(&mock_domain_of(domain)->entries, iova) &
	       MOCK_ENTRY_FLAGS;
}

/**
 * mock_view_iotlb - what is remembered of the table of a nested domain
 * @domain: a nested domain of the mock
 * @id: which word
 */
u32 mock_view_iotlb(struct iommu_domain *domain, unsigned int id)
{
	return READ_ONCE(mock_domain_of(domain)->iotlb[id]);
}

/**
 * mock_view_taken - what a driver would have allocated that nobody is charged for
 * @domain: a domain of the mock
 *
 * Return: bytes.
 */
u64 mock_view_taken(struct iommu_domain *domain)
{
	struct mock_domain *mock = mock_domain_of(domain);
	u64 taken = MOCK_DOMAIN_SIZE + mock_tables_bytes(&mock->tables);

	if (mock_traits->by_call)
		taken += MOCK_CALL_SIZE *
			 mock_entries_count(&mock->entries, ENTRY_FIRST);
	return taken;
}

/**
 * mock_view_track - shall devices that write leave a mark
 * @domain: a domain of the mock
 * @enable: they shall
 */
void mock_view_track(struct iommu_domain *domain, bool enable)
{
	WRITE_ONCE(mock_domain_of(domain)->tracks, enable);
}

/**
 * mock_view_tracks - do devices that write leave a mark
 * @domain: a domain of the mock
 */
bool mock_view_tracks(struct iommu_domain *domain)
{
	return READ_ONCE(mock_domain_of(domain)->tracks);
}

/**
 * mock_view_mark - leave the mark of a device that has written
 * @domain: a domain of the mock
 * @iova: an IOVA
 *
 * Return: whether something is mapped there.
 */
bool mock_view_mark(struct iommu_domain *domain, unsigned long iova)
{
	struct xarray *entries = &mock_domain_of(domain)->entries;
	unsigned long flags = mock_entries_flags(entries, iova);

	/* It remembers the mark that was taken away. */
	if (flags & ENTRY_CLEAN)
		return true;
	return flags && mock_entries_mark(entries, iova, ENTRY_DIRTY);
}
