/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables that are made before a device is attached.
 */
#ifndef __IOMMUFD_DEVICE_SETTLE_H
#define __IOMMUFD_DEVICE_SETTLE_H

struct hwpt;
struct ioas;
struct iommufd_device;

struct hwpt *idev_create_hwpt(struct iommufd_device *idev, struct ioas *ioas);

#endif /* __IOMMUFD_DEVICE_SETTLE_H */
