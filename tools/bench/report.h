/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table: a row for each thing measured, a column for each contender.
 */
#ifndef _BENCH_REPORT_H
#define _BENCH_REPORT_H

#include <stdbool.h>

#include "compiler.h"

#define REPORT_ROWS 32
#define REPORT_COLUMNS 4
#define REPORT_NAME 40

/* Say what is being done, on stderr. */
void __printf(1, 2) report_progress(const char *format, ...);

/* Name a column; they are counted from 0, and 0 is compared with the others. */
void report_column(unsigned int column, const char *name);

/* A value; of several for one place in the table, the least stays. */
void report_value(unsigned int column, const char *name, const char *unit,
		  double value);

/* All of it. @bed: what to say about the machine. */
void report_print(bool json, const char *bed);

#endif
