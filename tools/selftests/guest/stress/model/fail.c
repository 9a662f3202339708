// SPDX-License-Identifier: GPL-2.0
/*
 * A page of a table that can't be had, see fail.h.
 */
#include "bed.h"
#include "compare.h"
#include "fail.h"
#include "model.h"
#include "op.h"
#include "trial.h"

static void number_write(struct trial *trial, int file, uint64_t n)
{
	char text[24];
	int length = snprintf(text, sizeof(text), "%lu", n);

	if (pwrite(file, text, length, 0) != length)
		trial_wrong(trial, "cannot write a parameter");
}

/* All that the user has is that of the trial's page tables. */
static uint64_t max_for(struct trial *trial, uint64_t fail)
{
	uint64_t bytes = (fail - FAIL_POOR) * PAGE;
	unsigned int i;

	for (i = 0; i < HWPTS; i++)
		if (trial->model.hwpt[i].live)
			bytes += count_taken(trial, i);
	return bytes;
}

void fail_arm(struct trial *trial, uint64_t n)
{
	if (n >= FAIL_POOR)
		number_write(trial, trial->max, max_for(trial, n));
	else if (n)
		number_write(trial, trial->fail, n);
}

int fail_end(struct trial *trial, uint64_t n, int want, int rc)
{
	char text[24] = "";

	if (!n)
		return want;
	if (n >= FAIL_POOR) {
		number_write(trial, trial->max, trial->usual);
		return rc == -ENOSPC ? -ENOSPC : want;
	}
	if (pread(trial->fail, text, sizeof(text) - 1, 0) < 1)
		trial_wrong(trial, "cannot read " FAIL_MAP);
	number_write(trial, trial->fail, 0);
	return atoi(text) ? want : -ENOMEM;
}
