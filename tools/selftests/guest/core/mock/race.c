// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once; and the device itself.
 */
#include <pthread.h>

#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "iommufd.h"
#include "manners.h"
#include "mockbed.h"
#include "module.h"
#include "race.h"
#include "test.h"
#include "threads.h"
#include "user.h"

/* ---- all at once ---- */

#define RACE_MS 400
#define RACE_SLOT (16 * PAGE)

struct race {
	struct mockbed *bed;
	uint8_t *mem;
	uint64_t end;
	unsigned int turn;
	unsigned int unexpected;
};

static void note(struct race *race, const char *what, int rc)
{
	if (rc && rc != -ENOENT && rc != -EBUSY && rc != -EEXIST &&
	    rc != -EADDRINUSE) {
		print_error("race: %s: %s\n", what, strerror(-rc));
		__atomic_add_fetch(&race->unexpected, 1, __ATOMIC_RELAXED);
	}
}

/* Each thread has its part of the IOVA, close to that of the others. */
static void *race_map(void *arg)
{
	struct race *race = arg;
	struct mockbed *bed = race->bed;
	unsigned int i = __atomic_fetch_add(&race->turn, 1, __ATOMIC_RELAXED);
	uint64_t iova = FREE_IOVA + i * RACE_SLOT;

	while (clock_ms() < race->end) {
		note(race, "map", try_map(bed, bed->ioas, iova,
					  race->mem + i * RACE_SLOT,
					  RACE_SLOT));
		note(race, "unmap", iommufd_unmap(bed->fd, bed->ioas, iova,
						  RACE_SLOT, NULL));
	}
	return NULL;
}

static void *race_attach(void *arg)
{
	struct race *race = arg;
	struct mockbed *bed = race->bed;

	while (clock_ms() < race->end) {
		struct test_mock mock = {};
		uint32_t pt = 0;
		int rc;

		rc = test_mock(bed->fd, bed->ioas, 0, &mock);
		note(race, "attach", rc);
		if (rc)
			continue;
		note(race, "hwpt",
		     iommufd_hwpt_alloc(bed->fd, 0, mock.idev, bed->ioas,
					&pt));
		note(race, "replace",
		     test_mock_replace(bed->fd, mock.stdev, &pt));
		note(race, "destroy", iommufd_destroy(bed->fd, mock.stdev));
		note(race, "destroy", iommufd_destroy(bed->fd, pt));
	}
	return NULL;
}

/* Pins what the others map, in the parts of all of them. */
static void *race_pin(void *arg)
{
	struct race *race = arg;
	struct mockbed *bed = race->bed;
	uint64_t iova = FREE_IOVA;

	while (clock_ms() < race->end) {
		int access = -1, rc;

		rc = test_access_create(bed->fd, bed->ioas, ACCESS_PINS,
					&access);
		note(race, "access", rc);
		if (rc)
			continue;
		iova = iova == FREE_IOVA ? FREE_IOVA + RACE_SLOT : FREE_IOVA;
		rc = test_access_pin(bed->fd, access, 0, iova, RACE_SLOT, NULL,
				     NULL);
		/* What another thread is unmapping is refused so. */
		note(race, "pin", rc == -EINVAL ? 0 : rc);
		close(access);
	}
	return NULL;
}

void test_race(void **state)
{
	static const thread_run threads[] = {
		race_map, race_map, race_attach, race_map, race_attach,
		race_pin,
	};
	struct mockbed *bed = *state;
	size_t size = ARRAY_SIZE(threads) * RACE_SLOT;
	struct race race = {
		.bed = bed, .mem = scattered_pages(size),
		.end = clock_ms() + RACE_MS,
	};

	threads_run(threads, ARRAY_SIZE(threads), &race);
	assert_int_equal(race.unexpected, 0);
	assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas, NULL), 0);
	refs(bed, race.mem, size, 0);
	assert_int_equal(pinned(bed), 0);
	munmap(race.mem, size);
}

/* ---- the device ---- */

void test_hw_info(void **state)
{
	struct mockbed *bed = *state;
	struct iommu_test_hw_info info[2];
	uint32_t length = sizeof(info), type = 1;

	memset(info, 0xff, sizeof(info));
	assert_int_equal(iommufd_hw_info(bed->fd, bed->mock.idev, info,
					 &length, &type, NULL), 0);
	/* Kernels that can't ask a driver say so by a type of 0. */
	if (type) {
		assert_int_equal(type, IOMMU_HW_INFO_TYPE_SELFTEST);
		assert_int_equal(length, sizeof(info[0]));
		assert_int_equal(info[0].test_reg,
				 IOMMU_HW_INFO_SELFTEST_REGVAL);
	}
	assert_int_equal(info[1].test_reg, 0);

	/* A type that is asked for; where nobody can be asked there is none. */
	assert_int_equal(iommufd_hw_info_of(bed->fd,
					    IOMMU_HW_INFO_TYPE_SELFTEST,
					    bed->mock.idev, info, &length,
					    &type), 0);
	assert_true(!type || type == IOMMU_HW_INFO_TYPE_SELFTEST);
	assert_int_equal(iommufd_hw_info_of(bed->fd, IOMMU_HW_INFO_TYPE_DEFAULT,
					    bed->mock.idev, info, &length,
					    &type), 0);
	assert_int_equal(iommufd_hw_info_of(bed->fd,
					    IOMMU_HW_INFO_TYPE_INTEL_VTD,
					    bed->mock.idev, info, &length,
					    NULL), type ? -EOPNOTSUPP : 0);
}

static void reload(void)
{
	assert_int_equal(module_unload("iommufd_selftest"), 0);
	assert_int_equal(manners_load(), 0);
}

/* Nothing keeps the module once the files are closed. */
void test_close(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = small_pages(2 * PAGE);

	map_at(bed, FREE_IOVA, mem, 2 * PAGE);
	add_mock(bed, new_hwpt(bed, bed->ioas), 0);
	assert_int_not_equal(module_unload("iommufd_selftest"), 0);
	close(bed->fd);
	bed->fd = new_fd();
	refs(bed, mem, 2 * PAGE, 0);
	close(bed->fd);
	reload();
	bed->fd = new_fd();
	munmap(mem, 2 * PAGE);
}

/* Does all that it can, until it is killed. */
static void be_killed(void *arg)
{
	static const thread_run threads[] = {
		race_map, race_attach, race_pin, race_map,
	};
	struct mockbed bed = { .fd = iommufd_open() };
	struct race race = { .bed = &bed, .end = UINT64_MAX };
	size_t size = ARRAY_SIZE(threads) * RACE_SLOT, i;
	pthread_t id;

	check(!iommufd_ioas_alloc(bed.fd, &bed.ioas));
	check(!test_mock(bed.fd, bed.ioas, 0, &bed.mock));
	race.mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(race.mem != MAP_FAILED);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		check(!pthread_create(&id, NULL, threads[i], &race));
	pause();
}

void test_killed(void **state)
{
	struct mockbed *bed = *state;
	int i;

	close(bed->fd);
	for (i = 1; i <= 2; i++) {
		pid_t child = start_child(be_killed, NULL, -1);

		clock_pause_us(i * 40000);
		kill_child(child);
		reload();
	}
	bed->fd = new_fd();
}
