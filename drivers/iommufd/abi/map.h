/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What MAP, of one or of many, asks for.
 */
#ifndef __IOMMUFD_ABI_MAP_H
#define __IOMMUFD_ABI_MAP_H

#include <linux/types.h>

int check_map(u32 flags, u64 iova, u64 length);

#endif /* __IOMMUFD_ABI_MAP_H */
