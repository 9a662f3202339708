/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is measured by the clock. It differs from run to run, and says more of
 * the machine than of what runs on it.
 */
#ifndef _BENCH_WALL_H
#define _BENCH_WALL_H

#include "contender.h"

/* Threads that map and unmap at the same time, each its own memory. */
void wall_threads(const struct contender *contender, unsigned int most);

/* What a device moves by DMA, through memory that a contender has mapped. */
void wall_dma(const struct contender *contender);

#endif
