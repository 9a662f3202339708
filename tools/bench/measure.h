/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is measured: the same for all contenders, in the same order.
 */
#ifndef _BENCH_MEASURE_H
#define _BENCH_MEASURE_H

#include "contender.h"

/* Fills @column of the table. Does not return where something fails. */
void measure(const struct contender *contender, unsigned int column,
	     const char *bdf);

#endif
