/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IOVA that devices can't use.
 */
#ifndef __IOMMUFD_DEVICE_REGION_H
#define __IOMMUFD_DEVICE_REGION_H

struct ioas;
struct iommufd_device;
struct msi_window;

int idev_reserve(struct iommufd_device *idev, struct ioas *ioas,
		 struct msi_window *window);
void idev_unreserve(struct iommufd_device *idev, struct ioas *ioas);

#endif /* __IOMMUFD_DEVICE_REGION_H */
