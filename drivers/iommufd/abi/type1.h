/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioctls of VFIO containers.
 */
#ifndef __IOMMUFD_ABI_TYPE1_H
#define __IOMMUFD_ABI_TYPE1_H

#include <linux/types.h>

struct ioas;
struct iommufd_ctx;

void type1_set_ioas(struct iommufd_ctx *ictx, struct ioas *ioas);
int type1_set_iommu(struct ioas *ioas, unsigned long type);

#endif /* __IOMMUFD_ABI_TYPE1_H */
