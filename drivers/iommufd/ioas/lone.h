/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page of a lone area, which has no mem.
 */
#ifndef __IOMMUFD_IOAS_LONE_H
#define __IOMMUFD_IOAS_LONE_H

#include <linux/compiler.h>
#include <linux/iommu.h>
#include <linux/mm.h>

#include "iommufd/ioas/area.h"
#include "iommufd/memory/account.h"
#include "iommufd/memory/pin.h"

struct mem;

static inline bool lone_is_writable(const struct area *area)
{
	return area->prot & IOMMU_WRITE;
}

/**
 * lone_pin - pin and charge the page of a lone area
 * @area: the area
 *
 * Inline: in a MAP of one page the frames of functions would be most of what we
 * add to the work of mm and driver.
 *
 * Return: 0; -ENOMEM for the limit of who pays, -EFAULT, -EINTR.
 */
static __always_inline int lone_pin(struct area *area)
{
	struct account *account = area->account;
	struct page *page;
	long n;
	int rc;

	rc = account_charge(account, 1);
	if (rc)
		return rc;
	n = pin_user(account->mm, area->address, 1, lone_is_writable(area),
		     &page);
	if (n < 0) {
		account_uncharge(account, 1);
		return n;
	}
	area->pfn = page_to_pfn(page);
	return 0;
}

/**
 * lone_unpin - undo lone_pin()
 * @area: the area
 */
static inline void lone_unpin(struct area *area)
{
	struct page *page = pfn_to_page(area->pfn);

	pin_release(&page, 1, lone_is_writable(area));
	account_uncharge(area->account, 1);
}

void area_promote(struct area *area, struct mem *mem);
unsigned int lones_pin(struct area **areas, unsigned int count);

#endif /* __IOMMUFD_IOAS_LONE_H */
