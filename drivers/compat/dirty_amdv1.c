// SPDX-License-Identifier: GPL-2.0-only
/*
 * AMD-Vi's tables of version 1, as the kernel's generic page tables have them.  See
 * radix.h for the locks.  A new root, which has the old one below, may come with a MAP, so
 * the root is looked up for each read.
 */
#include <linux/bits.h>
#include <linux/generic_pt/iommu.h>
#include <linux/mem_encrypt.h>
#include <linux/minmax.h>

#include "compat/radix.h"
#include "compat/walker.h"

#define AMDV1_PRESENT BIT_ULL(0)
#define AMDV1_DIRTY 6
#define AMDV1_NEXT_LEVEL GENMASK_ULL(11, 9)
#define AMDV1_ADDRESS GENMASK_ULL(51, 12)

/* Of the next level: the entry is a page, or one of several that are a page together. */
#define AMDV1_PAGE 0
#define AMDV1_PAGES 7

static unsigned int amdv1_next(u64 entry)
{
	return (entry & AMDV1_NEXT_LEVEL) >> 9;
}

static enum radix_kind amdv1_kind(u64 entry, unsigned int level)
{
	if (!(entry & AMDV1_PRESENT))
		return RADIX_NONE;
	return level && amdv1_next(entry) != AMDV1_PAGE &&
	       amdv1_next(entry) != AMDV1_PAGES ? RADIX_TABLE : RADIX_PAGE;
}

static phys_addr_t amdv1_table(u64 entry)
{
#ifdef CONFIG_AMD_MEM_ENCRYPT
	entry = __sme_clr(entry);
#endif
	return entry & AMDV1_ADDRESS;
}

/*
 * The lowest bit of the address that is 0 tells the size: of 2^n bytes, n above 12, bits 12
 * to n - 2 are 1.
 */
static unsigned int amdv1_count(u64 entry, unsigned int level)
{
	unsigned int bits;

	if (amdv1_next(entry) != AMDV1_PAGES)
		return 1;
	bits = ffz(entry >> RADIX_PAGE_BITS) + RADIX_PAGE_BITS + 1;
	/* No table has more, nor less than one. */
	return BIT(clamp(bits, radix_shift(level), radix_shift(level + 1) - 1) -
		   radix_shift(level));
}

static const struct radix_format amdv1 = {
	.kind = amdv1_kind,
	.table = amdv1_table,
	.count = amdv1_count,
	.dirty = AMDV1_DIRTY,
};

static bool amdv1_serves(struct iommu_domain *domain)
{
	return domain->dirty_ops->read_and_clear_dirty ==
	       pt_iommu_amdv1_read_and_clear_dirty;
}

static void amdv1_read(struct compat_dirty *dirty, unsigned long first,
		       unsigned long last)
{
	struct pt_iommu_amdv1_hw_info info;

	pt_iommu_amdv1_hw_info(container_of(dirty->domain,
					    struct pt_iommu_amdv1,
					    iommu.domain), &info);
	radix_read(&amdv1, (struct radix_root){
			.table = info.host_pt_root, .level = info.mode - 1,
		}, dirty, first, last);
}

const struct compat_walker compat_amdv1_walker = {
	.serves = amdv1_serves,
	.read = amdv1_read,
};
