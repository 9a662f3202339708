// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's switch for ftrace, see ftracebed.h.
 */
#include "bed.h"
#include "file.h"
#include "ftracebed.h"

void ftrace_turn_on(void)
{
	assert_int_equal(file_write(FTRACE_ENABLED, "1"), 0);
}

bool ftrace_turn_off(void)
{
	int rc = file_write(FTRACE_ENABLED, "0");

	assert_true(!rc || rc == -EOPNOTSUPP);
	return !rc;
}

void ftrace_stays_on(void)
{
	int rc = file_write(FTRACE_ENABLED, "0");

	assert_true(rc == -EBUSY || rc == -EOPNOTSUPP);
}
