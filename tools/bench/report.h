/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was measured, a line each, for scripts/bench to make a table of.
 */
#ifndef _BENCH_REPORT_H
#define _BENCH_REPORT_H

#include "compiler.h"

#define REPORT_VALUES 512
#define REPORT_NAME 48

/* Say what is being done, on stderr. */
void __printf(1, 2) report_progress(const char *format, ...);

/* A value of a contender; of several for one place, the least stays. */
void report_value(const char *contender, const char *name, const char *unit,
		  double value);

/* All of it: name, unit, contender, value, with tabs in between. */
void report_print(void);

#endif
