/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts that the IOMMU meets.
 */
#ifndef __IOMMUFD_DEVICE_MSI_H
#define __IOMMUFD_DEVICE_MSI_H

struct group;
struct hwpt;
struct iommu_resv_region;
struct msi_window;

void msi_find_window(const struct iommu_resv_region *region,
		     struct msi_window *window);
int msi_remember(struct group *group);
int msi_set_window(struct hwpt *hwpt, struct group *group,
		   const struct msi_window *window);
int msi_map(struct hwpt *hwpt, struct group *group);

#endif /* __IOMMUFD_DEVICE_MSI_H */
