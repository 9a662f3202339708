/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains, and gathers of what was unmapped in them.
 */
#ifndef __COMPAT_DOMAIN_H
#define __COMPAT_DOMAIN_H

#include <linux/err.h>
#include <linux/iommu.h>
#include <uapi/linux/iommufd.h>

#ifdef HAVE_GENERIC_PT
#include <linux/generic_pt/iommu.h>
#endif

struct compat_iommu_traits;

struct iommu_domain *compat_domain_alloc(struct device *dev, u32 flags,
					 struct compat_iommu_traits *traits);
int compat_domain_map_slow(struct iommu_domain *domain, unsigned long iova,
			   phys_addr_t paddr, size_t pgsize, size_t pgcount,
			   int prot, gfp_t gfp, size_t *mapped);
int compat_domain_map_sync(struct iommu_domain *domain, unsigned long iova,
			   size_t size);
bool compat_domain_first_stage(const struct iommu_domain *domain);
void compat_domain_flush_all(struct iommu_domain *domain,
			     struct iommu_iotlb_gather *gather);

/**
 * compat_domain_check - does a new domain lack PASIDs that were asked for
 * @domain: what a driver has made, or an ERR_PTR
 * @flags: what it was asked for, of enum iommufd_hwpt_alloc_flags
 *
 * Return: @domain; or ERR_PTR(-EOPNOTSUPP), and it is freed.
 */
static inline struct iommu_domain *
compat_domain_check(struct iommu_domain *domain, u32 flags)
{
	if (IS_ERR(domain) || !(flags & IOMMU_HWPT_ALLOC_PASID))
		return domain;
#ifdef HAVE_ATTACH_HANDLE
	if (domain->ops->set_dev_pasid)
		return domain;
#endif
	iommu_domain_free(domain);
	return ERR_PTR(-EOPNOTSUPP);
}

/**
 * compat_domain_is_generic - has a domain the kernel's generic page tables
 * @domain: the domain
 */
static inline bool compat_domain_is_generic(struct iommu_domain *domain)
{
#ifdef HAVE_GENERIC_PT
	return iommupt_from_domain(domain);
#else
	return false;
#endif
}

/**
 * compat_gather_tables - tables that are freed when a gather is synced
 * @gather: the gather
 */
static inline struct list_head *
compat_gather_tables(struct iommu_iotlb_gather *gather)
{
#ifdef HAVE_PAGES_LIST
	return &gather->freelist.pages;
#else
	return &gather->freelist;
#endif
}

/**
 * compat_gather_merge_grain - how a range of two gathers has to be flushed
 * @domain: the domain of both
 * @gather: what is flushed so that it suffices for both
 * @more: the other one
 *
 * Drivers are told the smallest page in it, if they have set one, or, with the
 * kernel's own page tables, what levels.
 */
static inline void compat_gather_merge_grain(struct iommu_domain *domain,
					     struct iommu_iotlb_gather *gather,
					     const struct iommu_iotlb_gather *more)
{
#ifdef HAVE_GATHER_LEVELS
	if (iommupt_from_domain(domain)) {
		gather->pt.leaf_levels_bitmap |= more->pt.leaf_levels_bitmap;
		gather->pt.table_levels_bitmap |= more->pt.table_levels_bitmap;
		return;
	}
#endif
	if (!gather->pgsize || (more->pgsize && more->pgsize < gather->pgsize))
		gather->pgsize = more->pgsize;
}

/**
 * compat_domain_map - map pages of one size
 * @domain: the domain
 * @iova: first IOVA, aligned to @pgsize
 * @paddr: first physical address, aligned to @pgsize
 * @pgsize: one of the page sizes of @domain
 * @pgcount: how many pages
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE, IOMMU_MMIO
 * @gfp: how the driver allocates tables: GFP_KERNEL_ACCOUNT, or atomically
 * @mapped: bytes mapped are added to it, also on error
 *
 * The caller has checked aperture and alignment, and syncs afterwards by
 * compat_domain_map_sync().  Inline, as it is called for each scattered page.
 *
 * Return: 0 or -errno.
 */
static inline int compat_domain_map(struct iommu_domain *domain,
				    unsigned long iova, phys_addr_t paddr,
				    size_t pgsize, size_t pgcount, int prot,
				    gfp_t gfp, size_t *mapped)
{
#ifdef HAVE_GENERIC_PT
	struct pt_iommu *pt = iommupt_from_domain(domain);

	if (likely(pt))
		return pt->ops->map_range(pt, iova, paddr, pgsize * pgcount,
					  prot, gfp, mapped);
#endif
	if (likely(domain->ops->map_pages))
		return domain->ops->map_pages(domain, iova, paddr, pgsize,
					      pgcount, prot, gfp, mapped);
	return compat_domain_map_slow(domain, iova, paddr, pgsize, pgcount,
				      prot, gfp, mapped);
}

#endif /* __COMPAT_DOMAIN_H */
