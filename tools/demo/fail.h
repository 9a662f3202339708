/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The end of the demo when something is missing: one line that says what, and
 * what to do next.
 */
#ifndef _DEMO_FAIL_H
#define _DEMO_FAIL_H

#include "compiler.h"

/* Exit codes; 0 and 1 are report_end()'s. */
#define EXIT_USAGE 2
#define EXIT_SETUP 3

/* @rc: the negative errno, or 0. @next: a command, or what to look at. */
void __noreturn __printf(3, 4)
fail(int rc, const char *next, const char *format, ...);

/* For a file of ours that could not be opened: its name, and what gives access. */
void __noreturn fail_open(int rc, const char *path);

#endif
