// SPDX-License-Identifier: GPL-2.0
/*
 * In-kernel accesses: pin, unpin, read, write, and what becomes of their pins
 * when mappings, IOASes or files go. By iommufd_selftest.ko, without a device,
 * and beside its mock devices for each way in which drivers differ, see
 * manners.h.
 */
#include "accessbed.h"
#include "bed.h"
#include "gone.h"
#include "manners.h"
#include "mock.h"
#include "pin.h"
#include "process.h"
#include "race.h"
#include "rw.h"

#define MOCK_TEST(name) \
	cmocka_unit_test_setup_teardown(name, access_setup, access_teardown)

static const struct CMUnitTest mock_tests[] = {
	MOCK_TEST(test_mock_pin),
	MOCK_TEST(test_mock_comes_and_goes),
	MOCK_TEST(test_mock_unmap),
	MOCK_TEST(test_mock_copy),
	MOCK_TEST(test_mock_rw),
};

#define TEST(name) cmocka_unit_test_setup_teardown(name, access_setup, \
						   access_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_pin),
	TEST(test_pin_bytes),
	TEST(test_pin_overlapping),
	TEST(test_pin_of_two_accesses),
	TEST(test_pin_across_areas),
	TEST(test_pin_hole),
	TEST(test_pin_permission),
	TEST(test_pin_refused),
	TEST(test_pin_nothing_there),
	TEST(test_pin_read_only_argument),
	TEST(test_pin_thp),
	TEST(test_pin_memfd),
	TEST(test_pin_hugetlb),
	TEST(test_pin_memory_limit),
	TEST(test_rw),
	TEST(test_rw_exact),
	TEST(test_rw_refused),
	TEST(test_rw_of_pinned),
	TEST(test_rw_unaligned_areas),
	TEST(test_unmap_drops_pins),
	TEST(test_unmap_half_of_pin),
	TEST(test_unmap_refused),
	TEST(test_unmap_of_two_accesses),
	TEST(test_unmap_under_way),
	TEST(test_copy_of_pinned),
	TEST(test_replace),
	TEST(test_replace_by_same),
	TEST(test_replace_refused),
	TEST(test_alignment),
	TEST(test_destroy),
	TEST(test_close_while_pinned),
	TEST(test_close_context_first),
	TEST(test_pin_by_child),
	TEST(test_pin_of_dead),
	TEST(test_pin_limit),
	TEST(test_reserved),
	TEST(test_race),
	TEST(test_module),
};

/* Without a device the mock has no say. */
static int run(void)
{
	return cmocka_run_group_tests(mock_tests, NULL, NULL) +
	       (*manners_now ? 0 : cmocka_run_group_tests(tests, NULL, NULL));
}

int main(void)
{
	return bed_load() ? 1 : manners_run(run);
}
