// SPDX-License-Identifier: GPL-2.0
/*
 * The module of the mock: what it says of itself, and what it does not.
 */
#include "bed.h"
#include "file.h"
#include "itself.h"
#include "kmsg.h"
#include "module.h"
#include "test.h"

#define TAINT_TEST 18

void test_says_what_it_is(void **state)
{
	int kmsg = kmsg_open();
	uint64_t tainted = 0;

	assert_int_equal(module_load("iommufd_selftest", NULL), 0);
	assert_true(kmsg_has(kmsg, "for tests only"));
	assert_int_equal(file_read_u64("/proc/sys/kernel/tainted", &tainted),
			 0);
	assert_true(tainted >> TAINT_TEST & 1);
	assert_int_equal(module_unload("iommufd_selftest"), 0);
	close(kmsg);
}

#define UNSAFE "/sys/module/iommufd/parameters/allow_unsafe_interrupts"
#define BINDS 200
#define LINES_MAX 20

/* Who may open a device can't fill the log with what it says of that. */
void test_log_is_spared(void **state)
{
	struct test_mock mock;
	int kmsg, fd, i, lines;
	char unsafe[8] = "";
	uint32_t ioas;

	assert_int_equal(module_load("iommufd_selftest", NULL), 0);
	assert_true(file_read(UNSAFE, unsafe, sizeof(unsafe)) > 0);
	assert_int_equal(file_write(UNSAFE, "N"), 0);
	kmsg = kmsg_open();
	fd = new_fd();
	ioas = new_ioas(fd);
	for (i = 0; i < BINDS; i++)
		assert_int_equal(test_mock(fd, ioas, MOCK_FLAGS_DEVICE_EXPOSED,
					   &mock), -EPERM);
	lines = kmsg_count(kmsg, "no interrupt remapping");
	assert_in_range(lines, 1, LINES_MAX);
	assert_int_equal(file_write(UNSAFE, unsafe), 0);
	close(fd);
	close(kmsg);
	assert_int_equal(module_unload("iommufd_selftest"), 0);
}

void test_manners_refused(void **state)
{
	assert_int_equal(module_load("iommufd_selftest", "manners=worst"),
			 -EINVAL);
	assert_int_equal(module_load("iommufd_selftest",
				     "manners=all,worst"), -EINVAL);
	assert_int_equal(module_loaded("iommufd_selftest"), 0);
}
