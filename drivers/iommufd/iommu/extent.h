/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of devices to a domain, and back.
 */
#ifndef __IOMMUFD_IOMMU_EXTENT_H
#define __IOMMUFD_IOMMU_EXTENT_H

#include <linux/types.h>

struct domain;

size_t extent_grain(const struct domain *domain, unsigned long iova,
		    phys_addr_t paddr);
int extent_charge(struct domain *domain, unsigned long iova, phys_addr_t paddr,
		  size_t size);
void extent_uncharge(struct domain *domain, unsigned long iova,
		     phys_addr_t paddr, size_t size);
int extent_map(struct domain *domain, unsigned long iova, phys_addr_t paddr,
	       size_t size, int prot, size_t *mapped);
void extent_unmap(struct domain *domain, unsigned long iova, size_t size);

#endif /* __IOMMUFD_IOMMU_EXTENT_H */
