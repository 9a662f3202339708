// SPDX-License-Identifier: GPL-2.0
/*
 * A contender at work, see run.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "fail.h"
#include "place.h"
#include "report.h"
#include "run.h"

/* Of the guest's time, which does not take that long where it is idle. */
#define SETTLE_US 20000

void run_report(const struct run *run, double amount, double parts,
		const char *unit, const char *format, ...)
{
	char name[REPORT_NAME];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	if (run->counts)
		report_value(run->contender->name, name, unit, amount / parts);
}

void run_settle(void)
{
	usleep(SETTLE_US);
}

void run_check(const struct run *run, int rc, const char *what)
{
	if (rc)
		fail(EXIT_FAILED, rc, "%s cannot %s", run->contender->name,
		     what);
}

/* Who can't take the file takes the memory of it. */
void run_map(const struct run *run, const struct buffer *buffer, unsigned int n)
{
	uint64_t iova = IOVA_LARGE + n * buffer_size;
	int rc = -ENOTTY;

	if (buffer->file && run->contender->map_file)
		rc = run->contender->map_file(iova, buffer->fd, buffer_size);
	if (rc == -ENOTTY)
		rc = run->contender->map(iova, buffer->va, buffer_size);
	run_check(run, rc, "map");
}

void run_map_pages(const struct run *run, size_t from, size_t to)
{
	for (; from < to; from++)
		run_check(run,
			  run->contender->map(IOVA_SMALL + from * BUFFER_PAGE,
					      buffer_scattered->va +
						      from * BUFFER_PAGE,
					      BUFFER_PAGE),
			  "map a page");
}

void run_unmap(const struct run *run, uint64_t iova, uint64_t length)
{
	run_check(run, run->contender->unmap(iova, length), "unmap");
}
