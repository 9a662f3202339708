// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lone areas: one page of a process, pinned and charged without a mem, until a COPY or
 * an access wants one.  topo is held over pins, tree_lock over area_promote().
 */
#include <linux/minmax.h>
#include <linux/mm.h>

#include "iommufd/ioas/area.h"
#include "iommufd/ioas/lone.h"
#include "iommufd/memory/account.h"
#include "iommufd/memory/mem.h"
#include "iommufd/memory/pin.h"

/**
 * area_promote - give a lone area a mem
 * @area: the area; tree_lock of its IOAS is held
 * @mem: a blank one, taken over
 */
void area_promote(struct area *area, struct mem *mem)
{
	area->user = mem_adopt(mem, area->account, area->address,
			       lone_is_writable(area), area->pfn);
	area->first = 0;
	area->lone = false;
	area->mem = mem;
}

/**
 * lones_pin - pin lone areas that are neighbours in memory by one call
 * @areas: areas, of which the first is a lone one
 * @count: how many, TREE_BATCH at most
 *
 * Return: how many of @areas, from the first on, have got a pin; none where that
 * gains nothing, or fails: who then pins one at a time finds out what is wrong,
 * and with which.
 */
unsigned int lones_pin(struct area **areas, unsigned int count)
{
	struct page *pages[TREE_BATCH] __uninitialized;
	struct area *area = areas[0];
	unsigned int i, n;
	long pinned;

	for (n = 1; n < count; n++)
		if (!areas[n]->lone || areas[n]->account != area->account ||
		    areas[n]->address != area->address + n * PAGE_SIZE ||
		    lone_is_writable(areas[n]) != lone_is_writable(area))
			break;
	if (n == 1 || account_try_charge(area->account, n))
		return 0;
	pinned = pin_user(area->account->mm, area->address, n,
			  lone_is_writable(area), pages);
	pinned = max(pinned, 0L);
	account_uncharge(area->account, n - pinned);
	for (i = 0; i < pinned; i++)
		areas[i]->pfn = page_to_pfn(pages[i]);
	return pinned;
}
