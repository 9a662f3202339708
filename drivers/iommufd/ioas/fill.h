/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Areas get their pins and go into domains, and come back.
 */
#ifndef __IOMMUFD_IOAS_FILL_H
#define __IOMMUFD_IOAS_FILL_H

#include <linux/types.h>

struct area;
struct domain;
struct ioas;

int area_spread(struct ioas *ioas, struct area *area, struct domain **domains,
		unsigned int ndomains, bool sync, bool *clean);
int area_fill(struct ioas *ioas, struct area *area, struct domain **domains,
	      unsigned int ndomains, bool sync);
unsigned int areas_fill(struct ioas *ioas, struct area **areas,
			unsigned int count, int *error);
void areas_unfill(struct ioas *ioas, struct area *areas);

#endif /* __IOMMUFD_IOAS_FILL_H */
