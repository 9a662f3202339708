/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What drivers of mediated devices ask of vfio.ko, done by an access: for
 * containers and for character devices.
 *
 * Pins go page by page, as drivers may unpin other ranges than they pinned.
 * Where in its page an IOVA lies doesn't matter for them.
 */
#ifndef __VFIO_PINS_H
#define __VFIO_PINS_H

#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/mm.h>
#include <linux/overflow.h>

static inline void pins_drop(struct iommufd_access *access, dma_addr_t iova,
			     int npages)
{
	for (iova &= PAGE_MASK; npages > 0; npages--, iova += PAGE_SIZE)
		iommufd_access_unpin_pages(access, iova, PAGE_SIZE);
}

/* Returns @npages or -errno, with nothing pinned; guests name @iova to drivers. */
static inline int pins_take(struct iommufd_access *access, dma_addr_t iova,
			    int npages, int prot, struct page **pages)
{
	unsigned int flags = prot & IOMMU_WRITE ? IOMMUFD_ACCESS_RW_WRITE :
						  IOMMUFD_ACCESS_RW_READ;
	dma_addr_t last;
	int i, rc;

	iova &= PAGE_MASK;
	if (check_add_overflow(iova, (dma_addr_t)(npages - 1) * PAGE_SIZE,
			       &last))
		return -EOVERFLOW;
	for (i = 0; i < npages; i++) {
		rc = iommufd_access_pin_pages(access, iova + i * PAGE_SIZE,
					      PAGE_SIZE, pages + i, flags);
		if (rc) {
			pins_drop(access, iova, i);
			return rc;
		}
	}
	return npages;
}

static inline int pins_rw(struct iommufd_access *access, dma_addr_t iova,
			  void *data, size_t len, bool write)
{
	return iommufd_access_rw(access, iova, data, len,
				 write ? IOMMUFD_ACCESS_RW_WRITE :
					 IOMMUFD_ACCESS_RW_READ);
}

#endif /* __VFIO_PINS_H */
