/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a MAP or COPY goes: the choice of IOVA.
 */
#ifndef __IOMMUFD_IOAS_PLACE_H
#define __IOMMUFD_IOAS_PLACE_H

#include <linux/types.h>
#include <linux/uaccess.h>

#include "iommufd/ioas/area.h"
#include "iommufd/ioas/ioas.h"

/**
 * struct placement - where a MAP or COPY goes
 * @iova: the first IOVA: given with @fixed, chosen and set without
 * @fixed: see @iova
 * @told: where user space is told @iova, or NULL; before anybody can use what is
 *	mapped, so that an address that can't be written to is an error like any other
 */
struct placement {
	unsigned long iova;
	bool fixed;
	u64 __user *told;
};

int ioas_check_place(struct ioas *ioas, unsigned long first,
		     unsigned long length);
int place_at(struct ioas *ioas, struct area *place, const struct area *area,
	     unsigned long length, struct placement *at);

/**
 * area_is_aligned - may an area be placed at an aligned IOVA
 * @ioas: where; topo is held
 * @area: the area
 */
static inline bool area_is_aligned(struct ioas *ioas, const struct area *area)
{
	unsigned long mask = ioas->iova.alignment - 1;

	return !((area->offset | area_length(area)) & mask);
}

/**
 * place_tell - tell user space where its mapping is
 * @at: the place
 *
 * Return: 0 or -EFAULT.
 */
static inline int place_tell(const struct placement *at)
{
	return at->told ? put_user((u64)at->iova, at->told) : 0;
}

#endif /* __IOMMUFD_IOAS_PLACE_H */
