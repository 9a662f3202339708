// SPDX-License-Identifier: GPL-2.0
/*
 * Calls on the file of a device that touch user memory, where that takes as long
 * as a user-space fault handler likes. Others that use a device of the same set
 * do not wait for it; who is told too late finds all as it was.
 *
 * With vfio_selftest.ko, whose devices are one set; needs two edus. Without a
 * second one there is nobody who could wait.
 */
#include "answers.h"
#include "arguments.h"
#include "bed.h"
#include "mapped.h"
#include "set.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_arguments),
	TEST(test_token),
	TEST(test_bind_answer),
	TEST(test_bind_answer_fails),
	TEST(test_attach_answer),
	TEST(test_attach_answer_fails),
	TEST(test_killed),
	TEST(test_attach_pins),
	TEST(test_close_waits),
	TEST(test_open_fails),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
