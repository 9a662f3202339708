/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How often a call came back with what, for tests that make very many: in
 * memory that all processes of the test have.
 */
#ifndef _GUEST_TALLY_H
#define _GUEST_TALLY_H

#include <stdint.h>

/* Every errno of Linux is below. */
#define TALLY_ERRNOS 134

struct tally {
	uint64_t done;
	uint64_t failed[TALLY_ERRNOS];
};

/* @rc: of a call, negative where it is an errno. */
void tally_add(struct tally *tally, int rc);
uint64_t tally_sum(const struct tally *tally);
void tally_print(const char *name, const struct tally *tally);

#endif
