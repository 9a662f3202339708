/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests on the mock IOMMU, once for each way in which real drivers differ: see
 * drivers/selftest/mock.c.
 */
#ifndef _GUEST_MANNERS_H
#define _GUEST_MANNERS_H

#include "bed.h"

/* Good ones; each of the others alone; all that there are. */
static const char * const manners[] = {
	"", "unsettled", "untruthful", "serial", "uncharged", "merges", "all",
};

/* Those that the mock has now. */
static const char *manners_now = "";

static inline bool mock_has_manner(const char *name)
{
	return !strcmp(manners_now, name) || !strcmp(manners_now, "all");
}

/* The best of them, or the worst: what hardly depends on them tries these two. */
static inline bool mock_is_extreme(void)
{
	return !*manners_now || !strcmp(manners_now, "all");
}

/* Load the mock as it was before. */
static inline int manners_load(void)
{
	char options[64];

	snprintf(options, sizeof(options), "manners=%s", manners_now);
	return module_load("iommufd_selftest",
			   *manners_now ? options : NULL);
}

/* Returns how many groups of tests have failed, and leaves no module. */
static inline int manners_run(int (*run)(void))
{
	int failed = 0;
	size_t i;

	if (module_loaded("iommufd_selftest"))
		module_unload("iommufd_selftest");
	for (i = 0; i < ARRAY_SIZE(manners); i++) {
		int rc;

		manners_now = manners[i];
		rc = manners_load();
		if (!rc) {
			print_message("mock with manners: %s\n",
				      *manners_now ? manners_now : "good");
			failed += run() != 0;
			rc = module_unload("iommufd_selftest");
		}
		if (rc) {
			print_error("iommufd_selftest, manners=%s: %s\n",
				    manners_now, strerror(-rc));
			return failed + 1;
		}
	}
	return failed;
}

#endif
