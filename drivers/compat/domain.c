// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains: how one is made, written, synced and flushed on each kernel.
 *
 * No lock: struct compat_iommu_traits says what may run in parallel.
 */
#include <linux/iommu.h>
#include <linux/mm.h>

#include "compat/domain.h"
#include "compat/hardware.h"
#include "compat/iommu.h"

#if defined(HAVE_PAGING_DOMAIN_ALLOC_FLAGS)
static struct iommu_domain *domain_alloc(struct device *dev, u32 flags,
					 struct compat_iommu_traits *traits)
{
	return iommu_paging_domain_alloc_flags(dev, flags);
}
#elif defined(HAVE_DOMAIN_ALLOC_USER)
static struct iommu_domain *domain_alloc(struct device *dev, u32 flags,
					 struct compat_iommu_traits *traits)
{
	const struct iommu_ops *ops = dev->iommu->iommu_dev->ops;
	struct iommu_domain *domain;
	int lacks;

	/* Drivers have it and don't know the flag; the others are of the second stage. */
	flags &= ~IOMMU_HWPT_ALLOC_PASID;
	lacks = flags ? 0 : compat_hw_lacks_second_stage(dev);
	if (lacks < 0)
		return ERR_PTR(lacks);
	if (lacks)
		traits->settled = false;
	if (lacks || !ops->domain_alloc_user)
		return flags ? ERR_PTR(-EOPNOTSUPP) :
			       iommu_paging_domain_alloc(dev);
	domain = ops->domain_alloc_user(dev, flags, NULL, NULL);
	if (!IS_ERR(domain))
		domain->owner = ops;	/* AMD-Vi leaves it out */
	return domain;
}
#else
static struct iommu_domain *domain_alloc(struct device *dev, u32 flags,
					 struct compat_iommu_traits *traits)
{
	struct iommu_domain *domain;

	if (flags)
		return ERR_PTR(-EOPNOTSUPP);
	domain = iommu_domain_alloc(dev->bus);
	return domain ? domain : ERR_PTR(-ENOMEM);
}
#endif

/**
 * compat_domain_alloc - an empty paging domain for a device
 * @dev: the device
 * @flags: what it must be able to do, of enum iommufd_hwpt_alloc_flags
 * @traits: set to how the driver behaves with such a domain
 *
 * Return: the domain, or an ERR_PTR: -EOPNOTSUPP where driver or hardware lack what
 * @flags ask for.
 */
struct iommu_domain *compat_domain_alloc(struct device *dev, u32 flags,
					 struct compat_iommu_traits *traits)
{
	struct iommu_domain *domain;

	*traits = compat_iommu_traits_of(dev);
	domain = compat_domain_check(domain_alloc(dev, flags, traits), flags);
#ifdef HAVE_GENERIC_PT
	if (!IS_ERR(domain) && compat_domain_is_generic(domain))
		*traits = compat_generic_traits;
#endif
	return domain;
}

/* For drivers that have no map_pages: see compat_domain_map(). */
int compat_domain_map_slow(struct iommu_domain *domain, unsigned long iova,
			   phys_addr_t paddr, size_t pgsize, size_t pgcount,
			   int prot, gfp_t gfp, size_t *mapped)
{
	size_t size = pgsize * pgcount;
	int rc;

#ifdef HAVE_IOMMU_MAP_ATOMIC
	if (gfpflags_allow_blocking(gfp))
		rc = iommu_map(domain, iova, paddr, size, prot);
	else
		rc = iommu_map_atomic(domain, iova, paddr, size, prot);
#else
	rc = iommu_map(domain, iova, paddr, size, prot, gfp);
#endif
	if (!rc)
		*mapped += size;
	return rc;
}

/**
 * compat_domain_map_sync - make new mappings visible to the hardware
 * @domain: the domain
 * @iova: first IOVA of what was mapped
 * @size: bytes
 *
 * Return: 0 or -errno.
 */
int compat_domain_map_sync(struct iommu_domain *domain, unsigned long iova,
			   size_t size)
{
	if (!domain->ops->iotlb_sync_map)
		return 0;
#ifdef HAVE_SYNC_MAP_ERROR
	return domain->ops->iotlb_sync_map(domain, iova, size);
#else
	domain->ops->iotlb_sync_map(domain, iova, size);
	return 0;
#endif
}

/* What a level of VT-d's tables resolves, and a page at the end. */
#define VTD_LEVEL_BITS 9
#define VTD_PAGE_BITS 12

/**
 * compat_domain_first_stage - does a domain of VT-d translate by a first stage
 * @domain: the domain, attached at least once
 *
 * Nothing says so but the aperture.  A second stage has all that its levels
 * resolve; a first stage half, as the upper half is of negative addresses.
 */
bool compat_domain_first_stage(const struct iommu_domain *domain)
{
	unsigned int bits = fls64(domain->geometry.aperture_end);

	return (bits + 1 - VTD_PAGE_BITS) % VTD_LEVEL_BITS == 0;
}

/**
 * compat_domain_flush_all - wait until nothing that was unmapped is cached
 * @domain: the domain
 * @gather: marked as queued, so that the driver has flushed nothing, nor noted
 *	ranges, and has left its tables to be freed; empty afterwards
 */
void compat_domain_flush_all(struct iommu_domain *domain,
			     struct iommu_iotlb_gather *gather)
{
	iommu_flush_iotlb_all(domain);
#ifndef HAVE_PAGING_DOMAIN_ALLOC
	put_pages_list(&gather->freelist);
#endif
}
