// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once; and the module, which goes only when nothing is pinned.
 */
#include "accessbed.h"
#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "file.h"
#include "iommufd.h"
#include "manners.h"
#include "module.h"
#include "race.h"
#include "test.h"
#include "threads.h"

/* ---- all at once ---- */

#define RACE_MS 3000

struct race {
	struct accessbed *ab;
	uint32_t other;
	uint64_t end;
	unsigned int unexpected;
	unsigned int done;
};

/* What another thread can make of a call. */
static void note(struct race *race, int rc)
{
	__atomic_add_fetch(&race->done, 1, __ATOMIC_RELAXED);
	if (rc && rc != -ENOENT && rc != -EBUSY && rc != -EEXIST) {
		print_error("race: %s\n", strerror(-rc));
		__atomic_add_fetch(&race->unexpected, 1, __ATOMIC_RELAXED);
	}
}

/* The same of one that reaches memory: what meets an UNMAP is EINVAL. */
static void note_access(struct race *race, int rc)
{
	note(race, rc == -EINVAL ? 0 : rc);
}

static void *race_pin(void *arg)
{
	struct race *race = arg;
	struct accessbed *ab = race->ab;
	unsigned int seed = (uintptr_t)&seed;

	while (clock_ms() < race->end) {
		unsigned int page = rand_r(&seed) % 4;
		uint32_t id = 0;
		int rc;

		rc = pin_flags(ab, ACCESS_WRITE, BED_IOVA + page * PAGE,
			       (1 + rand_r(&seed) % (4 - page)) * PAGE, NULL,
			       &id);
		note_access(race, rc);
		if (!rc)
			note(race, test_access_unpin(ab->bed.fd, ab->access,
						     id));
	}
	return NULL;
}

static void *race_unmap(void *arg)
{
	struct race *race = arg;
	struct accessbed *ab = race->ab;

	while (clock_ms() < race->end) {
		uint64_t iova = BED_IOVA;

		note(race, iommufd_unmap(ab->bed.fd, ab->bed.ioas, BED_IOVA,
					 BED_SIZE, NULL));
		note(race, iommufd_map(ab->bed.fd, ab->bed.ioas,
				       MAP_RW | MAP_FIXED_IOVA, ab->bed.mem,
				       BED_SIZE, &iova));
	}
	return NULL;
}

static void *race_replace(void *arg)
{
	struct race *race = arg;
	struct accessbed *ab = race->ab;

	while (clock_ms() < race->end) {
		note(race, test_access_replace(ab->bed.fd, ab->access,
					       race->other));
		note(race, test_access_replace(ab->bed.fd, ab->access,
					       ab->bed.ioas));
	}
	return NULL;
}

static void *race_rw(void *arg)
{
	struct race *race = arg;
	struct accessbed *ab = race->ab;
	uint8_t data[PAGE + 1] = {};

	while (clock_ms() < race->end) {
		note_access(race, test_access_read(ab->bed.fd, ab->access,
						   BED_IOVA + 5, data,
						   sizeof(data)));
		note_access(race, test_access_write(ab->bed.fd, ab->access,
						    BED_IOVA + 5, data,
						    sizeof(data)));
	}
	return NULL;
}

/* Threads and files of other accesses that come and go. */
static void *race_come_and_go(void *arg)
{
	struct race *race = arg;
	struct accessbed *ab = race->ab;
	int access;

	while (clock_ms() < race->end) {
		int rc = test_access_create(ab->bed.fd, ab->bed.ioas,
					    ACCESS_PINS, &access);

		note(race, rc);
		if (rc)
			continue;
		note_access(race, test_access_pin(ab->bed.fd, access, 0,
						  BED_IOVA, 2 * PAGE, NULL,
						  NULL));
		close(access);
	}
	return NULL;
}

void test_race(void **state)
{
	static const thread_run threads[] = {
		race_pin, race_unmap, race_replace, race_rw, race_pin,
		race_come_and_go,
	};
	struct accessbed *ab = *state;
	struct race race = { .ab = ab, .end = clock_ms() + RACE_MS };
	uint64_t iova = BED_IOVA;

	race.other = new_ioas(ab->bed.fd);
	threads_run(threads, ARRAY_SIZE(threads), &race);
	assert_int_equal(race.unexpected, 0);
	assert_true(race.done > 100);
	refs(ab, ab->bed.mem, BED_SIZE, 0);
	assert_int_equal(pinned(ab), 0);

	/* And everything still works. */
	assert_int_equal(test_access_replace(ab->bed.fd, ab->access,
					     ab->bed.ioas), 0);
	iommufd_unmap_all(ab->bed.fd, ab->bed.ioas, NULL);
	assert_int_equal(iommufd_map(ab->bed.fd, ab->bed.ioas,
				     MAP_RW | MAP_FIXED_IOVA, ab->bed.mem,
				     BED_SIZE, &iova), 0);
	unpin(ab, pin(ab, BED_IOVA, BED_SIZE, ab->bed.mem));
}

/* ---- the module ---- */

void test_module(void **state)
{
	struct accessbed *ab = *state;
	char tainted[32];

	assert_true(file_read("/proc/sys/kernel/tainted", tainted,
			      sizeof(tainted)) > 0);
	/* TAINT_TEST */
	assert_true(strtoul(tainted, NULL, 10) & (1UL << 18));
	/* It does not go while a file of it is open. */
	assert_int_not_equal(module_unload("iommufd_selftest"), 0);
	close(ab->access);
	ab->access = -1;
	assert_int_equal(module_unload("iommufd_selftest"), 0);
	assert_int_equal(test_check_refs(ab->bed.fd, ab->bed.mem, PAGE, 0),
			 -ENOTTY);
	assert_int_equal(manners_load(), 0);
	refs(ab, ab->bed.mem, PAGE, 0);
}
