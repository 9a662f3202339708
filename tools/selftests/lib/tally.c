// SPDX-License-Identifier: GPL-2.0
/*
 * How often a call came back with what, see tally.h.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tally.h"

void tally_add(struct tally *tally, int rc)
{
	uint64_t *count = &tally->done;

	if (rc < 0)
		count = &tally->failed[rc > -TALLY_ERRNOS ? -rc : 0];
	__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
}

uint64_t tally_sum(const struct tally *tally)
{
	uint64_t sum = tally->done;
	int i;

	for (i = 0; i < TALLY_ERRNOS; i++)
		sum += tally->failed[i];
	return sum;
}

void tally_print(const char *name, const struct tally *tally)
{
	int i;

	printf("%-20s %9lu ok", name, (unsigned long)tally->done);
	for (i = 0; i < TALLY_ERRNOS; i++)
		if (tally->failed[i])
			printf(" %s %lu", i ? strerrorname_np(i) : "other",
			       (unsigned long)tally->failed[i]);
	printf("\n");
	fflush(stdout);
}
