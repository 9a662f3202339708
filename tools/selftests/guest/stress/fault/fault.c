// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in every call, see sweep.h; and whether any call of the modules to
 * something that can fail was forgotten. Calls on mock devices run for each way
 * in which drivers differ, see manners.h, in the usual run a part of them.
 *
 * Needs QEMU's edu device. Stock kernels have the faults of calls alone.
 */
#include "mock.h"
#include "device.h"
#include "container.h"
#include "feature.h"
#include "manners.h"

/**
 * struct excuse - a call of the modules that is never reached here
 * @caller: the function that calls, NULL: any
 * @callee: what it calls, NULL: anything
 * @reason: why it is not
 */
struct excuse {
	const char *caller;
	const char *callee;
	const char *reason;
};

static const struct excuse excuses[] = {
	{ NULL, "iommu_get_msi_cookie",
	  "only where interrupts are DMA that the IOMMU translates: ARM" },
	{ NULL, "iommu_map",
	  "only for IOMMU drivers that have no map_pages" },
	{ NULL, "prepare_to_wait_event",
	  "only where the owner of an access does not drop its pins" },
	{ "node_devnode", "kasprintf",
	  "a jump: the kernel seems to call it by itself" },
	{ "tables_charge", NULL,
	  "only where nobody is charged for IO page tables: manner uncharged" },
	{ "leaf_create", NULL, "the same" },
	{ "group_exchange", "down_write_killable",
	  "only where the kernel can't replace a page table in one step" },
};

static const char *find_excuse(const char *caller, const char *callee)
{
	const struct excuse *excuse;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(excuses); i++) {
		excuse = &excuses[i];
		if (excuse->callee && strcmp(callee, excuse->callee))
			continue;
		if (!excuse->caller ||
		    !strncmp(caller, excuse->caller, strlen(excuse->caller)))
			return excuse->reason;
	}
	return NULL;
}

/* Each call in the code of the modules has failed, or can't. */
static void test_all_calls(void **state)
{
	char caller[128], module[64], callee[64];
	unsigned int all = 0, reached = 0, failed = 0, forgotten = 0;
	unsigned long passes, faults;
	FILE *file = fopen(SELFTEST_FAULTS "sites", "re");
	const char *reason;

	assert_non_null(file);
	while (fscanf(file, "%127s %63s %63s %lu %lu", caller, module, callee,
		      &passes, &faults) == 5) {
		all++;
		reached += !!passes;
		failed += !!faults;
		if (faults)
			continue;
		reason = passes ? NULL : find_excuse(caller, callee);
		print_message("%s %s, calling %s: passed %lu times, did not fail: %s\n",
			      caller, module, callee, passes,
			      reason ? reason : "NO REASON");
		forgotten += !reason;
	}
	fclose(file);
	print_message("%u calls in the code, %u reached, %u failed\n", all,
		      reached, failed);
	assert_true(all > 0);
	assert_int_equal(forgotten, 0);
}

static const struct CMUnitTest last_tests[] = {
	cmocka_unit_test(test_all_calls),
};

/* What the manners of a driver make a difference to. */
static const struct CMUnitTest manner_tests[] = {
	MOCK_TEST(test_mock_map),
	MOCK_TEST(test_mock_map_across),
	MOCK_TEST(test_mock_map_many),
	MOCK_TEST(test_mock_copy),
	MOCK_TEST(test_mock_unmap),
	MOCK_TEST(test_unmap_pinned),
	MOCK_TEST(test_mock_device),
	MOCK_TEST(test_mock_replace_ioas),
	MOCK_TEST(test_mock_hwpt),
};

static int sweep_manner(void)
{
	return faults->sparing ?
	       cmocka_run_group_tests(manner_tests, NULL, NULL) :
	       cmocka_run_group_tests(mock_tests, NULL, NULL);
}

static int sweep_all(void)
{
	if (*manners_now)
		return sweep_manner();
	return cmocka_run_group_tests(mock_tests, NULL, NULL) +
	       cmocka_run_group_tests(edu_tests, NULL, NULL) +
	       cmocka_run_group_tests(type1_tests, NULL, NULL) +
	       cmocka_run_group_tests(vfio_tests, NULL, NULL);
}

static int run(void)
{
	int failed;

	if (!use_calls()) {
		print_error("cannot open " SELFTEST_FAULTS "fail-nth: %s\n",
			    strerror(errno));
		return 1;
	}
	failed = sweep_all();
	if (!*manners_now)
		failed += cmocka_run_group_tests(last_tests, NULL, NULL);
	close(of_calls.nth);
	/* Allocations below ours are the same in whatever manner. */
	if ((!*manners_now || !of_calls.sparing) && use_kernel()) {
		failed += sweep_all();
		close(of_kernel.nth);
	}
	return failed;
}

int main(void)
{
	int failed;

	if (bed_load() || module_load("vfio_iommufd", NULL))
		return 1;
	failed = manners_run(run);
	return backend_both() ? 1 : failed;
}
