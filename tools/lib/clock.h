/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Time limits: for loops that wait for hardware.
 */
#ifndef _LIB_CLOCK_H
#define _LIB_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static inline void clock_pause_us(unsigned int us)
{
	struct timespec pause = { .tv_nsec = us * 1000L };

	nanosleep(&pause, NULL);
}

#endif
