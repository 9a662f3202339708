/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * COPY.
 */
#ifndef __IOMMUFD_IOAS_COPY_H
#define __IOMMUFD_IOAS_COPY_H

struct ioas;
struct placement;

int ioas_copy(struct ioas *src, unsigned long src_iova, struct ioas *dst,
	      struct placement *at, unsigned long length, int prot);

#endif /* __IOMMUFD_IOAS_COPY_H */
