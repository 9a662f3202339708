/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Groups of vfio.ko in a context.
 */
#ifndef __IOMMUFD_ABI_JOIN_H
#define __IOMMUFD_ABI_JOIN_H

struct file;
struct iommufd_ctx;
struct iommufd_join;

long join_set_iommu(struct iommufd_ctx *ictx);
struct file *join_keep(struct iommufd_ctx *ictx, struct file *file,
		       const struct iommufd_join *join);
void join_end(struct iommufd_ctx *ictx);

#endif /* __IOMMUFD_ABI_JOIN_H */
