// SPDX-License-Identifier: GPL-2.0
/*
 * The mock IOMMU and its manners, see manners.h.
 */
#include "bed.h"
#include "compiler.h"
#include "manners.h"
#include "module.h"

/* Good ones; each of the others alone; all that who is not told can bear. */
static const char * const manners[] = {
	"", "unsettled", "untruthful", "serial", "uncharged", "by_call",
	"merges", "indivisible", "all",
};

const char *manners_now = "";

int manners_load(void)
{
	char options[64];

	snprintf(options, sizeof(options), "manners=%s", manners_now);
	return module_load("iommufd_selftest",
			   *manners_now ? options : NULL);
}

void load_mock(unsigned int turn)
{
	const char *only = getenv("MANNERS");

	manners_now = only ? only : manners[turn % ARRAY_SIZE(manners)];
	assert_int_equal(manners_load(), 0);
}

/* False where there is no such mock, or it can't be unloaded. */
static bool manners_run_one(const char *name, int (*run)(void), int *failed)
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

int manners_run_some(const char * const *names, size_t count, int (*run)(void))
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

int manners_run(int (*run)(void))
{
	return manners_run_some(manners, ARRAY_SIZE(manners), run);
}
