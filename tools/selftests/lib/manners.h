/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests on the mock IOMMU, once for each way in which real drivers differ: see
 * drivers/selftest/mock.c.
 */
#ifndef _GUEST_MANNERS_H
#define _GUEST_MANNERS_H

#include "bed.h"

/* Good ones; each of the others alone; all that who is not told can bear. */
static const char * const manners[] = {
	"", "unsettled", "untruthful", "serial", "uncharged", "by_call",
	"merges", "indivisible", "all",
};

/* Those that the mock has now. */
static const char *manners_now = "";

static inline bool mock_has_manner(const char *name)
{
	return !strcmp(manners_now, name) || !strcmp(manners_now, "all");
}

/* Load the mock as it was before. */
static inline int manners_load(void)
{
	char options[64];

	snprintf(options, sizeof(options), "manners=%s", manners_now);
	return module_load("iommufd_selftest",
			   *manners_now ? options : NULL);
}

/* False where there is no such mock, or it can't be unloaded. */
static inline bool manners_run_one(const char *name, int (*run)(void),
				   int *failed)
{
	int rc;

	manners_now = name;
	rc = manners_load();
	if (!rc) {
		print_message("mock with manners: %s\n",
			      *name ? name : "good");
		*failed += run() != 0;
		rc = module_unload("iommufd_selftest");
	}
	if (rc)
		print_error("iommufd_selftest, manners=%s: %s\n", name,
			    strerror(-rc));
	return !rc;
}

/* Returns how many groups of tests have failed, and leaves no module. */
static inline int manners_run_some(const char * const *names, size_t count,
				   int (*run)(void))
{
	int failed = 0;
	size_t i;

	if (module_loaded("iommufd_selftest"))
		module_unload("iommufd_selftest");
	for (i = 0; i < count; i++)
		if (!manners_run_one(names[i], run, &failed))
			return failed + 1;
	return failed;
}

static inline int manners_run(int (*run)(void))
{
	return manners_run_some(manners, ARRAY_SIZE(manners), run);
}

#endif
