// SPDX-License-Identifier: GPL-2.0
/*
 * Other processes; devices that come and go.
 */
#include <fcntl.h>

#include "bed.h"
#include "change.h"
#include "process.h"
#include "sharebed.h"
#include "user.h"

/* ---- other processes ---- */

static void child_maps(void *arg)
{
	struct process *process = arg;

	/* At the same address, but not the same page. */
	fill(process->memory, 3);
	check(!try_map(process->bed, 0, process->memory));
	check(reaches(process->bed, 0, process->memory, 0, SIZE));
}

void test_exit(void **state)
{
	struct memory memory = small_memory();
	struct process process = { .bed = *state, .memory = &memory };

	end_child(start_child(child_maps, &process, -1));
	map(process.bed, 1, &memory);
	reaches_all(process.bed, 1, &memory);
	assert_int_equal(pinned(process.bed), SIZE);
	unmap(process.bed, 0);
	reaches_all(process.bed, 1, &memory);
	drop(&memory);
}

/* Parent and child, both alive, see different pages at the same address. */
static void child_shares_not(void *arg)
{
	struct process *process = arg;

	fill(process->memory, 3);
	check(!try_map(process->bed, 1, process->memory));
	check(reaches(process->bed, 1, process->memory, 0, SIZE));
	check(!reaches(process->bed, 0, process->memory, 0, SIZE));
}

void test_child(void **state)
{
	struct memory memory = small_memory();
	struct process process = { .bed = *state, .memory = &memory };

	map(process.bed, 0, &memory);
	end_child(start_child(child_shares_not, &process, -1));
	reaches_all(process.bed, 0, &memory);
	drop(&memory);
}

static char *number(uint64_t value)
{
	char *text = malloc(24);

	snprintf(text, 24, "%llu", (unsigned long long)value);
	return text;
}

void exec_to_map(struct sharebed *bed, int i, struct memory *memory)
{
	check(!fcntl(bed->fd, F_SETFD, 0));
	execl("/proc/self/exe", "share", number(bed->fd), number(bed->ioas[i]),
	      number(bed->mock[i].hwpt), number((uintptr_t)memory->va), NULL);
	check(false);
}

static void child_execs(void *arg)
{
	struct process *process = arg;

	check(!try_map(process->bed, 0, process->memory));
	exec_to_map(process->bed, 1, process->memory);
}

int after_exec(char **argv)
{
	struct sharebed bed = { .fd = atoi(argv[1]) };
	struct memory memory = { .file = -1 };

	bed.ioas[0] = atoi(argv[2]);
	bed.mock[0].hwpt = atoi(argv[3]);
	memory.va = (uint8_t *)strtoul(argv[4], NULL, 10);
	check(mmap(memory.va, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		   MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == memory.va);
	fill(&memory, 4);
	check(!try_map(&bed, 0, &memory));
	check(reaches(&bed, 0, &memory, 0, SIZE));
	return 0;
}

void test_exec(void **state)
{
	struct memory memory = small_memory();
	struct process process = { .bed = *state, .memory = &memory };

	end_child(start_child(child_execs, &process, -1));
	drop(&memory);
}

/* ---- devices that come and go ---- */

void test_mapped_before(void **state)
{
	struct sharebed *bed = *state;
	struct memory memory = small_memory();
	int i;

	for (i = 0; i < IOASES; i++)
		map(bed, i, &memory);
	assert_int_equal(pinned(bed), 0);
	for (i = 0; i < IOASES; i++) {
		plug(bed, i);
		reaches_all(bed, i, &memory);
		assert_int_equal(pinned(bed), SIZE);
	}
	for (i = 0; i < IOASES; i++) {
		assert_int_equal(pinned(bed), SIZE);
		unplug(bed, i);
	}
	assert_int_equal(pinned(bed), 0);
	drop(&memory);
}

/* A MAP without a page table says nothing yet. */
void test_plugged_later(void **state)
{
	struct sharebed *bed = *state;
	struct memory memory = small_memory();

	plug(bed, 0);
	map(bed, 0, &memory);
	map(bed, 1, &memory);
	change_one_page(&memory);
	plug(bed, 1);
	reaches_all(bed, 1, &memory);
	assert_int_equal(pinned(bed), 2 * SIZE);
	drop(&memory);
}

void test_unplugged(void **state)
{
	struct sharebed *bed = *state;
	struct memory memory = small_memory();

	plug(bed, 0);
	plug(bed, 1);
	map(bed, 0, &memory);
	map(bed, 1, &memory);
	unplug(bed, 1);
	change_protection(&memory);
	plug(bed, 1);
	assert_int_equal(pinned(bed), SIZE);
	unplug(bed, 1);
	change_dontneed(&memory);
	plug(bed, 1);
	reaches_all(bed, 1, &memory);
	assert_int_equal(pinned(bed), 2 * SIZE);
	drop(&memory);
}
