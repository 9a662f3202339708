// SPDX-License-Identifier: GPL-2.0
/*
 * Bad input, systematically: each field of each command takes every value that
 * could upset it, alone and together with others; then pointers, files, and ids
 * of others. What is refused has changed nothing that user space can see. Needs
 * QEMU's edu device.
 *
 * Single errors of single commands are in ioctl.c, attach.c and cdev.c; those
 * of callers without means in poor.c.
 */
#include <sys/socket.h>
#include <time.h>

#include "badbed.h"
#include "bed.h"
#include "env.h"
#include "fields.h"
#include "owners.h"
#include "pointers.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_single_fields),
	TEST(test_mixed_fields),
	TEST(test_bad_argument_address),
	TEST(test_unaligned_argument),
	TEST(test_read_only_argument),
	TEST(test_bad_arrays),
	TEST(test_bad_memory_address),
	TEST(test_map_file_kinds),
	TEST(test_map_file_range),
	TEST(test_map_file_write_only),
	TEST(test_commands_of_others),
	TEST(test_foreign_device),
	TEST(test_stale_ids),
	TEST(test_user),
};

int main(void)
{
	if (bed_load())
		return 1;
	srandom(env_seed(time(NULL)));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
