/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls in the code of the modules.
 */
#ifndef __SELFTEST_FAULT_SITE_H
#define __SELFTEST_FAULT_SITE_H

#include <linux/types.h>

struct fault_point;
struct fault_points;
struct module;

#define FAULT_SITES_MAX 512

/**
 * struct fault_site - a call in the code of a module
 * @point: the function that it calls
 * @next: the address after the call
 * @tail: a jump, so that the function returns to the caller's caller
 * @passed: how often it ran
 * @failed: how often it was made to fail
 */
struct fault_site {
	struct fault_point *point;
	unsigned long next;
	bool tail;
	unsigned long passed;
	unsigned long failed;
};

/**
 * struct fault_sites - the calls that are known
 * @count: how many there are
 * @all: sorted by nothing
 */
struct fault_sites {
	unsigned int count;
	struct fault_site all[FAULT_SITES_MAX];
};

void fault_sites_scan(struct fault_sites *sites, struct fault_points *points,
		      struct module *module);
struct fault_site *fault_sites_find(struct fault_sites *sites,
				    struct fault_point *point,
				    unsigned long next);

#endif /* __SELFTEST_FAULT_SITE_H */
