// SPDX-License-Identifier: GPL-2.0
/*
 * What is measured, see measure.h.
 *
 * A cold round comes first, then those that count. Of these the least stands
 * in the table, as a timer may go off in any. Nobody else runs meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fail.h"
#include "kernel/abi.h"
#include "measure.h"
#include "place.h"
#include "report.h"
#include "run.h"

#define ROUNDS 2
#define QUICK_ROUNDS 3

/* Pages that are mapped by a call each, and calls where few tell as much. */
#define CALLS 65536
#define QUICK_CALLS 4096
#define FEW_CALLS 4096

#define PER_PAGE "instructions per 4 KiB"
#define PER_CALL "instructions per call"
#define PER_AREA "instructions per area"

/* ---- memory as a whole ---- */

static void time_large(const struct run *run, const struct buffer *buffer)
{
	uint64_t ticks;

	ticks = TICKS(run_map(run, buffer, 0));
	run_report(run, ticks, buffer_pages(), PER_PAGE, "map %s", buffer->name);
	ticks = TICKS(run_unmap(run, IOVA_LARGE, buffer_size));
	run_report(run, ticks, buffer_pages(), PER_PAGE, "unmap %s",
		   buffer->name);
}

/* While it is mapped elsewhere, as for each device of a virtual machine. */
static void time_again(const struct run *run, const struct buffer *buffer)
{
	uint64_t ticks;

	run_map(run, buffer, 0);
	ticks = TICKS(run_map(run, buffer, 1));
	run_report(run, ticks, buffer_pages(), PER_PAGE, "map again, %s",
		   buffer->name);
	run_unmap(run, IOVA_LARGE, buffer_size);
	run_unmap(run, IOVA_LARGE + buffer_size, buffer_size);
}

static void join(const struct run *run, unsigned int device)
{
	run_check(run, run->contender->join(device), "attach a device");
}

static void leave(const struct run *run, unsigned int device)
{
	run_check(run, run->contender->leave(device), "detach a device");
}

/* Page tables that come to what is mapped, and go. */
static void time_domains(const struct run *run, const struct buffer *buffer)
{
	static const char * const nth[DEVICES] = { "first", "second", "third" };
	uint64_t ticks;
	unsigned int i;

	run_map(run, buffer, 0);
	for (i = 1; i < DEVICES; i++) {
		ticks = TICKS(join(run, i));
		run_report(run, ticks, buffer_pages(), PER_PAGE,
			   "attach a %s domain, %s", nth[i], buffer->name);
	}
	for (i = DEVICES - 1; i; i--)
		ticks = TICKS(leave(run, i));
	run_report(run, ticks, buffer_pages(), PER_PAGE, "detach one of two, %s",
		   buffer->name);
	ticks = TICKS(leave(run, 0));
	run_report(run, ticks, buffer_pages(), PER_PAGE, "detach the last, %s",
		   buffer->name);
	run_unmap(run, IOVA_LARGE, buffer_size);

	run_map(run, buffer, 0);
	ticks = TICKS(join(run, 0));
	run_report(run, ticks, buffer_pages(), PER_PAGE,
		   "attach to a filled IOAS, %s", buffer->name);
	run_unmap(run, IOVA_LARGE, buffer_size);
}

/* ---- pieces of one page ---- */

static void unmap_pages(const struct run *run, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		run_unmap(run, IOVA_SMALL + i * BUFFER_PAGE, BUFFER_PAGE);
}

static void time_small(const struct run *run)
{
	uint64_t ticks;

	ticks = TICKS(run_map_pages(run, 0, run->calls));
	run_report(run, ticks, run->calls, PER_CALL, "map 4 KiB");

	ticks = TICKS(unmap_pages(run, run->calls));
	run_report(run, ticks, run->calls, PER_CALL, "unmap 4 KiB");
}

static void map_bulk(const struct run *run)
{
	size_t i;

	for (i = 0; i < run->calls; i += BULK)
		run_check(run,
			  run->contender->map_bulk(IOVA_SMALL +
							   2 * i * BUFFER_PAGE,
						   buffer_scattered->va +
							   i * BUFFER_PAGE),
			  "map many pages");
}

static void unmap_bulk(const struct run *run)
{
	size_t i;

	for (i = 0; i < run->calls; i += BULK)
		run_check(run,
			  run->contender->unmap_bulk(IOVA_SMALL +
						     2 * i * BUFFER_PAGE),
			  "unmap many pages");
}

static void time_bulk(const struct run *run)
{
	uint64_t ticks;

	ticks = TICKS(map_bulk(run));
	run_report(run, ticks, run->calls, PER_AREA, "map 4 KiB, %d a call", BULK);
	ticks = TICKS(unmap_bulk(run));
	run_report(run, ticks, run->calls, PER_AREA, "unmap 4 KiB, %d a call",
		   BULK);
}

static void copy(const struct run *run, size_t page, size_t count)
{
	run_check(run,
		  run->contender->copy(IOVA_COPIES + page * BUFFER_PAGE,
				       IOVA_SMALL + page * BUFFER_PAGE,
				       count * BUFFER_PAGE),
		  "copy");
}

static void uncopy(const struct run *run, size_t count)
{
	run_check(run,
		  run->contender->uncopy(IOVA_COPIES, count * BUFFER_PAGE),
		  "unmap a copy");
}

static void copy_pages(const struct run *run, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		copy(run, i, 1);
}

static void time_copies(const struct run *run)
{
	uint64_t ticks;

	run_map_pages(run, 0, run->calls);
	ticks = TICKS(copy_pages(run, FEW_CALLS));
	run_report(run, ticks, FEW_CALLS, PER_CALL, "copy 4 KiB");
	uncopy(run, FEW_CALLS);

	ticks = TICKS(copy(run, 0, run->calls));
	run_report(run, ticks, run->calls, PER_AREA,
		   "copy a range of 4 KiB areas");
	uncopy(run, run->calls);
	run_unmap(run, IOVA_SMALL, run->calls * BUFFER_PAGE);
}

static void time_range(const struct run *run)
{
	uint64_t ticks;

	run_map_pages(run, 0, run->calls);
	ticks = TICKS(run_unmap(run, IOVA_SMALL, run->calls * BUFFER_PAGE));
	run_report(run, ticks, run->calls, PER_AREA,
		   "unmap a range of 4 KiB areas");
}

/* ---- the kernel's own use ---- */

static int access_pages(int node, unsigned int cmd)
{
	size_t i;

	for (i = 0; i < FEW_CALLS; i++)
		if (ioctl(node, cmd, IOVA_LARGE + i * BUFFER_PAGE) < 0)
			return -errno;
	return 0;
}

static void access_calls(const struct run *run, int node, unsigned int cmd,
			 const char *name)
{
	uint64_t ticks;
	int rc;

	ticks = TICKS(rc = access_pages(node, cmd));
	run_check(run, rc, name);
	run_report(run, ticks, FEW_CALLS, PER_CALL, "%s", name);
}

static void time_access(const struct run *run)
{
	int node = open(ACCESS_NODE, O_RDWR | O_CLOEXEC);

	if (node < 0)
		fail(EXIT_SETUP, -errno, ACCESS_NODE);
	run_map(run, buffer_scattered, 0);
	run_check(run, run->contender->access(node), "be accessed");
	access_calls(run, node, ACCESS_PIN, "access pins 4 KiB");
	access_calls(run, node, ACCESS_UNPIN, "access unpins 4 KiB");
	access_calls(run, node, ACCESS_READ, "access reads 4 KiB");
	access_calls(run, node, ACCESS_WRITE, "access writes 4 KiB");
	close(node);
	run_unmap(run, IOVA_LARGE, buffer_size);
}

static int do_nothing(const struct run *run)
{
	int i, rc = 0;

	for (i = 0; i < FEW_CALLS && !rc; i++)
		rc = run->contender->nothing();
	return rc;
}

static void time_nothing(const struct run *run)
{
	uint64_t ticks;
	int rc;

	ticks = TICKS(rc = do_nothing(run));
	run_check(run, rc, "even do nothing");
	run_report(run, ticks, FEW_CALLS, PER_CALL, "nothing");
}

/* ---- all of it ---- */

static void run_round(const struct run *run)
{
	const struct buffer *buffer;

	for (buffer = buffers; buffer < buffers + BUFFERS; buffer++)
		time_large(run, buffer);
	time_again(run, buffer_scattered);
	time_again(run, &buffers[0]);
	time_small(run);
	time_range(run);
	if (run->contender->map_bulk)
		time_bulk(run);
	if (run->contender->copy)
		time_copies(run);
	time_nothing(run);
	if (run->contender->join) {
		time_domains(run, buffer_scattered);
		time_domains(run, &buffers[0]);
	}
	if (run->contender->access)
		time_access(run);
}

void measure(const struct contender *contender, bool quick)
{
	struct run run = {
		.contender = contender,
		.calls = quick ? QUICK_CALLS : CALLS,
	};
	int round, rounds = quick ? QUICK_ROUNDS : ROUNDS;

	run_check(&run, contender->open(), "have the device");
	for (round = 0; round <= rounds; round++) {
		report_progress("%s: round %d of %d", contender->name, round,
				rounds);
		run.counts = round > 0;
		run_round(&run);
	}
	contender->close();
}
