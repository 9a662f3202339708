/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What MAP, of one or of many, asks for, here and of containers.
 */
#ifndef __IOMMUFD_ABI_MAP_H
#define __IOMMUFD_ABI_MAP_H

#include <linux/types.h>

struct ioas;
struct placement;

int check_map(u32 flags, u64 iova, u64 length);
int map_user(struct ioas *ioas, unsigned long address, unsigned long length,
	     struct placement *at, int prot);

#endif /* __IOMMUFD_ABI_MAP_H */
