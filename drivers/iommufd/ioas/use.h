/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an area has of its memory.
 */
#ifndef __IOMMUFD_IOAS_USE_H
#define __IOMMUFD_IOAS_USE_H

#include <linux/types.h>

struct area;
struct ioas;
struct share;

int area_use(struct area *area);
void area_release(struct area *area, bool clean);
struct share *area_share(struct ioas *ioas, struct area *area);
void area_unshare(struct area *area);
struct area *area_create_part(struct area *area, unsigned long first,
			      unsigned long last);

#endif /* __IOMMUFD_IOAS_USE_H */
