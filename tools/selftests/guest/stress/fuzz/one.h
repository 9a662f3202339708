/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One call of the fuzzer: how it is made, spoiled, told of and judged.
 */
#ifndef _GUEST_FUZZ_ONE_H
#define _GUEST_FUZZ_ONE_H

#include <stdint.h>

#include "calls.h"
#include "life.h"
#include "tally.h"

/* The last calls, to be shown when the kernel complains. */
#define RING 64
#define LINE 400

/**
 * struct fuzz - in memory that all processes share
 * @calls: made so far
 * @tally: by call and kind of file
 * @nedus: how many there are
 * @ring: the last lines
 * @odd: what a call returned that none should, or what else is wrong
 */
struct fuzz {
	uint64_t calls;
	struct tally tally[CALLS_MAX][FD_KINDS];
	int nedus;
	char ring[RING][LINE];
	char odd[LINE];
};

extern struct fuzz *fuzz;

void make_one(struct life *life, struct one *one, uint8_t *arg);

/* Into the log and the ring, before it is made. */
void tell(struct life *life, const struct one *one);

void run_one(struct one *one);

void judge(struct life *life, struct one *one);

#endif
