// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel keeps for what is mapped.
 *
 * The same memory is mapped again and again, so this wants iommufd.share=0: else
 * there would be little to weigh. What is mapped first fills the slabs that have
 * room left. What is mapped then, as much again, is weighed by what comes to the
 * memory in use.
 */
#include "fail.h"
#include "measure.h"
#include "place.h"
#include "report.h"
#include "run.h"
#include "slab.h"
#include "weight.h"

#define GIB (1024UL << 20)
#define WEIGH_CALLS 8192

#define BYTES_PER_GIB "bytes per GiB"
#define BYTES_PER_AREA "bytes per area"

static void shrink(void)
{
	int rc = slab_shrink();

	if (rc)
		fail(EXIT_SETUP, rc, "no /sys/kernel/slab");
}

static void take(struct weight *weight)
{
	int rc;

	/* What waits to be freed is gone then. */
	run_settle();
	rc = weight_take(weight);
	if (rc)
		fail(EXIT_SETUP, rc, "cannot read /proc/slabinfo");
}

static void report(const struct run *run, const struct weight *before,
		   double parts, const char *unit, const char *name)
{
	struct weight now;

	take(&now);
	run_report(run, now.slab - before->slab, parts, unit, "slab for %s",
		   name);
	if (now.tables)
		run_report(run, now.tables - before->tables, parts, unit,
			   "page tables for %s", name);
	run_report(run, now.used - before->used, parts, unit,
		   "memory in use for %s", name);
}

static void weigh_large(const struct run *run, const struct buffer *buffer)
{
	unsigned int i, count = buffer->weigh;
	struct weight before;

	shrink();
	for (i = 0; i < 2 * count; i++) {
		if (i == count)
			take(&before);
		run_map(run, buffer, i);
	}
	report(run, &before, (double)count * buffer_size / GIB, BYTES_PER_GIB,
	       buffer->name);
	run_unmap(run, IOVA_LARGE, 2 * count * buffer_size);
}

static void weigh_small(const struct run *run)
{
	struct weight before;

	shrink();
	run_map_pages(run, 0, WEIGH_CALLS);
	take(&before);
	run_map_pages(run, WEIGH_CALLS, 2 * WEIGH_CALLS);
	report(run, &before, WEIGH_CALLS, BYTES_PER_AREA, "4 KiB areas");
	run_unmap(run, IOVA_SMALL, 2 * WEIGH_CALLS * BUFFER_PAGE);
}

static void weigh_copies(const struct run *run)
{
	struct weight before;

	if (!run->contender->copy)
		return;
	run_map_pages(run, 0, 2 * WEIGH_CALLS);
	shrink();
	run_check(run, run->contender->copy(IOVA_COPIES, IOVA_SMALL,
					    WEIGH_CALLS * BUFFER_PAGE),
		  "copy");
	take(&before);
	run_check(run,
		  run->contender->copy(IOVA_COPIES + WEIGH_CALLS * BUFFER_PAGE,
				       IOVA_SMALL + WEIGH_CALLS * BUFFER_PAGE,
				       WEIGH_CALLS * BUFFER_PAGE),
		  "copy");
	report(run, &before, WEIGH_CALLS, BYTES_PER_AREA, "4 KiB copies");
	run_check(run,
		  run->contender->uncopy(IOVA_COPIES,
					 2 * WEIGH_CALLS * BUFFER_PAGE),
		  "unmap copies");
	run_unmap(run, IOVA_SMALL, 2 * WEIGH_CALLS * BUFFER_PAGE);
}

void weigh(const struct contender *contender)
{
	const struct run run = { .contender = contender, .counts = true };
	const struct buffer *buffer;

	if (contender->bare)
		return;
	run_check(&run, contender->open(), "have the device");
	report_progress("%s: memory", contender->name);
	for (buffer = buffers; buffer < buffers + BUFFERS; buffer++)
		weigh_large(&run, buffer);
	weigh_small(&run);
	weigh_copies(&run);
	contender->close();
}
