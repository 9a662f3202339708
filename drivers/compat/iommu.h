/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IOMMU drivers, and how they differ.
 */
#ifndef __COMPAT_IOMMU_H
#define __COMPAT_IOMMU_H

#include <linux/types.h>

struct device;

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
 * @encrypts: all that it maps is taken for memory: where the host encrypts that, no
 *	registers can be reached
 * @pasids_tied: whether a device uses ATS changes with what it is attached to, and that of
 *	PASIDs must not change while they are attached
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
	bool encrypts;
	bool pasids_tied;
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

#ifdef HAVE_GENERIC_PT
/* Drivers with the kernel's own page tables are all alike. */
extern const struct compat_iommu_traits compat_generic_traits;
#endif

void compat_iommu_introduce(const struct compat_iommu_driver *driver);
struct compat_iommu_traits compat_iommu_traits_of(struct device *dev);
const void *compat_iommu_driver_id(struct device *dev);
bool compat_has_iommu(struct device *dev);
bool compat_host_encrypts(void);

#endif /* __COMPAT_IOMMU_H */
