// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that changes while it is mapped; NUMA balancing; and sharing turned off.
 */
#include <pthread.h>
#include <sched.h>

#include "bed.h"
#include "change.h"
#include "clock.h"
#include "file.h"
#include "iommufd.h"
#include "process.h"
#include "race.h"
#include "sharebed.h"
#include "user.h"

/* How long one race goes on, and how long a guest with two nodes is watched. */
#define RACE_MS 1500
#define RACE_ROUNDS 2
#define NUMA_SECONDS 60

/* ---- races ---- */

struct race {
	struct memory memory;
	const struct change *change;
	bool stop;
};

static void *race_changes(void *arg)
{
	struct race *race = arg;

	while (!__atomic_load_n(&race->stop, __ATOMIC_ACQUIRE))
		race->change->make(&race->memory);
	return NULL;
}

/* One MAP while the memory changes; the next is made when it has. */
static void race_round(struct sharebed *bed, struct race *race)
{
	pthread_t thread;
	int i, rc;

	race->stop = false;
	assert_int_equal(pthread_create(&thread, NULL, race_changes, race), 0);
	for (i = 1; i <= 2; i++) {
		rc = try_map(bed, i, &race->memory);
		assert_true(!rc || rc == -EFAULT || rc == -EINVAL);
	}
	__atomic_store_n(&race->stop, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	map(bed, 3, &race->memory);
	reaches_all(bed, 3, &race->memory);
	for (i = 0; i < IOASES; i++)
		unmap(bed, i);
	assert_int_equal(pinned(bed), 0);
}

static void race(struct sharebed *bed, struct memory (*make)(void),
		 const struct change *change)
{
	for (; change->name; change++) {
		struct race race = { .memory = make(), .change = change };
		uint64_t end = clock_ms() + RACE_MS;
		unsigned int rounds = 0;

		do {
			map(bed, 0, &race.memory);
			race_round(bed, &race);
			rounds++;
		} while (clock_ms() < end || rounds < RACE_ROUNDS);
		print_message("  %s: %u rounds\n", change->name, rounds);
		drop(&race.memory);
	}
}

static const struct change races_of_mm[] = {
	{ "mprotect and back", change_protection, false },
	{ "fork, and both write", change_fork, false },
	{ "munmap", change_unmap, false },
	{ "MADV_DONTNEED of a page", change_one_page, false },
	{ "mremap away", change_mremap, false },
	{ "mremap to it", change_moved_here, false },
	{ "KSM", change_ksm, false },
	{ NULL, NULL, false },
};

static const struct change races_of_files[] = {
	{ "ftruncate", change_truncate, false },
	{ "a hole", change_hole, false },
	{ NULL, NULL, false },
};

void test_race_small(void **state)
{
	race(*state, small_memory, races_of_mm);
}

void test_race_huge(void **state)
{
	race(*state, huge_memory, races_of_mm);
}

void test_race_shared(void **state)
{
	race(*state, shared_memory, races_of_files);
}

void test_race_file(void **state)
{
	race(*state, file_memory, races_of_files);
}

/* A second MAP, over and over. */
static void *map_on(void *arg)
{
	struct process *process = arg;
	struct sharebed *bed = process->bed;

	for (;;) {
		check(!try_map(bed, 1, process->memory));
		check(!iommufd_unmap_all(bed->fd, bed->ioas[1], NULL));
	}
	return NULL;
}

static void child_maps_on(void *arg)
{
	struct process *process = arg;

	fill(process->memory, 3);
	check(!try_map(process->bed, 0, process->memory));
	check(write(process->ready, "", 1) == 1);
	map_on(process);
}

static void child_execs_meanwhile(void *arg)
{
	struct process *process = arg;
	pthread_t thread;

	check(!try_map(process->bed, 0, process->memory));
	check(!pthread_create(&thread, NULL, map_on, process));
	usleep(10000 + getpid() % 16 * 500);
	exec_to_map(process->bed, 2, process->memory);
}

/* What a process leaves is not what another has at the same address. */
static void after_process(struct process *process)
{
	int i;

	map(process->bed, 3, process->memory);
	reaches_all(process->bed, 3, process->memory);
	assert_int_equal(pinned(process->bed), SIZE);
	for (i = 0; i < IOASES; i++)
		unmap(process->bed, i);
	assert_int_equal(pinned(process->bed), 0);
}

static void child_is_killed(struct process *process, unsigned int round)
{
	int ends[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(ends), 0);
	process->ready = ends[1];
	child = start_child(child_maps_on, process, -1);
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	usleep(round % 16 * 500);
	kill_child(child);
}

static void child_becomes_another(struct process *process, unsigned int round)
{
	end_child(start_child(child_execs_meanwhile, process, -1));
}

static void race_process(struct sharebed *bed,
			 void (*run)(struct process *process, unsigned int round))
{
	struct memory memory = small_memory();
	struct process process = { .bed = bed, .memory = &memory };
	uint64_t end = clock_ms() + RACE_MS;
	unsigned int rounds = 0;

	do {
		run(&process, rounds++);
		after_process(&process);
	} while (clock_ms() < end || rounds < RACE_ROUNDS);
	print_message("  %u rounds\n", rounds);
	drop(&memory);
}

void test_race_exit(void **state)
{
	race_process(*state, child_is_killed);
}

void test_race_exec(void **state)
{
	race_process(*state, child_becomes_another);
}

/* ---- NUMA balancing ---- */

static uint64_t hinting_faults(void)
{
	char text[65536], *at;
	int length = file_read("/proc/vmstat", text, sizeof(text));

	if (length <= 0)
		return 0;
	at = strstr(text, "numa_hint_faults ");
	return at ? strtoull(at + strlen("numa_hint_faults "), NULL, 10) : 0;
}

/* From one node and from the other. */
static void touch_from(struct memory *memory, int cpu)
{
	cpu_set_t set;
	size_t at;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
	for (at = 0; at < SIZE; at += PAGE)
		memory->va[at]++;
}

/* In a guest with two nodes: see Documentation/testing.md. */
void test_numa(void **state)
{
	struct sharebed *bed = *state;
	struct memory memory = small_memory(), other = small_memory();
	uint64_t end, before = hinting_faults();

	if (access("/sys/devices/system/node/node1", F_OK))
		skip();
	plug(bed, 0);
	map(bed, 0, &memory);
	end = clock_ms() + NUMA_SECONDS * 1000;
	do {
		touch_from(&memory, 0);
		touch_from(&other, 0);
		touch_from(&memory, 1);
		touch_from(&other, 1);
	} while (clock_ms() < end);
	print_message("%lu faults of NUMA balancing\n",
		      (unsigned long)(hinting_faults() - before));
	assert_true(hinting_faults() > before);
	/* Now a device is plugged in. */
	plug(bed, 1);
	map(bed, 1, &memory);
	assert_int_equal(pinned(bed), SIZE);
	reaches_all(bed, 1, &memory);
	drop(&other);
	drop(&memory);
}

/* ---- turned off ---- */

void test_off(void **state)
{
	struct sharebed *bed = *state;
	struct memory memory = small_memory();

	map(bed, 0, &memory);
	map(bed, 1, &memory);
	assert_int_equal(pinned(bed), 2 * SIZE);
	drop(&memory);
}
