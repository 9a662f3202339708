/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The end of the benchmark when something goes wrong, in one line.
 */
#ifndef _BENCH_FAIL_H
#define _BENCH_FAIL_H

#include "compiler.h"

#define EXIT_FAILED 1
#define EXIT_USAGE 2
#define EXIT_SETUP 3

/* @code: the exit code; @rc: a negative errno, or 0. */
void __noreturn __printf(3, 4)
fail(int code, int rc, const char *format, ...);

#endif
