/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests on the mock IOMMU, once for each way in which real drivers differ: see
 * drivers/selftest/mock.c.
 */
#ifndef _GUEST_MANNERS_H
#define _GUEST_MANNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Those that the mock has now. */
extern const char *manners_now;

/* By that name, or because it has all. */
static inline bool mock_has_manner(const char *name)
{
	return !strcmp(manners_now, name) || !strcmp(manners_now, "all");
}

/* Load the mock as it was before. */
int manners_load(void);

/* The mock IOMMU, each time with other manners, or always with MANNERS. */
void load_mock(unsigned int turn);

/* Returns how many groups of tests have failed, and leaves no module. */
int manners_run_some(const char * const *names, size_t count, int (*run)(void));
int manners_run(int (*run)(void));

#endif
