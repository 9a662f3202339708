// SPDX-License-Identifier: GPL-2.0
/*
 * CHANGE_PROCESS while others are at work on the same file: it is as if it had come
 * before or after each other call. For some seconds each; for a minute with TEST_LONG,
 * or RACE_SECONDS.
 */
#include <signal.h>
#include <sys/wait.h>

#include "clock.h"
#include "compiler.h"
#include "iommufd.h"
#include "memory.h"
#include "race.h"
#include "takebed.h"
#include "test.h"
#include "threads.h"
#include "user.h"

#define SECONDS 3
#define SECONDS_LONG 60

/* However slow it is, no fewer: a debug kernel on a busy machine. */
#define TURNS 10

/* More than all IOASes pin where they share nothing. */
#define ENOUGH (8 * LARGE)

/* Small pieces that are carried from one IOAS to another. */
#define PIECES 6
#define PIECE_IOVA 0x40000000UL

/* What is mapped in each IOAS, and shared. */
#define LARGE_IOVA 0x60000000UL

/**
 * struct stage - what the processes of a race have in common
 * @bed: the IOASes
 * @end: in ms
 * @turn: whose turn it is: 0 the owner's, 1 the heir's
 * @stop: it has ended
 * @leave: nobody needs the heir any more, who may be the one that pays
 * @heir: the process
 * @changes: that have succeeded
 * @refused: that have not
 */
struct stage {
	struct takebed *bed;
	uint64_t end;
	int turn;
	int stop;
	int leave;
	pid_t heir;
	uint64_t changes;
	uint64_t refused;
};

static struct stage *stage;

static int get(int *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void set(int *flag, int value)
{
	__atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

static bool is_over(void)
{
	return get(&stage->stop) || clock_ms() >= stage->end;
}

static unsigned int choose(unsigned int *random, unsigned int limit)
{
	return (unsigned int)rand_r(random) % limit;
}

static void start_stage(struct takebed *bed)
{
	stage = shared_pages(sizeof(*stage));
	stage->bed = bed;
	stage->end = clock_ms() + 1000 * race_seconds(SECONDS, SECONDS_LONG);
}

/* ---- what never leaves the context is taken over as a whole, wherever it is ---- */

/* From one IOAS to another: at no time is a piece in none of them. */
static void *carry(void *arg)
{
	unsigned int random = 1, p, from, to;
	unsigned int place[PIECES] = { 0 };
	struct takebed *bed = arg;
	uint64_t iova;

	while (!get(&stage->stop)) {
		p = choose(&random, PIECES);
		from = place[p];
		to = (from + 1 + choose(&random, IOASES - 1)) % IOASES;
		iova = PIECE_IOVA + p * SMALL;
		check(!iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
				    bed->ioas[to], &iova, bed->ioas[from], iova,
				    SMALL));
		check(!iommufd_unmap(bed->fd, bed->ioas[from], iova, SMALL,
				     NULL));
		place[p] = to;
	}
	return NULL;
}

/* Pages are pinned anew, or are those of another IOAS. */
static void *plug_and_unplug(void *arg)
{
	struct takebed *bed = arg;
	unsigned int random = 2, i;

	while (!get(&stage->stop)) {
		i = choose(&random, IOASES);
		check(!iommufd_destroy(bed->fd, bed->mock[i].stdev));
		check(!test_mock(bed->fd, bed->ioas[i], 0, &bed->mock[i]));
	}
	return NULL;
}

static void *pin_and_unpin(void *arg)
{
	struct takebed *bed = arg;
	unsigned int random = 3;
	uint32_t pin;
	int access;

	check(!test_access_create(bed->fd, bed->ioas[1], ACCESS_PINS, &access));
	while (!get(&stage->stop)) {
		check(!test_access_pin(bed->fd, access, ACCESS_WRITE,
				       LARGE_IOVA + choose(&random, 8) * PAGE,
				       (1 + choose(&random, 16)) * PAGE, NULL,
				       &pin));
		check(!test_access_unpin(bed->fd, access, pin));
	}
	close(access);
	return NULL;
}

/* Each takes all from the other, by turns: nothing is left behind. */
static void take_all(int turn, pid_t from)
{
	check(!iommufd_change_process(stage->bed->fd));
	check(pinned_by(from) == 0);
	check(locked_by(from) == 0);
	stage->changes++;
	set(&stage->turn, !turn);
}

static void *take_by_turns(void *arg)
{
	while (clock_ms() < stage->end || stage->changes < TURNS)
		if (get(&stage->turn) == 0)
			take_all(0, stage->heir);
		else
			clock_pause_us(100);
	set(&stage->stop, 1);
	return NULL;
}

static void heir_by_turns(struct takebed *bed)
{
	while (!get(&stage->stop))
		if (get(&stage->turn) == 1)
			take_all(1, bed->owner);
		else
			clock_pause_us(100);
	while (!get(&stage->leave))
		clock_pause_us(1000);
}

static void map_for_moves(struct takebed *bed)
{
	uint64_t iova;
	int i;

	for (i = 0; i < PIECES; i++) {
		iova = PIECE_IOVA + i * SMALL;
		check(!iommufd_map_file(bed->fd, bed->ioas[0],
					MAP_RW | MAP_FIXED_IOVA, bed->file,
					i * SMALL, SMALL, &iova));
	}
	for (i = 0; i < IOASES; i++) {
		iova = LARGE_IOVA;
		check(!iommufd_map_file(bed->fd, bed->ioas[i],
					MAP_RW | MAP_FIXED_IOVA, bed->file, 0,
					LARGE, &iova));
	}
}

static void owner_moves(struct takebed *bed)
{
	static const thread_run threads[] = {
		take_by_turns, carry, plug_and_unplug, pin_and_unpin,
	};
	int i;

	map_for_moves(bed);
	stage->heir = heir_start_as_user(bed, heir_by_turns, ENOUGH);
	threads_run(threads, ARRAY_SIZE(threads), bed);
	set(&stage->leave, 1);
	heir_end(stage->heir);

	check(!iommufd_change_process(bed->fd));
	for (i = 0; i < IOASES; i++)
		unmap_all(bed, i);
	check(pinned_by(getpid()) == 0);
	check(locked_by(getpid()) == 0);
	has_left(bed, ENOUGH);
}

void test_moved_meanwhile(void **state)
{
	start_stage(*state);
	owner_is_root(*state, owner_moves, ENOUGH);
	print_message("%llu changes\n", (unsigned long long)stage->changes);
	munmap(stage, sizeof(*stage));
}

/* ---- everything else, two heirs at once, and limits that are too small ---- */

static void expect(int rc, int error, int other)
{
	if (rc && rc != -error && rc != -other)
		fprintf(stderr, "%s\n", strerror(-rc));
	check(!rc || rc == -error || rc == -other);
}

/* Of memory that a process pays for, which may have been killed since. */
static void expect_or_gone(int rc, int error, int other)
{
	if (rc != -EFAULT)
		expect(rc, error, other);
}

static void *map_and_unmap(void *arg)
{
	struct takebed *bed = arg;
	unsigned int random = 4, i;
	uint64_t iova;

	while (!get(&stage->stop)) {
		i = choose(&random, IOASES);
		iova = FREE_IOVA + choose(&random, 4) * LARGE;
		expect(iommufd_map_file(bed->fd, bed->ioas[i],
					MAP_RW | MAP_FIXED_IOVA, bed->file,
					choose(&random, 2) * SMALL,
					choose(&random, 2) ? SMALL : HUGE,
					&iova), ENOMEM, EEXIST);
		if (!choose(&random, 4))
			expect(iommufd_unmap_all(bed->fd, bed->ioas[i], NULL),
			       ENOENT, EBUSY);
	}
	return NULL;
}

/* Which makes a change impossible, for a moment. */
static void *map_memory(void *arg)
{
	struct takebed *bed = arg;
	unsigned int random = 5, i;
	uint8_t *mem = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t iova;
	int rc;

	check(mem != MAP_FAILED);
	while (!get(&stage->stop)) {
		i = choose(&random, IOASES);
		rc = iommufd_map(bed->fd, bed->ioas[i], MAP_RW, mem,
				 (1 + choose(&random, 4)) * PAGE, &iova);
		expect(rc, ENOMEM, ENOENT);
		if (rc)
			continue;
		expect(iommufd_unmap(bed->fd, bed->ioas[i], iova, 4 * PAGE,
				     NULL), ENOENT, EBUSY);
		clock_pause_us(1000);
	}
	munmap(mem, 4 * PAGE);
	return NULL;
}

static void *copy_around(void *arg)
{
	struct takebed *bed = arg;
	unsigned int random = 6, from, to;
	uint64_t iova, there;

	while (!get(&stage->stop)) {
		from = choose(&random, IOASES);
		to = choose(&random, IOASES);
		iova = FREE_IOVA + choose(&random, 4) * LARGE;
		expect_or_gone(iommufd_copy(bed->fd, MAP_RW, bed->ioas[to],
					    &there, bed->ioas[from], iova,
					    SMALL), ENOENT, ENOMEM);
	}
	return NULL;
}

/* IOASes that come and go, with all they have. */
static void *make_and_destroy(void *arg)
{
	struct takebed *bed = arg;
	struct test_mock mock;
	uint64_t iova;
	uint32_t ioas;
	int rc;

	while (!get(&stage->stop)) {
		iova = LARGE_IOVA;
		check(!iommufd_ioas_alloc(bed->fd, &ioas));
		expect(iommufd_map_file(bed->fd, ioas, MAP_RW | MAP_FIXED_IOVA,
					bed->file, 0, LARGE, &iova), ENOMEM, 0);
		rc = test_mock(bed->fd, ioas, 0, &mock);
		expect_or_gone(rc, ENOMEM, 0);
		if (!rc)
			check(!iommufd_destroy(bed->fd, mock.stdev));
		check(!iommufd_destroy(bed->fd, ioas));
	}
	return NULL;
}

static void *change(void *arg)
{
	struct takebed *bed = arg;
	int rc;

	while (!is_over()) {
		rc = iommufd_change_process(bed->fd);
		expect(rc, EINVAL, ENOMEM);
		__atomic_fetch_add(rc ? &stage->refused : &stage->changes, 1,
				   __ATOMIC_RELAXED);
	}
	return NULL;
}

static void change_until_end(struct takebed *bed)
{
	change(bed);
}

/* It is killed in the middle of what it does; others take over what it has. */
static void change_until_killed(struct takebed *bed)
{
	for (;;)
		change(bed);
}

static void *change_and_die(void *arg)
{
	struct takebed *bed = arg;
	int status;
	pid_t heir;

	while (!is_over()) {
		heir = heir_start_as_user(bed, change_until_killed, ENOUGH);
		clock_pause_us(20000);
		check(!kill(heir, SIGKILL));
		check(waitpid(heir, &status, 0) == heir && WIFSIGNALED(status));
	}
	set(&stage->stop, 1);
	return NULL;
}

static void owner_races(struct takebed *bed)
{
	static const thread_run threads[] = {
		change_and_die, change, map_and_unmap, map_memory, copy_around,
		make_and_destroy,
	};
	pid_t rich = heir_start_as_user(bed, change_until_end, ENOUGH);
	pid_t poor = heir_start_as_user(bed, change_until_end, 3 * SMALL);
	int i;

	threads_run(threads, ARRAY_SIZE(threads), bed);
	heir_end(rich);
	heir_end(poor);
	for (i = 0; i < IOASES; i++)
		unmap_all(bed, i);
	check(pinned_by(getpid()) == 0);
	check(locked_by(getpid()) == 0);
	has_left(bed, ENOUGH);
}

static void nothing_is_left(struct takebed *bed)
{
	has_left(bed, SMALL);
}

void test_race(void **state)
{
	start_stage(*state);
	owner_is_root(*state, owner_races, ENOUGH);
	print_message("%llu changes, %llu refused\n",
		      (unsigned long long)stage->changes,
		      (unsigned long long)stage->refused);
	assert_true(stage->changes && stage->refused);
	/* Of the other user as well. */
	owner_is_user(*state, nothing_is_left, SMALL);
	munmap(stage, sizeof(*stage));
}
