/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All operations of the torture: who does them, how often, and with which
 * errors they may end.
 */
#ifndef _GUEST_TORTURE_OP_H
#define _GUEST_TORTURE_OP_H

#include "world.h"

/* Who does it. */
enum who {
	WHO_TENANT,
	WHO_DRIVERS,
	WHO_MEMORY,
};

/**
 * struct op - an operation
 * @name: for people
 * @run: returns 0, -errno or SKIP
 * @who: does it
 * @weight: how often, compared with the others of that kind of thread
 * @fits: each errno that it may end with when all is well, between zeros; the
 *	number of a file may be that of another one by now, hence ENOTTY
 */
struct op {
	const char *name;
	int (*run)(struct thread *t);
	enum who who;
	unsigned int weight;
	const int *fits;
};

extern const struct op ops[];
extern const unsigned int ops_count;

void run_thread(struct thread *t, enum who who);

#endif
