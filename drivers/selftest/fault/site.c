// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sites: each call of a function that can fail, found in the code of a module,
 * and those that come through a pointer, found when they are made.
 *
 * No lock: the caller adds and counts from one task at a time.
 */
#include <linux/bug.h>

#include "compat/probe.h"
#include "selftest/fault/point.h"
#include "selftest/fault/site.h"

/* NULL where there is no room. */
static struct fault_site *site_add(struct fault_sites *sites,
				   struct fault_point *point,
				   unsigned long next, bool tail)
{
	struct fault_site *site;

	if (WARN_ON_ONCE(sites->count == FAULT_SITES_MAX))
		return NULL;
	site = &sites->all[sites->count++];
	site->point = point;
	site->next = next;
	site->tail = tail;
	return site;
}

/**
 * fault_sites_find - which call is it that returns there
 * @sites: the calls
 * @point: the function that is called
 * @next: the address after the call
 *
 * None that names the function in the code: then a jump to it, or it is called
 * through a pointer.
 *
 * Return: the call, maybe a new one; NULL where there is no room for that.
 */
struct fault_site *fault_sites_find(struct fault_sites *sites,
				    struct fault_point *point,
				    unsigned long next)
{
	struct fault_site *site, *tail = NULL;
	unsigned int i;

	for (i = 0; i < sites->count; i++) {
		site = &sites->all[i];
		if (site->point != point)
			continue;
		if (site->tail)
			tail = site;
		else if (site->next == next)
			return site;
	}
	return tail ?: site_add(sites, point, next, false);
}

/**
 * fault_sites_scan - add all calls that the code of a module has
 * @sites: the calls
 * @points: of functions that can fail
 * @module: the module, kept loaded
 */
void fault_sites_scan(struct fault_sites *sites, struct fault_points *points,
		      struct module *module)
{
	struct fault_point *point;
	struct compat_call call;
	unsigned long start;
	size_t size, i;

	start = compat_module_text(module, &size);
	for (i = 0; i < size; i++) {
		if (!compat_call_decode(start + i, &call))
			continue;
		point = fault_points_at(points, call.target);
		if (point)
			site_add(sites, point, call.next, call.tail);
	}
}
