// SPDX-License-Identifier: GPL-2.0
/*
 * The ioctls of a VFIO container on a file of /dev/iommu: which IOAS they work
 * on, what they tell, what they refuse, and what a device sees of it.
 */
#include "bed.h"
#include "edubed.h"
#include "ioas.h"
#include "map.h"
#include "module.h"
#include "part.h"
#include "type1bed.h"

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ioas),
		cmocka_unit_test(test_ioas_gone),
		cmocka_unit_test(test_without_ioas),
		cmocka_unit_test_setup_teardown(test_extensions, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_set_iommu, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_info, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_info_room, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_info_avail, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_dma, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_read_only, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_map_around, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_map_errors, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_unmap_errors, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_unmap_read_only, setup_v1,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_unmap_many, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_mmio, setup_v1,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_part, setup_v1,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_part_of_huge, setup_v1,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_part_errors, setup_v1,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_part_limit, setup_v1,
						edubed_teardown),
		cmocka_unit_test(test_part_access),
	};

	if (bed_load() || module_load("iommufd_selftest", NULL))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
