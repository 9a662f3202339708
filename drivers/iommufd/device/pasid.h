/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page table for a part of a device's DMA.
 */
#ifndef __IOMMUFD_DEVICE_PASID_H
#define __IOMMUFD_DEVICE_PASID_H

#include <linux/types.h>

struct hwpt;
struct iommufd_device;

int pasid_attach(struct iommufd_device *idev, u32 id, struct hwpt *hwpt,
		 struct hwpt **old);
int pasid_replace(struct iommufd_device *idev, u32 id, struct hwpt *hwpt,
		  struct hwpt **old);
void pasids_block(struct iommufd_device *idev);
struct hwpt *pasid_detach(struct iommufd_device *idev, u32 id);

#endif /* __IOMMUFD_DEVICE_PASID_H */
