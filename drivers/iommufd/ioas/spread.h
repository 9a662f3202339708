/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Areas into domains, and out.
 */
#ifndef __IOMMUFD_IOAS_SPREAD_H
#define __IOMMUFD_IOAS_SPREAD_H

#include <linux/types.h>

struct area;
struct domain;
struct ioas;

int spread_many(struct ioas *ioas, struct area *area, struct domain **domains,
		unsigned int ndomains, bool sync, bool *clean);
bool domain_take_back(struct domain *domain, unsigned long iova, size_t mapped);
int areas_sync(struct ioas *ioas, const struct area *areas);
bool areas_unmap(struct domain *domain, const struct area *area);

#endif /* __IOMMUFD_IOAS_SPREAD_H */
