/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may be told of an object, to who looks at a context.
 */
#ifndef __IOMMUFD_DEVICE_VIEW_H
#define __IOMMUFD_DEVICE_VIEW_H

struct iommu_object_entry;
struct object;

void object_view(struct object *obj, struct iommu_object_entry *entry);

#endif /* __IOMMUFD_DEVICE_VIEW_H */
