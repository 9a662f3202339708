/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PASIDs: which domain a part of a device's DMA goes through.
 */
#ifndef __COMPAT_PASID_H
#define __COMPAT_PASID_H

#include <linux/iommu.h>
#include <linux/types.h>

struct compat_handle;
struct device;

#ifdef HAVE_DOMAIN_COOKIE_TYPE
/* Exported, but declared in a private header of drivers/iommu. */
int iommu_replace_device_pasid(struct iommu_domain *domain, struct device *dev,
			       ioasid_t pasid,
			       struct iommu_attach_handle *handle);
#endif

bool compat_pasid_exists(struct device *dev, u32 pasid);
int compat_pasid_bits(struct device *dev);
u64 compat_pasid_capabilities(struct device *dev);
int compat_pasid_attach(struct device *dev, u32 pasid,
			struct iommu_domain *domain,
			struct compat_handle *handle);
void compat_pasid_detach(struct device *dev, u32 pasid,
			 struct iommu_domain *domain);
bool compat_pasid_can_replace(void);
int compat_pasid_replace(struct device *dev, u32 pasid,
			 struct iommu_domain *domain,
			 struct compat_handle *handle);

#endif /* __COMPAT_PASID_H */
