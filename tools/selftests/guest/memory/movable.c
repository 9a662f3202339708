// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that the kernel may have to move: before a device gets it for long it
 * leaves its place, which it can't while somebody else holds it for a moment,
 * such as another who wants to map it. Who maps it waits for that, and is told
 * that there is no memory only where the other does not let go.
 *
 * Such memory is made here, if there is none: a block of memory is taken off line
 * and comes back as movable, which stock kernels of amd64 can.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/uio.h>

#include "bed.h"
#include "block.h"
#include "clock.h"
#include "file.h"
#include "iommufd.h"
#include "module.h"
#include "picture.h"
#include "test.h"

#define SIZE (2 * HUGE)
#define MAPPERS 2
#define ROUNDS 6

/* How long somebody holds a page, and what is far too long to wait for it. */
#define HOLD_US 60000
#define WAIT_MS 5000

/* ---- a block of movable memory ---- */

static uint64_t movable_free(void)
{
	static char text[1 << 16];
	char *zone, *field;

	if (file_read("/proc/zoneinfo", text, sizeof(text)) <= 0)
		return 0;
	zone = strstr(text, "Movable");
	field = zone ? strstr(zone, "pages free") : NULL;
	return field ? strtoull(field + strlen("pages free"), NULL, 10) * PAGE :
		       0;
}

static bool make_movable(int *made)
{
	*made = NO_BLOCK;
	if (movable_free() >= 8 * SIZE)
		return true;
	*made = block_remake("online_movable");
	return *made != NO_BLOCK;
}

static void unmake_movable(int made)
{
	if (made == NO_BLOCK)
		return;
	assert_int_equal(block_write(made, "offline"), 0);
	assert_int_equal(block_write(made, "online_kernel"), 0);
}

/* ---- who maps ---- */

/**
 * struct mapper - one who maps
 * @fd: of /dev/iommu
 * @ioas: its IOAS
 * @mock: a device, attached to it
 * @thread: it
 * @round: what it maps
 * @rc: what that returned
 * @took_ms: and when
 */
struct mapper {
	int fd;
	uint32_t ioas;
	struct test_mock mock;
	pthread_t thread;
	struct round *round;
	int rc;
	uint64_t took_ms;
};

/**
 * struct round - memory that is new, and those who map it
 * @flags: how the process has it mapped
 * @by_file: they map the file
 * @made: the block that was made movable
 * @va: where all of them see it
 * @file: the memory as a file; -1: none
 * @start: all have come
 */
struct round {
	int flags;
	bool by_file;
	int made;
	uint8_t *va;
	int file;
	pthread_barrier_t start;
	struct mapper mapper[MAPPERS];
};

static void round_open(struct round *round)
{
	unsigned int i;

	if (!make_movable(&round->made)) {
		print_message("no movable memory: --mem 2G --append kernelcore=512M\n");
		skip();
	}
	for (i = 0; i < MAPPERS; i++) {
		struct mapper *mapper = &round->mapper[i];

		mapper->round = round;
		mapper->fd = new_fd();
		mapper->ioas = new_ioas(mapper->fd);
		assert_int_equal(test_mock(mapper->fd, mapper->ioas, 0,
					   &mapper->mock), 0);
	}
}

static void round_close(struct round *round)
{
	unsigned int i;

	for (i = 0; i < MAPPERS; i++)
		close(round->mapper[i].fd);
	unmake_movable(round->made);
}

static void round_fill(struct round *round)
{
	int flags = round->flags;

	round->file = -1;
	if (flags & MAP_SHARED) {
		round->file = memfd_create("movable", MFD_CLOEXEC);
		assert_true(round->file >= 0);
		assert_int_equal(ftruncate(round->file, SIZE), 0);
	} else {
		flags |= MAP_ANONYMOUS;
	}
	round->va = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags,
			 round->file, 0);
	assert_ptr_not_equal(round->va, MAP_FAILED);
	memset(round->va, 1, SIZE);
}

static void round_empty(struct round *round)
{
	munmap(round->va, SIZE);
	if (round->file >= 0)
		close(round->file);
}

static void mapper_map(struct mapper *mapper)
{
	struct round *round = mapper->round;
	uint64_t iova = FREE_IOVA, start = clock_ms();
	uint32_t flags = MAP_RW | MAP_FIXED_IOVA;

	if (round->by_file)
		mapper->rc = iommufd_map_file(mapper->fd, mapper->ioas, flags,
					      round->file, 0, SIZE, &iova);
	else
		mapper->rc = iommufd_map(mapper->fd, mapper->ioas, flags,
					 round->va, SIZE, &iova);
	mapper->took_ms = clock_ms() - start;
}

static void mapper_check(struct mapper *mapper)
{
	assert_int_equal(test_check_map(mapper->fd, mapper->mock.hwpt,
					FREE_IOVA, mapper->round->va, SIZE), 0);
	assert_int_equal(iommufd_unmap_all(mapper->fd, mapper->ioas, NULL), 0);
}

/* ---- two at once ---- */

static void *mapper_run(void *arg)
{
	struct mapper *mapper = arg;

	pthread_barrier_wait(&mapper->round->start);
	mapper_map(mapper);
	return NULL;
}

/* How many were refused. */
static unsigned int round_run(struct round *round)
{
	unsigned int i, refused = 0;

	round_fill(round);
	pthread_barrier_init(&round->start, NULL, MAPPERS);
	for (i = 0; i < MAPPERS; i++)
		assert_int_equal(pthread_create(&round->mapper[i].thread, NULL,
						mapper_run, &round->mapper[i]),
				 0);
	for (i = 0; i < MAPPERS; i++) {
		struct mapper *mapper = &round->mapper[i];

		pthread_join(mapper->thread, NULL);
		if (mapper->rc) {
			assert_int_equal(mapper->rc, -ENOMEM);
			refused++;
		} else {
			mapper_check(mapper);
		}
	}
	pthread_barrier_destroy(&round->start);
	round_empty(round);
	return refused;
}

static void at_once(int flags, bool by_file)
{
	struct round round = { .flags = flags, .by_file = by_file };
	unsigned int i, k, refused = 0;
	uint64_t longest = 0;

	round_open(&round);
	for (i = 0; i < ROUNDS; i++) {
		refused += !!round_run(&round);
		for (k = 0; k < MAPPERS; k++)
			if (round.mapper[k].took_ms > longest)
				longest = round.mapper[k].took_ms;
	}
	print_message("of %u rounds %u were refused, longest %lu ms\n",
		      ROUNDS, refused, (unsigned long)longest);
	round_close(&round);
	assert_int_equal(refused, 0);
}

static void test_private(void **state)
{
	at_once(MAP_PRIVATE, false);
}

static void test_shared(void **state)
{
	at_once(MAP_SHARED, false);
}

static void test_file(void **state)
{
	at_once(MAP_SHARED, true);
}

/* ---- one, and a page that a pipe holds ---- */

/* @ends: of a pipe with a page of what is to be mapped in it. */
struct holder {
	int ends[2];
};

static void hold(struct holder *holder, void *page)
{
	struct iovec one = { page, PAGE };

	assert_int_equal(pipe(holder->ends), 0);
	assert_int_equal(vmsplice(holder->ends[1], &one, 1, 0), PAGE);
}

static void let_go(struct holder *holder)
{
	close(holder->ends[0]);
	close(holder->ends[1]);
}

static void *let_go_later(void *arg)
{
	usleep(HOLD_US);
	let_go(arg);
	return NULL;
}

/* For ever: the answer comes soon, and nothing is left. For a moment: it fits. */
static void map_held(int flags, bool by_file)
{
	struct round round = { .flags = flags, .by_file = by_file };
	struct mapper *mapper = &round.mapper[0];
	uint64_t pinned = status_kb("VmPin");
	struct holder holder;
	pthread_t thread;

	round_open(&round);
	round_fill(&round);
	hold(&holder, round.va + SIZE - PAGE);
	mapper_map(mapper);
	print_message("held for ever: %d after %lu ms\n", mapper->rc,
		      (unsigned long)mapper->took_ms);
	assert_int_equal(mapper->rc, -ENOMEM);
	assert_true(mapper->took_ms < WAIT_MS);
	assert_int_equal(status_kb("VmPin"), pinned);
	assert_int_equal(test_check_refs(mapper->fd, round.va, SIZE - PAGE, 0),
			 0);

	assert_int_equal(pthread_create(&thread, NULL, let_go_later, &holder),
			 0);
	mapper_map(mapper);
	pthread_join(thread, NULL);
	print_message("held for a moment: %d after %lu ms\n", mapper->rc,
		      (unsigned long)mapper->took_ms);
	assert_int_equal(mapper->rc, 0);
	mapper_check(mapper);
	round_empty(&round);
	round_close(&round);
}

static void test_held_private(void **state)
{
	map_held(MAP_PRIVATE, false);
}

static void test_held_shared(void **state)
{
	map_held(MAP_SHARED, false);
}

static void test_held_file(void **state)
{
	map_held(MAP_SHARED, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_private),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_held_private),
		cmocka_unit_test(test_held_shared),
		cmocka_unit_test(test_held_file),
	};

	if (bed_load() || module_load("iommufd_selftest", NULL))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
