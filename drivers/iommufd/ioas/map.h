/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MAP.
 */
#ifndef __IOMMUFD_IOAS_MAP_H
#define __IOMMUFD_IOAS_MAP_H

#include <linux/types.h>

struct account;
struct area;
struct ioas;
struct mem;
struct placement;

int ioas_map_area(struct ioas *ioas, struct area *area, struct placement *at);
int ioas_map(struct ioas *ioas, struct mem *mem, unsigned long offset,
	     unsigned long length, struct placement *at, int prot);
int ioas_map_user(struct ioas *ioas, struct account *account,
		  unsigned long address, unsigned long length,
		  struct placement *at, int prot);
int ioas_map_mmio(struct ioas *ioas, unsigned long address,
		  unsigned long length, struct placement *at, int prot,
		  bool any);
int ioas_map_export(struct ioas *ioas, int fd, unsigned long start,
		    unsigned long length, struct placement *at, int prot);

#endif /* __IOMMUFD_IOAS_MAP_H */
