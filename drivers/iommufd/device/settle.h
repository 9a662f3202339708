/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables that are made before a device is attached.
 */
#ifndef __IOMMUFD_DEVICE_SETTLE_H
#define __IOMMUFD_DEVICE_SETTLE_H

#include <linux/types.h>

struct hwpt;
struct ioas;
struct iommufd_device;

struct hwpt *idev_create_hwpt(struct iommufd_device *idev, struct ioas *ioas,
			      u32 flags);

#endif /* __IOMMUFD_DEVICE_SETTLE_H */
