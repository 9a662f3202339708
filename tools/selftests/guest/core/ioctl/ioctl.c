// SPDX-License-Identifier: GPL-2.0
/*
 * Every command of /dev/iommu, and every error that it can give without a
 * device. Each refused call is also checked to have changed nothing.
 */
#include "bed.h"
#include "ioas.h"
#include "map.h"
#include "option.h"
#include "struct.h"
#include "unmap.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, \
						   bed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_size_too_small),
	TEST(test_size_grown),
	TEST(test_size_nonzero_tail),
	TEST(test_size_told_counts),
	TEST(test_bad_pointer),
	TEST(test_unknown_command),
	TEST(test_near_command),
	TEST(test_no_file_operations),
	TEST(test_destroy),
	TEST(test_destroy_filled),
	TEST(test_foreign_id),
	TEST(test_unknown_ioas),
	TEST(test_alloc_flags),
	TEST(test_alloc_read_only_argument),
	TEST(test_alloc_many),
	TEST(test_ranges),
	TEST(test_ranges_array_too_short),
	TEST(test_ranges_refused),
	TEST(test_allow_places),
	TEST(test_allow_replaces),
	TEST(test_allow_many),
	TEST(test_allow_refused),
	TEST(test_allow_array_faults),
	TEST(test_map_flags),
	TEST(test_map_overflow),
	TEST(test_map_length),
	TEST(test_map_exists),
	TEST(test_map_adjacent),
	TEST(test_map_extremes),
	TEST(test_map_kernel_chosen),
	TEST(test_map_kernel_chosen_alignment),
	TEST(test_map_lazy),
	TEST(test_map_read_only_argument),
	TEST(test_map_file),
	TEST(test_map_file_refused),
	TEST(test_map_file_descriptor),
	TEST(test_map_file_permission),
	TEST(test_map_file_sealed),
	TEST(test_copy),
	TEST(test_copy_over_two),
	TEST(test_copy_flags),
	TEST(test_copy_range),
	TEST(test_copy_overflow),
	TEST(test_copy_permission),
	TEST(test_unmap),
	TEST(test_unmap_all),
	TEST(test_unmap_halves),
	TEST(test_unmap_part),
	TEST(test_unmap_one_and_a_half),
	TEST(test_unmap_refused),
	TEST(test_option_huge_pages),
	TEST(test_option_refused),
	TEST(test_option_rlimit_mode),
	TEST(test_option_rlimit_mode_unprivileged),
	TEST(test_hwpt_alloc_refused),
	TEST(test_hw_info_refused),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
