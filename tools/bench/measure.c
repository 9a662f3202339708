// SPDX-License-Identifier: GPL-2.0
/*
 * What is measured, see measure.h.
 *
 * A cold round comes first, then those that count. Of these the least stands
 * in the table, as a timer may go off in any.
 */
#include <stdarg.h>
#include <stdio.h>
#include <x86intrin.h>

#include "buffer.h"
#include "fail.h"
#include "measure.h"
#include "report.h"
#include "slab.h"

#define ROUNDS 3

/* Pages that are mapped by a call each, to be timed and to be weighed. */
#define CALLS 4096
#define WEIGH_CALLS 8192

/* Where memory goes, and where single pages go. */
#define IOVA_LARGE 0x400000000UL
#define IOVA_SMALL 0x200000000UL

#define GIB (1024UL << 20)

#define PER_PAGE "instructions per 4 KiB"
#define PER_CALL "instructions per call"
#define PER_AREA "instructions per area"
#define BYTES_PER_GIB "bytes per GiB"
#define BYTES_PER_AREA "bytes per area"

/**
 * struct run - a contender at work
 * @contender: it
 * @column: its place in the table
 * @counts: the cold round is over
 */
struct run {
	const struct contender *contender;
	unsigned int column;
	bool counts;
};

static void __printf(5, 6)
run_report(const struct run *run, uint64_t amount, unsigned int parts,
	   const char *unit, const char *format, ...)
{
	char name[REPORT_NAME];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	if (run->counts)
		report_value(run->column, name, unit, (double)amount / parts);
}

static void run_map(const struct run *run, uint64_t iova, void *va,
		    uint64_t length)
{
	int rc = run->contender->map(iova, va, length);

	if (rc)
		fail(EXIT_FAILED, rc, "%s cannot map", run->contender->name);
}

static void run_unmap(const struct run *run, uint64_t iova, uint64_t length)
{
	int rc = run->contender->unmap(iova, length);

	if (rc)
		fail(EXIT_FAILED, rc, "%s cannot unmap", run->contender->name);
}

/* ---- time ---- */

static void time_large(const struct run *run, const struct buffer *buffer)
{
	uint64_t ticks;

	ticks = __rdtsc();
	run_map(run, IOVA_LARGE, buffer->va, BUFFER_SIZE);
	ticks = __rdtsc() - ticks;
	run_report(run, ticks, BUFFER_PAGES, PER_PAGE, "map %s", buffer->name);

	ticks = __rdtsc();
	run_unmap(run, IOVA_LARGE, BUFFER_SIZE);
	ticks = __rdtsc() - ticks;
	run_report(run, ticks, BUFFER_PAGES, PER_PAGE, "unmap %s",
		   buffer->name);
}

/* Pages @from to @to of the scattered memory, a call for each. */
static void map_small(const struct run *run, size_t from, size_t to)
{
	for (; from < to; from++)
		run_map(run, IOVA_SMALL + from * BUFFER_PAGE,
			buffer_scattered->va + from * BUFFER_PAGE,
			BUFFER_PAGE);
}

static void time_small(const struct run *run)
{
	uint64_t ticks;
	size_t i;

	ticks = __rdtsc();
	map_small(run, 0, CALLS);
	ticks = __rdtsc() - ticks;
	run_report(run, ticks, CALLS, PER_CALL, "map 4 KiB");

	ticks = __rdtsc();
	for (i = 0; i < CALLS; i++)
		run_unmap(run, IOVA_SMALL + i * BUFFER_PAGE, BUFFER_PAGE);
	ticks = __rdtsc() - ticks;
	run_report(run, ticks, CALLS, PER_CALL, "unmap 4 KiB");

	map_small(run, 0, CALLS);
	ticks = __rdtsc();
	run_unmap(run, IOVA_SMALL, CALLS * BUFFER_PAGE);
	ticks = __rdtsc() - ticks;
	run_report(run, ticks, CALLS, PER_AREA, "unmap a range of 4 KiB areas");
}

static void time_nothing(const struct run *run)
{
	uint64_t ticks;
	int i, rc = 0;

	ticks = __rdtsc();
	for (i = 0; i < CALLS && !rc; i++)
		rc = run->contender->nothing();
	ticks = __rdtsc() - ticks;
	if (rc)
		fail(EXIT_FAILED, rc, "%s cannot even do nothing",
		     run->contender->name);
	run_report(run, ticks, CALLS, PER_CALL, "nothing");
}

static void run_round(const struct run *run)
{
	const struct buffer *buffer;

	for (buffer = buffers; buffer < buffers + BUFFERS; buffer++)
		time_large(run, buffer);
	time_small(run);
	time_nothing(run);
}

/* ---- memory ---- */

static void shrink(void)
{
	int rc = slab_shrink();

	if (rc)
		fail(EXIT_SETUP, rc, "no /sys/kernel/slab");
}

static uint64_t weight(void)
{
	uint64_t bytes;
	int rc = slab_bytes(&bytes);

	if (rc)
		fail(EXIT_SETUP, rc, "cannot read /proc/slabinfo");
	return bytes;
}

/*
 * What is mapped first fills the slabs that have room left. What is mapped
 * then, as much again, is weighed by the slabs that come.
 */
static void weigh_large(const struct run *run, const struct buffer *buffer)
{
	unsigned int i, count = buffer->weigh;
	uint64_t bytes = 0;

	shrink();
	for (i = 0; i < 2 * count; i++) {
		if (i == count)
			bytes = weight();
		run_map(run, IOVA_LARGE + i * BUFFER_SIZE, buffer->va,
			BUFFER_SIZE);
	}
	bytes = weight() - bytes;
	run_unmap(run, IOVA_LARGE, 2 * count * BUFFER_SIZE);
	run_report(run, bytes, count * BUFFER_SIZE / GIB, BYTES_PER_GIB,
		   "slab for %s", buffer->name);
}

static void weigh_small(const struct run *run)
{
	uint64_t bytes;

	shrink();
	map_small(run, 0, WEIGH_CALLS);
	bytes = weight();
	map_small(run, WEIGH_CALLS, 2 * WEIGH_CALLS);
	bytes = weight() - bytes;
	run_unmap(run, IOVA_SMALL, 2 * WEIGH_CALLS * BUFFER_PAGE);
	run_report(run, bytes, WEIGH_CALLS, BYTES_PER_AREA,
		   "slab for 4 KiB areas");
}

static void weigh(const struct run *run)
{
	const struct buffer *buffer;

	for (buffer = buffers; buffer < buffers + BUFFERS; buffer++)
		weigh_large(run, buffer);
	weigh_small(run);
}

void measure(const struct contender *contender, unsigned int column,
	     const char *bdf)
{
	struct run run = { .contender = contender, .column = column };
	int round, rc = contender->open(bdf);

	if (rc)
		fail(EXIT_SETUP, rc, "%s cannot have %s", contender->name, bdf);
	report_column(column, contender->name);
	for (round = 0; round <= ROUNDS; round++) {
		report_progress("%s: round %d of %d", contender->name, round,
				ROUNDS);
		run.counts = round > 0;
		run_round(&run);
	}
	report_progress("%s: memory", contender->name);
	weigh(&run);
	contender->close();
}
