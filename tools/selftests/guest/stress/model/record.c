// SPDX-License-Identifier: GPL-2.0
/*
 * Records, see record.h.
 */
#include <sys/wait.h>

#include "bed.h"
#include "clock.h"
#include "draw.h"
#include "env.h"
#include "manners.h"
#include "op.h"
#include "record.h"
#include "run.h"
#include "trial.h"

/* Operations of a trial; with sharing most of them are on huge pages. */
#define STEPS 200
#define STEPS_SHARING 80

/* One trial that does not end is wrong, too; so long is looked for less. */
#define TRIAL_S 120
#define SHRINK_S 90

struct record *record;
static struct op best[STEPS_MAX];

bool record_is_wrong(void)
{
	static unsigned int uid = 2000;
	int status = -1;
	pid_t child;

	record->why[0] = '\0';
	record->late = mock_has_manner("unsettled");
	record->uid = ++uid;
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		alarm(TRIAL_S);
		trial_run(record);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (status && !record->why[0])
		snprintf(record->why, sizeof(record->why), "ended with status %#x",
			 status);
	return status;
}

void record_random(uint64_t seed)
{
	record_draw(record, seed);
	record->nops = env_number("STEPS", record->shares ? STEPS_SHARING :
							    STEPS);
	assert_true(record->nops <= STEPS_MAX);
}

/* ---- as text ---- */

static void record_print(void)
{
	unsigned int i;

	printf("OPS='trial %lu %#lx %lu", record->payer, record->limit,
	       record->batch);
	for (i = 0; i < record->nops; i++) {
		fputs(", ", stdout);
		op_print(stdout, &record->op[i]);
	}
	fputs("'\n", stdout);
}

void record_parse(const char *ops)
{
	char *text = strdup(ops), *item, *rest = text;

	record->random = false;
	record->nops = 0;
	item = strsep(&rest, ",");
	if (sscanf(item, "trial %li %li %li", (long *)&record->payer,
		   (long *)&record->limit, (long *)&record->batch) != 3)
		fail_msg("OPS does not begin with a trial: %s", item);
	while ((item = strsep(&rest, ",")))
		if (record->nops == STEPS_MAX ||
		    !op_parse(item, &record->op[record->nops++]))
			fail_msg("no operation: %s", item);
	free(text);
}

/* ---- shrink ---- */

/* Leave out some; false, and as before, where it does not go wrong then. */
static bool record_cut(unsigned int at, unsigned int count)
{
	unsigned int nops = record->nops;

	memcpy(best, record->op, nops * sizeof(*best));
	memmove(record->op + at, record->op + at + count,
		(nops - at - count) * sizeof(*best));
	record->nops -= count;
	if (record_is_wrong())
		return true;
	memcpy(record->op, best, nops * sizeof(*best));
	record->nops = nops;
	return false;
}

/* From half of them at a time down to single ones, until none can be missed. */
static void record_shrink(void)
{
	uint64_t end = clock_ms() + SHRINK_S * 1000;
	unsigned int count = record->nops / 2, at;
	bool cut;

	while (count) {
		cut = false;
		for (at = 0; at + count <= record->nops; )
			if (clock_ms() > end)
				return;
			else if (record_cut(at, count))
				cut = true;
			else
				at += count;
		if (!cut || count > 1)
			count /= 2;
	}
}

/* Without failures on purpose, where it goes wrong without. */
static void record_calm(void)
{
	unsigned int i;

	for (i = 0; i < record->nops; i++) {
		struct op op = record->op[i];

		if (op_calm(&record->op[i]) && !record_is_wrong())
			record->op[i] = op;
	}
}

void record_report(void)
{
	unsigned int i;

	/* The last one showed it, or closing the files did. */
	if (record->step < record->nops)
		record->nops = record->step + 1;
	printf("wrong after %u operations: %s\n", record->nops, record->why);
	record_print();
	record->random = false;
	if (!record_is_wrong()) {
		printf("not wrong when repeated\n");
		return;
	}
	record_shrink();
	record_calm();
	record_is_wrong();
	printf("shrunk to %u operations: %s\n", record->nops, record->why);
	for (i = 0; i < record->nops; i++)
		op_explain(stdout, &record->op[i]);
	printf("SHARE=%d MANNERS='%s' ", record->shares, manners_now);
	record_print();
}
