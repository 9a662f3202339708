/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which domain a group is attached to.
 */
#ifndef __COMPAT_GROUP_H
#define __COMPAT_GROUP_H

#include <linux/types.h>

struct compat_handle;
struct iommu_domain;
struct iommu_group;

#ifdef HAVE_ATTACH_HANDLE
struct iommu_attach_handle;

/* Exported, but declared in a private header of drivers/iommu. */
int iommu_replace_group_handle(struct iommu_group *group,
			       struct iommu_domain *new_domain,
			       struct iommu_attach_handle *handle);
void iommu_detach_group_handle(struct iommu_domain *domain,
			       struct iommu_group *group);
#endif

int compat_group_attach(struct iommu_group *group, struct iommu_domain *domain);
bool compat_group_detach(struct iommu_group *group,
			 struct iommu_domain *domain);
bool compat_group_can_replace(void);
int compat_group_replace(struct iommu_group *group, struct iommu_domain *domain,
			 struct compat_handle *handle);
bool compat_replace_loses(int rc);

#endif /* __COMPAT_GROUP_H */
