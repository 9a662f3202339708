// SPDX-License-Identifier: GPL-2.0
/*
 * What is measured by the clock, see wall.h.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "edu.h"
#include "fail.h"
#include "place.h"
#include "report.h"
#include "run.h"
#include "wall.h"

/* Each thread's, of the scattered memory. */
#define SHARE (4UL << 20)
#define SHARE_PAGES (SHARE / BUFFER_PAGE)

#define LAPS 16
#define PART_LAPS 5
#define TRANSFERS 20

#define NS_PER_PAGE "ns per 4 KiB (noisy)"
#define NS_PER_CALL "ns per call (noisy)"

struct worker {
	pthread_t thread;
	const struct run *run;
	size_t first;
	size_t step;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static void map_pages(const struct run *run, size_t first, size_t count)
{
	uint64_t offset = first * BUFFER_PAGE;

	run_check(run,
		  run->contender->map(IOVA_LARGE + offset,
				      buffer_scattered->va + offset,
				      count * BUFFER_PAGE),
		  "map");
}

/* Map and unmap the share of a thread, @step pages a call. */
static void *work(void *arg)
{
	const struct worker *worker = arg;
	size_t lap, page;

	for (lap = 0; lap < LAPS; lap++) {
		for (page = worker->first; page < worker->first + SHARE_PAGES;
		     page += worker->step) {
			map_pages(worker->run, page, worker->step);
			run_unmap(worker->run, IOVA_LARGE + page * BUFFER_PAGE,
				  worker->step * BUFFER_PAGE);
		}
	}
	return NULL;
}

/* Map a part of all the memory, once; who waits for all parts unmaps them. */
static void *map_part(void *arg)
{
	const struct worker *worker = arg;

	map_pages(worker->run, worker->first, worker->step);
	return NULL;
}

/* What several processors can do at all that share caches, or are one core. */
static void *do_nothing(void *arg)
{
	const struct worker *worker = arg;
	size_t i;

	for (i = 0; i < LAPS * SHARE_PAGES; i++)
		run_check(worker->run, worker->run->contender->nothing(),
			  "even do nothing");
	return NULL;
}

/* @stride: pages from where one thread begins to where the next does. */
static double run_workers(const struct run *run, unsigned int count,
			  size_t stride, size_t step, void *(*fn)(void *worker))
{
	struct worker *workers = calloc(count, sizeof(*workers));
	double begin = now();
	unsigned int i;

	if (!workers)
		fail(EXIT_SETUP, 0, "no memory");
	for (i = 0; i < count; i++) {
		workers[i] = (struct worker){
			.run = run, .first = i * stride, .step = step,
		};
		if (pthread_create(&workers[i].thread, NULL, fn, &workers[i]))
			fail(EXIT_SETUP, 0, "cannot start a thread");
	}
	for (i = 0; i < count; i++)
		pthread_join(workers[i].thread, NULL);
	free(workers);
	return now() - begin;
}

/* All the memory, in as many parts as there are threads. */
static void time_parts(const struct run *run, unsigned int count)
{
	size_t part = buffer_pages() / count;
	double best = 0;
	int lap;

	for (lap = 0; lap < PART_LAPS; lap++) {
		double time = run_workers(run, count, part, part, map_part);

		run_unmap(run, IOVA_LARGE, count * part * BUFFER_PAGE);
		if (!lap || time < best)
			best = time;
	}
	run_report(run, best, (double)count * part, NS_PER_PAGE,
		   "map all in parts, threads: %u", count);
}

static void time_threads(const struct run *run, unsigned int count)
{
	double pages = (double)count * LAPS * SHARE_PAGES;

	time_parts(run, count);
	run_report(run, run_workers(run, count, SHARE_PAGES, SHARE_PAGES, work),
		   pages, NS_PER_PAGE, "map and unmap 4 MiB, threads: %u",
		   count);
	run_report(run, run_workers(run, count, SHARE_PAGES, 1, work), pages,
		   NS_PER_CALL, "map and unmap 4 KiB, threads: %u", count);
	run_report(run, run_workers(run, count, 0, 0, do_nothing), pages,
		   NS_PER_CALL, "nothing, threads: %u", count);
}

void wall_threads(const struct contender *contender, unsigned int most)
{
	struct run run = { .contender = contender };
	unsigned int count;

	run_check(&run, contender->open(), "have the device");
	/* An emulator translates what runs for the first time. */
	time_threads(&run, 1);
	run.counts = true;
	for (count = 1; count <= most; count++) {
		report_progress("%s, threads: %u", contender->name, count);
		time_threads(&run, count);
	}
	contender->close();
}

/* Memory to the device and back, and see that it is the same. */
static void transfer(const struct run *run, struct edu *edu, unsigned char byte)
{
	char *va = buffer_scattered->va;
	int rc;

	memset(va, byte, EDU_TRANSFER_MAX);
	memset(va + BUFFER_PAGE, 0, EDU_TRANSFER_MAX);
	rc = edu_load(edu, IOVA_LARGE, 0, EDU_TRANSFER_MAX);
	if (!rc)
		rc = edu_store(edu, IOVA_LARGE + BUFFER_PAGE, 0,
			       EDU_TRANSFER_MAX);
	run_check(run, rc, "transfer");
	if (memcmp(va, va + BUFFER_PAGE, EDU_TRANSFER_MAX))
		fail(EXIT_FAILED, 0, "%s: the device read something else",
		     run->contender->name);
}

void wall_dma(const struct contender *contender)
{
	struct run run = { .contender = contender, .counts = true };
	struct edu edu;
	double begin;
	int i;

	report_progress("%s: DMA", contender->name);
	run_check(&run, contender->open(), "have the device");
	run_map(&run, buffer_scattered, 0);
	run_check(&run, edu_open_device(&edu, contender->device()),
		  "open the device");
	begin = now();
	for (i = 0; i < TRANSFERS; i++)
		transfer(&run, &edu, i + 1);
	run_report(&run, 2e9 * TRANSFERS * EDU_TRANSFER_MAX, now() - begin,
		   "bytes per second (noisy)", "DMA of edu");
	edu_close(&edu);
	contender->close();
}
