/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers for tests: another row in each run, and the seed is printed.
 * With SEED=NUMBER in the environment it is that row again.
 */
#ifndef _UNIT_RANDOM_H
#define _UNIT_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t random_state;

static inline void random_begin(void)
{
	const char *seed = getenv("SEED");
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	random_state = seed ? strtoull(seed, NULL, 0) :
			      (uint64_t)now.tv_sec * 1000003 ^ now.tv_nsec;
	printf("seed: SEED=%llu\n", (unsigned long long)random_state);
}

/* From 0 to below @limit. Knuth's multiplier; the high bits are the good. */
static inline uint64_t random_below(uint64_t limit)
{
	random_state = random_state * 6364136223846793005ULL + 1;
	return (random_state >> 33) % limit;
}

#endif
