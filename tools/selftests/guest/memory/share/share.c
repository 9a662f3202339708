// SPDX-License-Identifier: GPL-2.0
/*
 * Sharing: the same memory mapped by several IOASes of one file is pinned and
 * paid for once, however it is mapped, and for as long as it is the same; and
 * memory that has changed in any way is what a MAP finds by then, never what
 * another has pinned before.
 *
 * What page tables lead to is seen through the mock IOMMU.  `share PATTERN` runs
 * the tests whose names fit.
 */
#include "alike.h"
#include "bed.h"
#include "change.h"
#include "module.h"
#include "process.h"
#include "race.h"
#include "sharebed.h"

static int reload(const char *options)
{
	int rc = bed_reload(options);

	if (!rc)
		rc = module_load("iommufd_selftest", NULL);
	if (rc)
		print_error("iommufd_selftest: %s\n", strerror(-rc));
	return rc;
}

#define PLUGGED(name) \
	cmocka_unit_test_setup_teardown(name, plugged_setup, sharebed_teardown)
#define UNPLUGGED(name) \
	cmocka_unit_test_setup_teardown(name, sharebed_setup, sharebed_teardown)

static const struct CMUnitTest tests[] = {
	PLUGGED(test_small),
	PLUGGED(test_huge),
	PLUGGED(test_shared),
	PLUGGED(test_file),
	PLUGGED(test_hugetlb),
	PLUGGED(test_same_file),
	PLUGGED(test_part),
	PLUGGED(test_not_alike),
	PLUGGED(test_user_pays_once),
	PLUGGED(test_process_pays_once),
	PLUGGED(test_change_small),
	PLUGGED(test_change_huge),
	PLUGGED(test_change_shared),
	PLUGGED(test_change_file),
	PLUGGED(test_change_hugetlb),
	PLUGGED(test_refused),
	PLUGGED(test_exit),
	PLUGGED(test_child),
	PLUGGED(test_exec),
	UNPLUGGED(test_mapped_before),
	UNPLUGGED(test_plugged_later),
	UNPLUGGED(test_unplugged),
	PLUGGED(test_race_small),
	PLUGGED(test_race_huge),
	PLUGGED(test_race_shared),
	PLUGGED(test_race_file),
	PLUGGED(test_race_exit),
	PLUGGED(test_race_exec),
	UNPLUGGED(test_numa),
};

static const struct CMUnitTest off_tests[] = {
	PLUGGED(test_off),
};

int main(int argc, char **argv)
{
	int failed;

	if (argc == 5)
		return after_exec(argv);
	if (argc == 2)
		cmocka_set_test_filter(argv[1]);
	if (reload("share=1"))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (reload("share=0"))
		return 1;
	failed += cmocka_run_group_tests(off_tests, NULL, NULL);
	return failed || reload(NULL) ? 1 : 0;
}
