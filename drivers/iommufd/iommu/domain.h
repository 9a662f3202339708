/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An iommu_domain and what it can do.
 */
#ifndef __IOMMUFD_IOMMU_DOMAIN_H
#define __IOMMUFD_IOMMU_DOMAIN_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "compat/handle.h"
#include "iommufd/iommu/tables.h"

struct compat_user_data;
struct device;
struct iommu_domain;
struct iommu_group;
struct quota;

/**
 * struct domain - an iommu_domain with its capabilities as data
 * @iommu: the kernel's domain
 * @handle: by which the kernel knows it after a replace
 * @driver: whose it is, by compat_iommu_driver_id()
 * @first: lowest IOVA that it translates
 * @last: highest IOVA that it translates, inclusive
 * @pgsizes: bitmap of page sizes; none above 1 GiB
 * @settled: the three above are final
 * @truthful: a failing map call reports what it wrote
 * @serial: calls that change it must not run in parallel
 * @merges: adjacent pages of one map call may become one large page, or be
 *	unmapped only together
 * @flush_all: a sync flushes all that it has cached, not what was unmapped
 * @coherent: no-snoop DMA is made to snoop
 * @no_mmio: it can't reach registers of devices
 * @pasids_tied: it is for PASIDs only while their device is attached to a page table that
 *	is not nested
 * @tracks: what devices write can be marked, and read
 * @stuck: the kernel failed to detach it from a device, and still points to it:
 *	it can be emptied but never freed; guarded by topo of its IOAS, once it is
 *	filled
 * @map_lock: held around each map and unmap call of a @serial domain
 * @extents: extents of registers that are charged, and may be mapped
 * @tables: what its driver has allocated that nobody else pays for
 *
 * Constant once it is filled, but for @stuck, @handle, @extents and @tables; @coherent
 * may change between domain_settle() and that.  Of one that is nested, which is constant at once,
 * the three above and what is said of maps mean nothing.
 */
struct domain {
	struct iommu_domain *iommu;
	struct compat_handle handle;
	const void *driver;
	unsigned long first;
	unsigned long last;
	unsigned long pgsizes;
	bool settled;
	bool truthful;
	bool serial;
	bool merges;
	bool flush_all;
	bool coherent;
	bool no_mmio;
	bool pasids_tied;
	bool tracks;
	bool stuck;
	spinlock_t map_lock;	/* a leaf but for locks of the driver */
	atomic_t extents;
	struct tables tables;
};

int domain_init(struct domain *domain, struct device *dev, u32 flags,
		struct quota *quota);
int domain_init_nested(struct domain *domain, struct device *dev,
		       const struct domain *parent, u32 flags,
		       const struct compat_user_data *data);
int domain_settle(struct domain *domain);
void domain_enforce_coherency(struct domain *domain);
bool domain_fits(const struct domain *domain, struct device *dev);
void domain_detach(struct domain *domain, struct iommu_group *group);
void domain_free(struct domain *domain);

static inline unsigned long domain_page(const struct domain *domain)
{
	return 1UL << __ffs(domain->pgsizes);
}

#endif /* __IOMMUFD_IOMMU_DOMAIN_H */
