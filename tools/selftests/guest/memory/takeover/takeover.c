// SPDX-License-Identifier: GPL-2.0
/*
 * CHANGE_PROCESS: who pays for the memory of files that is mapped, before and after
 * another process has taken it over; what is refused; and all of it while others map,
 * copy, unmap, attach and pin. The mock IOMMU is enough for that.
 */
#include "bed.h"
#include "module.h"
#include "payer.h"
#include "race.h"
#include "refused.h"
#include "takebed.h"

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, takebed_setup, takebed_teardown)
#define TEST_BY_PROCESS(name) \
	{ #name " by process", name, takebed_setup_by_process, takebed_teardown, NULL }

static const struct CMUnitTest tests[] = {
	TEST(test_nothing_is_mapped),
	TEST(test_same_process),
	TEST_BY_PROCESS(test_same_process),
	TEST(test_user_pays),
	TEST_BY_PROCESS(test_process_pays),
	TEST(test_same_user),
	TEST(test_privileged_heir),
	TEST(test_owner_is_gone),
	TEST_BY_PROCESS(test_owner_is_gone),
	TEST(test_heir_is_gone),
	TEST_BY_PROCESS(test_heir_is_gone),
	TEST(test_pinned_once),
	TEST_BY_PROCESS(test_pinned_once),
	TEST(test_pinned_later),
	TEST(test_pinned_by_access),
	TEST(test_shared_afterwards),
	TEST(test_unshared_afterwards),
	TEST(test_unmapped_by_owner),
	TEST(test_reserved),
	TEST(test_memory_of_process),
	TEST_BY_PROCESS(test_memory_of_process),
	TEST(test_limit),
	TEST_BY_PROCESS(test_limit_of_process),
	TEST(test_limit_of_same_user),
	TEST(test_containers),
	TEST(test_moved_meanwhile),
	TEST_BY_PROCESS(test_moved_meanwhile),
	TEST(test_race),
	TEST_BY_PROCESS(test_race),
};

int main(void)
{
	int failed;

	if (bed_load() || module_load("iommufd_selftest", NULL))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return failed ? 1 : 0;
}
