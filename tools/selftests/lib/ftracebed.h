/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's switch for ftrace, which newer kernels leave on (EOPNOTSUPP).
 */
#ifndef _GUEST_FTRACEBED_H
#define _GUEST_FTRACEBED_H

#include "bed.h"

#define FTRACE_ENABLED "/proc/sys/kernel/ftrace_enabled"

static inline void ftrace_turn_on(void)
{
	assert_int_equal(file_write(FTRACE_ENABLED, "1"), 0);
}

/* False where the kernel never does that. */
static inline bool ftrace_turn_off(void)
{
	int rc = file_write(FTRACE_ENABLED, "0");

	assert_true(!rc || rc == -EOPNOTSUPP);
	return !rc;
}

/* While redirects stand nobody can turn it off. */
static inline void ftrace_stays_on(void)
{
	int rc = file_write(FTRACE_ENABLED, "0");

	assert_true(rc == -EBUSY || rc == -EOPNOTSUPP);
}

#endif
