// SPDX-License-Identifier: GPL-2.0
/*
 * Legacy containers (/dev/vfio/vfio) served by vfio_iommufd.ko: DMA, several
 * groups, errors, who pays, every order of closing; and which of the two
 * backends serves a container.
 */
#include "bed.h"
#include "choice.h"
#include "containerbed.h"
#include "end.h"
#include "group.h"
#include "module.h"
#include "pinning.h"
#include "registers.h"

#define with_bed(test) \
	cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_bed(test_dma),
		with_bed(test_answers),
		with_bed(test_errors),
		cmocka_unit_test_setup_teardown(test_v1, setup_v1, teardown),
		with_bed(test_one_owner),
		with_bed(test_two_groups),
		with_bed(test_two_dma),
		cmocka_unit_test(test_groups_first),
		with_bed(test_mmio),
		with_bed(test_mmio_swapped),
		with_bed(test_many),
		cmocka_unit_test(test_emulated),
		with_bed(test_emulated_beside),
		cmocka_unit_test(test_emulated_end),
		cmocka_unit_test(test_emulated_first),
		cmocka_unit_test_setup_teardown(test_emulated_v1, setup_v1,
						teardown),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_limit),
		with_bed(test_limit_mmio),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_modprobe),
	};

	if (bed_load() || module_load("vfio_iommufd", NULL))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
