// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in every call, see sweep.h; and whether any call of the modules to
 * something that can fail was forgotten, see excuse.c. Calls on mock devices run
 * for each way in which drivers differ, see manners.h, in the usual run a part of
 * them.
 *
 * Here is the list of all scenes, in the order in which they are run; the other
 * files have the scenes themselves, by what they are about.
 *
 * Needs QEMU's edu device. Stock kernels have the faults of calls alone.
 */
#include "backend.h"
#include "bed.h"
#include "container.h"
#include "deviceattach.h"
#include "devicebar.h"
#include "devicebed.h"
#include "devicefile.h"
#include "devicemap.h"
#include "edubed.h"
#include "excuse.h"
#include "faults.h"
#include "feature.h"
#include "manners.h"
#include "mediated.h"
#include "mockaccess.h"
#include "mockbed.h"
#include "mockcommand.h"
#include "mockhwpt.h"
#include "mockpasid.h"
#include "mocklife.h"
#include "mockmap.h"
#include "module.h"
#include "reset.h"
#include "vfiobed.h"

#define MOCK_TEST(name) \
	cmocka_unit_test_setup_teardown(name, mockbed_setup, mockbed_teardown)

static const struct CMUnitTest mock_tests[] = {
	MOCK_TEST(test_mock_map),
	MOCK_TEST(test_mock_map_across),
	MOCK_TEST(test_mock_map_anywhere),
	MOCK_TEST(test_mock_map_many),
	MOCK_TEST(test_mock_map_shared),
	MOCK_TEST(test_mock_map_verified),
	MOCK_TEST(test_mock_map_bulk),
	MOCK_TEST(test_mock_unmap_bulk),
	MOCK_TEST(test_mock_map_charged),
	MOCK_TEST(test_mock_change),
	MOCK_TEST(test_mock_map_file),
	MOCK_TEST(test_mock_map_read),
	MOCK_TEST(test_mock_copy),
	MOCK_TEST(test_mock_copy_page),
	MOCK_TEST(test_mock_unmap),
	MOCK_TEST(test_access),
	MOCK_TEST(test_access_pin_lazy),
	MOCK_TEST(test_access_pin_page),
	MOCK_TEST(test_unmap_pinned),
	MOCK_TEST(test_access_read_lazy),
	MOCK_TEST(test_access_read_mapped),
	MOCK_TEST(test_access_write_lazy),
	MOCK_TEST(test_access_moves),
	MOCK_TEST(test_mock_device),
	MOCK_TEST(test_mock_remote),
	MOCK_TEST(test_mock_replace_ioas),
	MOCK_TEST(test_mock_hwpt),
	MOCK_TEST(test_destroy_hwpt),
	MOCK_TEST(test_nest_parent),
	MOCK_TEST(test_nested),
	MOCK_TEST(test_replace_by_nested),
	MOCK_TEST(test_destroy_nested),
	MOCK_TEST(test_invalidate),
	MOCK_TEST(test_attach_pasid),
	MOCK_TEST(test_replace_pasid),
	MOCK_TEST(test_detach_pasid),
	MOCK_TEST(test_pasid_device),
	MOCK_TEST(test_pasid_hw_info),
	MOCK_TEST(test_tracked),
	MOCK_TEST(test_set_dirty),
	MOCK_TEST(test_get_dirty),
	MOCK_TEST(test_ranges),
	MOCK_TEST(test_objects),
	MOCK_TEST(test_areas),
	MOCK_TEST(test_fdinfo),
	MOCK_TEST(test_option_set),
	MOCK_TEST(test_option_get),
	MOCK_TEST(test_mock_hw_info),
	MOCK_TEST(test_long_struct),
	MOCK_TEST(test_reserve),
	MOCK_TEST(test_life),
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
	MOCK_TEST(test_replace_pasid),
};

#define EDU_TEST(name) \
	cmocka_unit_test_setup_teardown(name, edubed_setup, edu_teardown)

static const struct CMUnitTest edu_tests[] = {
	EDU_TEST(test_ioas_alloc),
	EDU_TEST(test_allow),
	EDU_TEST(test_map_page),
	EDU_TEST(test_map_scattered),
	EDU_TEST(test_map_adjacent),
	EDU_TEST(test_map_large),
	EDU_TEST(test_map_fresh),
	EDU_TEST(test_map_file),
	EDU_TEST(test_copy),
	EDU_TEST(test_copy_pinned),
	EDU_TEST(test_unmap),
	EDU_TEST(test_map_bar),
	EDU_TEST(test_map_bar_off),
	EDU_TEST(test_copy_bar),
	EDU_TEST(test_attach_bar),
	EDU_TEST(test_attach),
	EDU_TEST(test_replace),
	EDU_TEST(test_hwpt),
	EDU_TEST(test_second_hwpt),
	EDU_TEST(test_replace_by_second),
	EDU_TEST(test_detach),
	EDU_TEST(test_attach_node_pasid),
	EDU_TEST(test_detach_node_pasid),
	EDU_TEST(test_destroy),
	EDU_TEST(test_hw_info),
	EDU_TEST(test_open),
	EDU_TEST(test_open_device),
	EDU_TEST(test_bind),
	EDU_TEST(test_bind_token),
	EDU_TEST(test_feature),
	EDU_TEST(test_probe),
};

#define TYPE1_TEST(name) \
	cmocka_unit_test_setup_teardown(name, type1_setup, edu_teardown)

static const struct CMUnitTest type1_tests[] = {
	TYPE1_TEST(test_ioas_get),
	TYPE1_TEST(test_ioas_set),
	TYPE1_TEST(test_type1_info),
	TYPE1_TEST(test_extension),
	TYPE1_TEST(test_set_iommu),
	TYPE1_TEST(test_map_dma),
	TYPE1_TEST(test_map_mmio),
	TYPE1_TEST(test_unmap_dma),
	TYPE1_TEST(test_unmap_part),
	TYPE1_TEST(test_without_ioas),
	TYPE1_TEST(test_container),
	TYPE1_TEST(test_joined),
};

#define SELFTEST_TEST(name) \
	cmocka_unit_test_setup_teardown(name, selftest_setup, selftest_teardown)
#define DISK_TEST(name) \
	cmocka_unit_test_setup_teardown(name, disk_setup, disk_teardown)
#define MEDIATED_TEST(name) \
	cmocka_unit_test_setup_teardown(name, mediated_setup, mediated_teardown)

static const struct CMUnitTest vfio_tests[] = {
	SELFTEST_TEST(test_get_migration),
	SELFTEST_TEST(test_get_data_size),
	SELFTEST_TEST(test_get_state),
	SELFTEST_TEST(test_stop),
	SELFTEST_TEST(test_save),
	SELFTEST_TEST(test_resume),
	SELFTEST_TEST(test_bad_state),
	SELFTEST_TEST(test_log_start),
	SELFTEST_TEST(test_log_stop),
	SELFTEST_TEST(test_log_report),
	SELFTEST_TEST(test_reset_asked),
	DISK_TEST(test_reset_count),
	DISK_TEST(test_reset_info),
	DISK_TEST(test_region_info),
	DISK_TEST(test_reset),
	MEDIATED_TEST(test_mediated_bind),
	MEDIATED_TEST(test_mediated_attach),
};

static const struct CMUnitTest last_tests[] = {
	cmocka_unit_test(test_all_calls),
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
