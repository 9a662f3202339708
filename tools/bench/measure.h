/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is measured: the same for all contenders, in the same order.
 */
#ifndef _BENCH_MEASURE_H
#define _BENCH_MEASURE_H

#include <stdbool.h>

#include "contender.h"

/*
 * Both fill a part of a column of the table, and do not return where something
 * fails.
 */

/* What calls cost; with less memory and fewer of them where it has to be @quick. */
void measure(const struct contender *contender, bool quick);

/* What the kernel keeps for what is mapped. */
void weigh(const struct contender *contender);

#endif
