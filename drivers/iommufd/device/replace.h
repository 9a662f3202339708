/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Another page table for a group.
 */
#ifndef __IOMMUFD_DEVICE_REPLACE_H
#define __IOMMUFD_DEVICE_REPLACE_H

struct hwpt;
struct iommufd_device;

int idev_replace(struct iommufd_device *idev, u32 pasid, struct hwpt *hwpt,
		 struct hwpt **old);

#endif /* __IOMMUFD_DEVICE_REPLACE_H */
