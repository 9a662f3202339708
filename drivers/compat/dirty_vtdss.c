// SPDX-License-Identifier: GPL-2.0-only
/*
 * VT-d's second stage, as the kernel's generic page tables have it.  See radix.h for the
 * locks.
 */
#include <linux/bits.h>
#include <linux/generic_pt/iommu.h>

#include "compat/module.h"
#include "compat/radix.h"
#include "compat/walker.h"

COMPAT_IMPORT_NS(GENERIC_PT_IOMMU);

/* Readable or writable: otherwise there is nothing. */
#define VTDSS_PRESENT GENMASK_ULL(1, 0)
#define VTDSS_LARGE BIT_ULL(7)
#define VTDSS_DIRTY 9
#define VTDSS_ADDRESS GENMASK_ULL(51, 12)

static enum radix_kind vtdss_kind(u64 entry, unsigned int level)
{
	if (!(entry & VTDSS_PRESENT))
		return RADIX_NONE;
	return level && !(entry & VTDSS_LARGE) ? RADIX_TABLE : RADIX_PAGE;
}

static phys_addr_t vtdss_table(u64 entry)
{
	return entry & VTDSS_ADDRESS;
}

static unsigned int vtdss_count(u64 entry, unsigned int level)
{
	return 1;
}

static const struct radix_format vtdss = {
	.kind = vtdss_kind,
	.table = vtdss_table,
	.count = vtdss_count,
	.dirty = VTDSS_DIRTY,
};

/* The driver's own reader, which does nothing, tells what the tables are. */
static bool vtdss_serves(struct iommu_domain *domain)
{
	return domain->dirty_ops->read_and_clear_dirty ==
	       pt_iommu_vtdss_read_and_clear_dirty;
}

static void vtdss_read(struct compat_dirty *dirty, unsigned long first,
		       unsigned long last)
{
	struct pt_iommu_vtdss_hw_info info;

	pt_iommu_vtdss_hw_info(container_of(dirty->domain,
					    struct pt_iommu_vtdss,
					    iommu.domain), &info);
	/* What is told is an address width: 1 stands for three levels. */
	radix_read(&vtdss, (struct radix_root){
			.table = info.ssptptr, .level = info.aw + 1,
		}, dirty, first, last);
}

const struct compat_walker compat_vtdss_walker = {
	.serves = vtdss_serves,
	.read = vtdss_read,
};
