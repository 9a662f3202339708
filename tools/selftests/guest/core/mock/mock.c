// SPDX-License-Identifier: GPL-2.0
/*
 * Page tables, seen through the mock IOMMU of iommufd_selftest.ko: what is
 * mapped where, in one domain and in several, and what is left of a call that
 * fails. The mock watches the kernel meanwhile, see drivers/selftest/mock.c.
 *
 * Everything runs for each way in which drivers differ, see manners.h.
 */
#include "bed.h"
#include "dirty.h"
#include "domain.h"
#include "domains.h"
#include "fail.h"
#include "itself.h"
#include "manners.h"
#include "mockbed.h"
#include "nested.h"
#include "pasid.h"
#include "race.h"
#include "tracking.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, mockbed_setup, \
						   mockbed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_map),
	TEST(test_map_halves),
	TEST(test_map_halves_of_a_page),
	TEST(test_rights),
	TEST(test_aperture),
	TEST(test_unmap_runs),
	TEST(test_huge),
	TEST(test_huge_of_neighbours),
	TEST(test_huge_off),
	TEST(test_huge_off_refused),
	TEST(test_long),
	TEST(test_across),
	TEST(test_across_copy),
	TEST(test_across_parts),
	TEST(test_memory_limits),
	TEST(test_two_devices_share),
	TEST(test_two_domains),
	TEST(test_lazy),
	TEST(test_attach_refused),
	TEST(test_copy),
	TEST(test_copy_to_self),
	TEST(test_replace),
	TEST(test_replace_refused),
	TEST(test_fail_map),
	TEST(test_fail_map_scattered),
	TEST(test_fail_attach),
	TEST(test_fail_second_domain),
	TEST(test_fail_replace),
	TEST(test_fail_copy),
	TEST(test_fail_pin),
	TEST(test_dirty_marks),
	TEST(test_dirty_refused),
	TEST(test_tracking_lacks),
	TEST(test_tracking_reads),
	TEST(test_tracking_starts_clean),
	TEST(test_tracking_huge),
	TEST(test_tracking_holes),
	TEST(test_tracking_random),
	TEST(test_tracking_far),
	TEST(test_tracking_nested),
	TEST(test_tracking_refused),
	TEST(test_tracking_fields),
	TEST(test_tracking_race),
	TEST(test_nest_parent),
	TEST(test_nested),
	TEST(test_nested_on_unfilled),
	TEST(test_nested_moves),
	TEST(test_nested_refused),
	TEST(test_nested_close),
	TEST(test_invalidate),
	TEST(test_invalidate_many),
	TEST(test_invalidate_refused),
	TEST(test_invalidate_fields),
	TEST(test_invalidate_read_only),
	TEST(test_device_cache),
	TEST(test_nested_race),
	TEST(test_pasid),
	TEST(test_pasid_stands),
	TEST(test_pasid_refused),
	TEST(test_pasid_beside_others),
	TEST(test_pasid_moves),
	TEST(test_pasid_way_back),
	TEST(test_pasid_nested),
	TEST(test_pasid_limit),
	TEST(test_pasid_close),
	TEST(test_pasid_race),
	TEST(test_race),
	TEST(test_hw_info),
	TEST(test_close),
	TEST(test_killed),
};

static int run(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}

static const struct CMUnitTest module_tests[] = {
	cmocka_unit_test(test_says_what_it_is),
	cmocka_unit_test(test_log_is_spared),
	cmocka_unit_test(test_manners_refused),
};

int main(void)
{
	int failed = bed_load();

	if (!failed)
		failed = manners_run(run) +
			 cmocka_run_group_tests(module_tests, NULL, NULL);
	return failed;
}
