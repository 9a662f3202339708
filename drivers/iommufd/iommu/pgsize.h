/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which IO page size fits where.
 */
#ifndef __IOMMUFD_IOMMU_PGSIZE_H
#define __IOMMUFD_IOMMU_PGSIZE_H

#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/types.h>

/* Entries in one page of an IO page table, on all drivers with 4 KiB pages. */
#define PGSIZE_TABLE_ENTRIES 512UL

/*
 * A map or an unmap call is at most this long and never crosses a multiple of
 * it, so no IO page is larger.  Drivers may take back only as a whole what one
 * map call has mapped: each such call has to lie in one unmap call.
 */
#define PGSIZE_CALL BIT(30)

/**
 * pgsize_in_call - how much of a range one map or unmap call may cover
 * @iova: first IOVA
 * @size: bytes
 */
static inline size_t pgsize_in_call(unsigned long iova, size_t size)
{
	return min(size, PGSIZE_CALL - (iova & (PGSIZE_CALL - 1)));
}

/**
 * pgsize_pick - the largest page that an extent can begin with
 * @pgsizes: bitmap of page sizes
 * @iova: first IOVA, aligned to the smallest of them, as all of these
 * @paddr: first physical address
 * @size: bytes, not 0
 * @count: set to how many pages of that size to map before a larger one fits
 *
 * Return: the page size.
 */
static inline size_t pgsize_pick(unsigned long pgsizes, unsigned long iova,
				 u64 paddr, size_t size, size_t *count)
{
	unsigned long address = iova | paddr, fits, larger;
	size_t pgsize, next;

	fits = pgsizes & GENMASK(__fls(size), 0);
	if (address)
		fits &= GENMASK(__ffs(address), 0);
	pgsize = 1UL << __fls(fits);

	larger = pgsizes & ~GENMASK(__fls(fits), 0);
	if (larger) {
		next = 1UL << __ffs(larger);
		/* Only where both reach the larger size together. */
		if (!((iova ^ paddr) & (next - 1))) {
			size_t gap = next - (iova & (next - 1));

			if (gap < size && size - gap >= next)
				size = gap;
		}
	}
	*count = size / pgsize;
	return pgsize;
}

/**
 * pgsize_in_table - how many pages one page of the table still takes
 * @pgsize: size of a page
 * @iova: of the first
 */
static inline size_t pgsize_in_table(size_t pgsize, unsigned long iova)
{
	return PGSIZE_TABLE_ENTRIES -
	       (iova / pgsize) % PGSIZE_TABLE_ENTRIES;
}

#endif /* __IOMMUFD_IOMMU_PGSIZE_H */
