// SPDX-License-Identifier: GPL-2.0
/*
 * Seals of memfds: what is sealed against writing is mapped for writing by no
 * device, and what a device may write to can't be sealed. Whichever comes first,
 * both never succeed.
 *
 * Page tables are those of the mock IOMMU, which want no hardware.
 */
#include <fcntl.h>
#include <pthread.h>
#include <time.h>

#include "bed.h"
#include "compiler.h"
#include "file.h"
#include "iommufd.h"
#include "module.h"
#include "test.h"

#define SIZE (2 * HUGE)

/* The race: pages that a seal has to look at take their time. */
#define RACE_PAGES 4096UL
#define RACE_ROUNDS 30

/**
 * struct sealbed - two IOASes of a file, of which one has a page table
 * @fd: of /dev/iommu
 * @ioas: that one
 * @mock: its device
 * @later: the other
 */
struct sealbed {
	int fd;
	uint32_t ioas;
	struct test_mock mock;
	uint32_t later;
};

static int sealbed_setup(void **state)
{
	struct sealbed *bed = calloc(1, sizeof(*bed));

	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	bed->later = new_ioas(bed->fd);
	assert_int_equal(test_mock(bed->fd, bed->ioas, 0, &bed->mock), 0);
	*state = bed;
	return 0;
}

static int sealbed_teardown(void **state)
{
	struct sealbed *bed = *state;

	close(bed->fd);
	free(bed);
	return 0;
}

static int new_file(unsigned int flags, size_t size)
{
	int file = memfd_create("seal",
				MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);

	assert_true(file >= 0);
	assert_int_equal(ftruncate(file, size), 0);
	return file;
}

static int map(struct sealbed *bed, uint32_t ioas, uint32_t flags, int file,
	       size_t offset, size_t length)
{
	uint64_t iova = FREE_IOVA;

	return iommufd_map_file(bed->fd, ioas, flags | MAP_FIXED_IOVA, file,
				offset, length, &iova);
}

static void unmap(struct sealbed *bed, uint32_t ioas)
{
	assert_int_equal(iommufd_unmap_all(bed->fd, ioas, NULL), 0);
}

static int seal(int file, int seals)
{
	return fcntl(file, F_ADD_SEALS, seals) ? -errno : 0;
}

/* ---- mapped, then sealed ---- */

/* The first page alone, the last, and all of it. */
static void refuse_seal(struct sealbed *bed, int file)
{
	static const struct { size_t offset, length; } parts[] = {
		{ 0, PAGE }, { SIZE - PAGE, PAGE }, { 0, SIZE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		assert_int_equal(map(bed, bed->ioas, MAP_RW, file,
				     parts[i].offset, parts[i].length), 0);
		assert_int_equal(seal(file, F_SEAL_WRITE), -EBUSY);
		assert_int_equal(fcntl(file, F_GET_SEALS) & F_SEAL_WRITE, 0);
		unmap(bed, bed->ioas);
	}
	assert_int_equal(seal(file, F_SEAL_WRITE), 0);
	assert_int_equal(map(bed, bed->ioas, MAP_RW, file, 0, SIZE), -EPERM);
	close(file);
}

static void test_small(void **state)
{
	refuse_seal(*state, new_file(0, SIZE));
}

/*
 * Pages that are reserved, as mmap() does: one that is not there yet, and was never
 * reserved, is taken from the reserved ones all the same by 6.12, which a
 * debug kernel calls a bug.
 */
static int new_hugetlb(void)
{
	int file = new_file(MFD_HUGETLB, SIZE);
	void *mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file,
			 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	munmap(mem, SIZE);
	return file;
}

static void test_hugetlb(void **state)
{
	file_write("/proc/sys/vm/nr_hugepages", "4");
	refuse_seal(*state, new_hugetlb());
}

#define SHMEM_ENABLED "/sys/kernel/mm/transparent_hugepage/shmem_enabled"

static void test_huge(void **state)
{
	int file;

	assert_int_equal(file_write(SHMEM_ENABLED, "force"), 0);
	file = new_file(0, SIZE);
	refuse_seal(*state, file);
	assert_int_equal(file_write(SHMEM_ENABLED, "never"), 0);
}

/* What is mapped may be written to by who has it mapped, but by nobody else. */
static void test_future(void **state)
{
	struct sealbed *bed = *state;
	int file = new_file(0, SIZE);

	assert_int_equal(map(bed, bed->ioas, MAP_RW, file, 0, SIZE), 0);
	assert_int_equal(seal(file, F_SEAL_FUTURE_WRITE), 0);
	assert_int_equal(map(bed, bed->later, MAP_RW, file, 0, SIZE), -EPERM);
	assert_int_equal(seal(file, F_SEAL_WRITE), -EBUSY);
	unmap(bed, bed->ioas);
	assert_int_equal(seal(file, F_SEAL_WRITE), 0);
	close(file);
}

/* Pinned once by two IOASes of a file: the last one to go counts. */
static void test_shared(void **state)
{
	struct sealbed *bed = *state;
	int file = new_file(0, SIZE);
	struct test_mock mock;

	assert_int_equal(map(bed, bed->ioas, MAP_RW, file, 0, SIZE), 0);
	assert_int_equal(test_mock(bed->fd, bed->later, 0, &mock), 0);
	assert_int_equal(map(bed, bed->later, MAP_RW, file, 0, SIZE), 0);
	unmap(bed, bed->ioas);
	assert_int_equal(seal(file, F_SEAL_WRITE), -EBUSY);
	unmap(bed, bed->later);
	assert_int_equal(seal(file, F_SEAL_WRITE), 0);
	close(file);
}

/* ---- mapped without a page table: nothing is pinned, nothing is written ---- */

static void seal_before_device(struct sealbed *bed, int seals)
{
	int file = new_file(0, SIZE), access;
	struct test_mock mock;
	uint32_t byte = 1;

	assert_int_equal(map(bed, bed->later, MAP_RW, file, 0, SIZE), 0);
	assert_int_equal(test_access_create(bed->fd, bed->later, 0, &access),
			 0);
	assert_int_equal(seal(file, seals), 0);
	assert_int_equal(test_mock(bed->fd, bed->later, 0, &mock), -EPERM);
	assert_int_equal(test_access_write(bed->fd, access, FREE_IOVA, &byte,
					   sizeof(byte)), -EPERM);
	close(access);
	unmap(bed, bed->later);
	assert_int_equal(test_mock(bed->fd, bed->later, 0, &mock), 0);
	close(file);
}

static void test_sealed_before_device(void **state)
{
	seal_before_device(*state, F_SEAL_WRITE);
}

static void test_sealed_for_future(void **state)
{
	seal_before_device(*state, F_SEAL_FUTURE_WRITE);
}

/* ---- at the same time ---- */

/**
 * struct race - one round
 * @file: a new memfd
 * @start: both have come
 * @delay_us: between the start and the MAP
 * @took_us: what the seal took
 * @sealed: what it returned
 */
struct race {
	int file;
	pthread_barrier_t start;
	unsigned int delay_us;
	uint64_t took_us;
	int sealed;
};

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

static void *race_seals(void *arg)
{
	struct race *race = arg;
	uint64_t start;

	pthread_barrier_wait(&race->start);
	start = now_us();
	race->sealed = seal(race->file, F_SEAL_WRITE);
	race->took_us = now_us() - start;
	return NULL;
}

/* Busy, as a sleep would be far too long. */
static void pause_us(unsigned int us)
{
	uint64_t end = now_us() + us;

	while (now_us() < end)
		;
}

static int race_file(void)
{
	int file = new_file(0, RACE_PAGES * PAGE);

	assert_int_equal(fallocate(file, 0, 0, RACE_PAGES * PAGE), 0);
	return file;
}

/* What a seal takes that nobody refuses. */
static uint64_t race_measure(void)
{
	int file = race_file();
	uint64_t start = now_us();

	assert_int_equal(seal(file, F_SEAL_WRITE), 0);
	close(file);
	return now_us() - start;
}

/* A MAP of the file's first page. */
static int race_maps(struct sealbed *bed, struct race *race)
{
	pthread_t thread;
	int rc;

	race->file = race_file();
	pthread_barrier_init(&race->start, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, race_seals, race), 0);
	pthread_barrier_wait(&race->start);
	pause_us(race->delay_us);
	rc = map(bed, bed->ioas, MAP_RW, race->file, 0, PAGE);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&race->start);
	close(race->file);
	return rc;
}

/* From where the seal begins to where it ends, which changes with the guest. */
static void test_race(void **state)
{
	unsigned int n, both = 0, mapped = 0, sealed = 0;
	struct sealbed *bed = *state;
	uint64_t takes = race_measure();
	struct race race = {};
	int rc;

	for (n = 0; n < RACE_ROUNDS; n++) {
		race.delay_us = takes * n / RACE_ROUNDS;
		rc = race_maps(bed, &race);
		assert_true(!rc || rc == -EPERM);
		assert_true(!race.sealed || race.sealed == -EBUSY);
		both += !rc && !race.sealed;
		mapped += !rc;
		sealed += !race.sealed;
		/* A refused one has waited for the pin to go. */
		if (!race.sealed)
			takes = (takes + race.took_us) / 2;
		unmap(bed, bed->ioas);
	}
	print_message("%u rounds: %u mapped, %u sealed, %u both; a seal takes %lu us\n",
		      n, mapped, sealed, both, (unsigned long)takes);
	assert_int_equal(both, 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, sealbed_setup, sealbed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_small),
		TEST(test_hugetlb),
		TEST(test_huge),
		TEST(test_future),
		TEST(test_shared),
		TEST(test_sealed_before_device),
		TEST(test_sealed_for_future),
		TEST(test_race),
	};

	if (bed_load() || module_load("iommufd_selftest", NULL))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
