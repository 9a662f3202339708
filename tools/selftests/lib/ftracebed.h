/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's switch for ftrace, which newer kernels leave on (EOPNOTSUPP).
 */
#ifndef _GUEST_FTRACEBED_H
#define _GUEST_FTRACEBED_H

#include <stdbool.h>

#define FTRACE_ENABLED "/proc/sys/kernel/ftrace_enabled"

void ftrace_turn_on(void);

/* False where the kernel never does that. */
bool ftrace_turn_off(void);

/* While redirects stand nobody can turn it off. */
void ftrace_stays_on(void);

#endif
