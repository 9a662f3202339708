/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels, and between their IOMMU drivers.
 */
#ifndef __COMPAT_IOMMU_H
#define __COMPAT_IOMMU_H

#include <linux/iommu.h>

#ifdef HAVE_GENERIC_PT
#include <linux/generic_pt/iommu.h>
#endif

#include "handle.h"

/* What the kernel exports to those who name @ns; no string on older ones. */
#ifdef HAVE_IMPORT_NS_STRING
#define COMPAT_IMPORT_NS(ns) MODULE_IMPORT_NS(#ns)
#else
#define COMPAT_IMPORT_NS(ns) MODULE_IMPORT_NS(ns)
#endif

#ifdef HAVE_ATTACH_HANDLE
/* Exported, but declared in a private header of drivers/iommu. */
int iommu_replace_group_handle(struct iommu_group *group,
			       struct iommu_domain *new_domain,
			       struct iommu_attach_handle *handle);
void iommu_detach_group_handle(struct iommu_domain *domain,
			       struct iommu_group *group);
#endif

/**
 * struct compat_iommu_traits - how the driver of an IOMMU behaves
 * @settled: aperture and page sizes of a new domain are final; otherwise they
 *	are after its first attach
 * @truthful: a map call that fails reports what it wrote
 * @parallel: map and unmap of disjoint ranges may run in parallel
 * @charged: what a map call allocates is charged to the memcg of the caller
 * @by_call: that is a struct for each call, and no tables
 * @merges: adjacent pages of one map call may become one large page, or be
 *	unmapped only together
 * @short_flush: the flush of a range that is not aligned to its size misses its
 *	end, where the domain is a first stage
 * @size: bytes of a domain that maps nothing, at most; charged to nobody
 */
struct compat_iommu_traits {
	bool settled;
	bool truthful;
	bool parallel;
	bool charged;
	bool by_call;
	bool merges;
	bool short_flush;
	size_t size;
};

/**
 * struct compat_iommu_driver - an IOMMU driver that is known
 * @prefix: of the names that it gives to its IOMMUs in sysfs
 * @module: the module that it is, where that tells, and not @prefix; or NULL
 * @traits: how it behaves
 */
struct compat_iommu_driver {
	const char *prefix;
	const char *module;
	struct compat_iommu_traits traits;
};

void compat_iommu_introduce(const struct compat_iommu_driver *driver);
const void *compat_iommu_driver_id(struct device *dev);
bool compat_has_iommu(struct device *dev);
struct iommu_domain *compat_domain_alloc(struct device *dev,
					 struct compat_iommu_traits *traits);
int compat_domain_map_slow(struct iommu_domain *domain, unsigned long iova,
			   phys_addr_t paddr, size_t pgsize, size_t pgcount,
			   int prot, size_t *mapped);
int compat_domain_map_sync(struct iommu_domain *domain, unsigned long iova,
			   size_t size);
bool compat_domain_first_stage(const struct iommu_domain *domain);
void compat_domain_flush_all(struct iommu_domain *domain,
			     struct iommu_iotlb_gather *gather);
bool compat_can_enforce_coherency(struct device *dev);
bool compat_group_msi_isolated(struct iommu_group *group);
bool compat_plain_msi_is_mapped(void);
int compat_group_attach(struct iommu_group *group, struct iommu_domain *domain);
bool compat_group_detach(struct iommu_group *group,
			 struct iommu_domain *domain);
bool compat_group_can_replace(void);
int compat_group_replace(struct iommu_group *group, struct iommu_domain *domain,
			 struct compat_handle *handle);
bool compat_replace_loses(int rc);
void *compat_hw_info(struct device *dev, u32 *length, u32 *type);

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
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE
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
				    size_t *mapped)
{
#ifdef HAVE_GENERIC_PT
	struct pt_iommu *pt = iommupt_from_domain(domain);

	if (likely(pt))
		return pt->ops->map_range(pt, iova, paddr, pgsize * pgcount,
					  prot, GFP_KERNEL_ACCOUNT, mapped);
#endif
	if (likely(domain->ops->map_pages))
		return domain->ops->map_pages(domain, iova, paddr, pgsize,
					      pgcount, prot,
					      GFP_KERNEL_ACCOUNT, mapped);
	return compat_domain_map_slow(domain, iova, paddr, pgsize, pgcount,
				      prot, mapped);
}

#endif /* __COMPAT_IOMMU_H */
