/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device to a page table.
 */
#ifndef __IOMMUFD_DEVICE_ATTACH_H
#define __IOMMUFD_DEVICE_ATTACH_H

#include <linux/types.h>

struct group;
struct hwpt;
struct iommufd_device;

int idev_attach(struct iommufd_device *idev, u32 pasid, struct hwpt *hwpt,
		struct hwpt **old);

/* The steps of it, for replace.c, settle.c and pasid.c. */
int hwpt_enforce(struct hwpt *hwpt, const struct iommufd_device *idev,
		 bool just_attached);
int hwpt_prepare(struct hwpt *hwpt, const struct iommufd_device *idev);
int hwpt_complete(struct hwpt *hwpt, const struct iommufd_device *idev);
int hwpt_change_begin(struct hwpt *hwpt, bool killable);
void hwpt_change_end(struct hwpt *hwpt);
int hwpt_attach(struct hwpt *hwpt, struct group *group, bool way_back);
void hwpt_detach(struct hwpt *hwpt, struct group *group);
int group_prepare(struct group *group, struct hwpt *hwpt,
		  const struct iommufd_device *idev);
int group_complete(struct group *group, struct hwpt *hwpt,
		   const struct iommufd_device *idev);
bool group_fits(struct group *group, const struct hwpt *hwpt,
		const struct iommufd_device *idev);

#endif /* __IOMMUFD_DEVICE_ATTACH_H */
