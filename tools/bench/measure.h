/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is measured: the same for all contenders, in the same order.
 */
#ifndef _BENCH_MEASURE_H
#define _BENCH_MEASURE_H

#include <stdbool.h>

#include "contender.h"

/*
 * Fills a column of the table, or a part of it where it has to be @quick.
 * Does not return where something fails.
 */
void measure(const struct contender *contender, bool quick);

#endif
