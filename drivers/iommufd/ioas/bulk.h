/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many MAPs in one.
 */
#ifndef __IOMMUFD_IOAS_BULK_H
#define __IOMMUFD_IOAS_BULK_H

struct account;
struct ioas;
struct iommu_map_entry;

int ioas_map_bulk(struct ioas *ioas, struct account *account,
		  const struct iommu_map_entry *entries, unsigned int num,
		  unsigned int *failed);

#endif /* __IOMMUFD_IOAS_BULK_H */
