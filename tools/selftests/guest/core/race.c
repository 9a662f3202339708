// SPDX-License-Identifier: GPL-2.0
/*
 * Many threads on one fd: map, unmap, copy, attach, replace, page tables made
 * and destroyed, files closed, processes forked, memory unmapped under way.
 * Nothing may go wrong but the calls, and those with errors that fit;
 * afterwards nothing is pinned and DMA works. For some seconds each; for a
 * minute with TEST_LONG, or RACE_SECONDS. Needs the edu device.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>

#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "edu.h"
#include "edubed.h"
#include "env.h"
#include "iommufd.h"
#include "memory.h"
#include "vfio.h"

#define PIECE 1024
#define THREADS 6
#define SECONDS 3
#define SECONDS_LONG 60

/* Mappings of up to 2 MiB, in 16 slots of each IOAS. */
#define SLOTS 16
#define SLOT_SIZE HUGE
#define SLOT_IOVA 0x40000000UL

struct race {
	struct edubed *bed;
	uint32_t ioas[2];
	uint8_t *mem;
	uint8_t *own;	/* a page that only one thread maps */
	uint64_t end;
	unsigned int calls;
	unsigned int failures;
	int bad;	/* an errno that has no place here */
};

typedef void (*race_step)(struct race *race, unsigned int *random);

struct racer {
	struct race *race;
	race_step step;
	unsigned int random;
	pthread_t thread;
};

static unsigned int choose(unsigned int *random, unsigned int limit)
{
	return (unsigned int)rand_r(random) % limit;
}

/* Counts the call, and remembers an error that is none of those given. */
static void result(struct race *race, int rc, const int *fitting)
{
	__atomic_fetch_add(&race->calls, 1, __ATOMIC_RELAXED);
	if (!rc)
		return;
	__atomic_fetch_add(&race->failures, 1, __ATOMIC_RELAXED);
	for (; *fitting; fitting++)
		if (rc == -*fitting)
			return;
	__atomic_store_n(&race->bad, rc, __ATOMIC_RELAXED);
}

#define RESULT(race, rc, ...) \
	result(race, rc, (const int[]){ __VA_ARGS__, 0 })

static uint64_t slot_iova(unsigned int *random)
{
	return SLOT_IOVA + choose(random, SLOTS) * SLOT_SIZE;
}

static uint32_t some_ioas(struct race *race, unsigned int *random)
{
	return race->ioas[choose(random, 2)];
}

/* From one page to a huge page, anywhere in the memory. */
static uint64_t some_length(unsigned int *random)
{
	return PAGE << choose(random, 10);
}

static void step_map(struct race *race, unsigned int *random)
{
	uint64_t length = some_length(random), iova = slot_iova(random);
	uint8_t *va = race->mem + choose(random, 512) * PAGE;

	RESULT(race, iommufd_map(race->bed->fd, some_ioas(race, random),
				 MAP_RW | MAP_FIXED_IOVA, va, length, &iova),
	       EEXIST, EFAULT, ENOENT, EBUSY);
}

static void step_unmap(struct race *race, unsigned int *random)
{
	uint64_t iova = slot_iova(random);
	uint32_t ioas = some_ioas(race, random);
	int rc;

	if (choose(random, 50))
		rc = iommufd_unmap(race->bed->fd, ioas, iova, SLOT_SIZE, NULL);
	else
		rc = iommufd_unmap(race->bed->fd, ioas, SLOT_IOVA,
				   SLOTS * SLOT_SIZE, NULL);
	RESULT(race, rc, ENOENT, EBUSY);
}

static void step_copy(struct race *race, unsigned int *random)
{
	uint64_t from = slot_iova(random), to = slot_iova(random);

	RESULT(race, iommufd_copy(race->bed->fd, MAP_RW | MAP_FIXED_IOVA,
				  some_ioas(race, random), &to,
				  some_ioas(race, random), from,
				  some_length(random)),
	       ENOENT, EEXIST, EFAULT, EBUSY);
}

static void step_attach(struct race *race, unsigned int *random)
{
	uint32_t pt = some_ioas(race, random);

	if (choose(random, 3))
		RESULT(race, vfio_attach(race->bed->edu.dev, &pt), EFAULT,
		       EBUSY, ENOENT);
	else
		RESULT(race, vfio_detach(race->bed->edu.dev), EBUSY);
}

static void step_hwpt(struct race *race, unsigned int *random)
{
	struct edubed *bed = race->bed;
	uint32_t hwpt, pt;
	int rc = iommufd_hwpt_alloc(bed->fd, 0, bed->edu.devid,
				    some_ioas(race, random), &hwpt);

	RESULT(race, rc, EFAULT, EBUSY);
	if (rc)
		return;
	pt = hwpt;
	if (choose(random, 2))
		RESULT(race, vfio_attach(bed->edu.dev, &pt), EFAULT, EBUSY);
	if (choose(random, 2)) {
		pt = some_ioas(race, random);
		RESULT(race, vfio_attach(bed->edu.dev, &pt), EFAULT, EBUSY);
	}
	/* Others attach and detach: it goes when it can. */
	while (iommufd_destroy(bed->fd, hwpt) == -EBUSY)
		vfio_detach(bed->edu.dev);
}

static void step_look(struct race *race, unsigned int *random)
{
	struct iommu_iova_range range[16];
	uint64_t value;
	uint32_t num = 16;

	RESULT(race, iommufd_ranges(race->bed->fd, some_ioas(race, random),
				    range, &num, &value), EBUSY);
	RESULT(race, iommufd_option_get(race->bed->fd, IOMMU_OPTION_HUGE_PAGES,
					some_ioas(race, random), &value),
	       EBUSY);
}

/* The process's own pages come and go under the mappings. */
static void step_memory(struct race *race, unsigned int *random)
{
	uint8_t *va = race->mem + choose(random, 512) * PAGE;

	madvise(va, PAGE << choose(random, 8), MADV_DONTNEED);
	va[0] = 1;
}

/* Its second half is at times no memory at all. */
static void step_hole(struct race *race, unsigned int *random)
{
	uint8_t *va = race->mem + HUGE + choose(random, 256) * PAGE;
	size_t length = PAGE << choose(random, 8);

	mmap(va, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
	     -1, 0);
	usleep(choose(random, 500));
	mmap(va, length, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* Another process maps its copy of the memory, and ends. */
static void step_fork(struct race *race, unsigned int *random)
{
	pid_t child = fork();

	if (!child) {
		step_map(race, random);
		if (choose(random, 2))
			step_unmap(race, random);
		step_map(race, random);
		_exit(race->bad != 0);
	}
	if (child > 0) {
		int status = -1;

		waitpid(child, &status, 0);
		RESULT(race, status ? -ECHILD : 0, EAGAIN);
	}
}

/* Mapped where the kernel chooses, and away again. */
static void step_anywhere(struct race *race, unsigned int *random)
{
	uint32_t ioas = some_ioas(race, random);
	uint64_t length = some_length(random), iova;
	int rc = iommufd_map(race->bed->fd, ioas, MAP_R,
			     race->mem + choose(random, 512) * PAGE, length,
			     &iova);

	RESULT(race, rc, EFAULT, ENOSPC);
	if (!rc)
		RESULT(race, iommufd_unmap(race->bed->fd, ioas, iova, length,
					   NULL), ENOENT, EBUSY);
}

static void step_unmap_all(struct race *race, unsigned int *random)
{
	RESULT(race, iommufd_unmap_all(race->bed->fd, some_ioas(race, random),
				       NULL), EBUSY);
	usleep(choose(random, 2000));
}

/* Lists of ranges in which the kernel may choose; one covers all slots. */
static void step_allow(struct race *race, unsigned int *random)
{
	struct iommu_iova_range range[4];
	unsigned int n = choose(random, 5), i;

	for (i = 0; i < n; i++) {
		range[i].start = SLOT_IOVA + i * 64 * HUGE;
		range[i].last = range[i].start +
				(1 + choose(random, 64)) * HUGE - 1;
	}
	RESULT(race, iommufd_allow(race->bed->fd, some_ioas(race, random),
				   range, n), EBUSY);
}

/* Whether what the device writes to the thread's own page arrives there. */
static bool dma_arrives(struct race *race)
{
	struct edubed *bed = race->bed;

	memset(race->own, 0, PIECE);
	fill(bed->scratch, PIECE);
	if (edu_load(&bed->edu, SCRATCH_IOVA, 0, PIECE) ||
	    edu_store(&bed->edu, FREE_IOVA, 0, PIECE))
		return false;
	return !memcmp(race->own, bed->scratch, PIECE);
}

/* Whatever the others do: it does while it is mapped, and only then. */
static void step_dma(struct race *race, unsigned int *random)
{
	struct edubed *bed = race->bed;
	uint64_t iova = FREE_IOVA;

	RESULT(race, iommufd_map(bed->fd, bed->ioas, MAP_RW | MAP_FIXED_IOVA,
				 race->own, PAGE, &iova), 0);
	RESULT(race, dma_arrives(race) ? 0 : -EIO, 0);
	RESULT(race, iommufd_unmap(bed->fd, bed->ioas, FREE_IOVA, PAGE, NULL),
	       0);
	RESULT(race, dma_arrives(race) ? -EIO : 0, 0);
	RESULT(race, race->own[0] ? -EIO : 0, 0);
}

static void *run_racer(void *arg)
{
	struct racer *racer = arg;

	while (clock_ms() < racer->race->end)
		racer->step(racer->race, &racer->random);
	return NULL;
}

static void run_race(struct edubed *bed, const race_step *steps, size_t count)
{
	struct race race = {
		.bed = bed, .mem = pages(2 * HUGE), .own = pages(PAGE),
		.ioas = { bed->ioas, new_ioas(bed->fd) },
		.end = clock_ms() + race_seconds(SECONDS, SECONDS_LONG) * 1000,
	};
	struct racer racer[THREADS];
	/* Each thread does the same again; when it does is up to the kernel. */
	unsigned int seed = env_seed(clock_ms());
	size_t i;

	assert_true(count <= THREADS);
	memset(race.mem, 1, 2 * HUGE);
	for (i = 0; i < count; i++) {
		racer[i] = (struct racer){ &race, steps[i], seed + i, 0 };
		assert_int_equal(pthread_create(&racer[i].thread, NULL,
						run_racer, &racer[i]), 0);
	}
	for (i = 0; i < count; i++)
		pthread_join(racer[i].thread, NULL);
	print_message("%u calls, %u refused\n", race.calls, race.failures);
	assert_int_equal(race.bad, 0);
	assert_true(race.calls > race.failures);
	munmap(race.mem, 2 * HUGE);
	munmap(race.own, PAGE);
}

/* All that is mapped goes, all that was pinned is paid back, DMA works. */
static void settle(struct edubed *bed)
{
	void *mem = pages(PAGE);

	vfio_detach(bed->edu.dev);
	assert_int_equal(iommufd_allow(bed->fd, bed->ioas, NULL, 0), 0);
	assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas, NULL), 0);
	assert_int_equal(status_kb("VmPin"), 0);
	assert_int_equal(attach(bed, bed->ioas), 0);
	map_at(bed, SCRATCH_IOVA, MAP_RW, bed->scratch, PAGE);
	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
	assert_true(dma_writes(bed, FREE_IOVA, mem, PIECE));
	munmap(mem, PAGE);
}

static void test_map_unmap_copy(void **state)
{
	static const race_step steps[] = {
		step_map, step_unmap, step_copy, step_map, step_unmap,
		step_memory,
	};

	run_race(*state, steps, ARRAY_SIZE(steps));
	settle(*state);
}

static void test_memory_while_mapping(void **state)
{
	static const race_step steps[] = {
		step_map, step_unmap, step_copy, step_memory, step_hole,
		step_fork,
	};

	run_race(*state, steps, ARRAY_SIZE(steps));
	settle(*state);
}

static void test_ranges_while_mapping(void **state)
{
	static const race_step steps[] = {
		step_map, step_anywhere, step_anywhere, step_allow,
		step_unmap_all, step_look,
	};

	run_race(*state, steps, ARRAY_SIZE(steps));
	settle(*state);
}

static void test_dma_while_mapping(void **state)
{
	static const race_step steps[] = {
		step_dma, step_map, step_unmap, step_copy, step_allow,
		step_memory,
	};

	run_race(*state, steps, ARRAY_SIZE(steps));
	settle(*state);
}

static void test_attach_while_mapping(void **state)
{
	static const race_step steps[] = {
		step_map, step_unmap, step_copy, step_attach, step_attach,
		step_look,
	};

	run_race(*state, steps, ARRAY_SIZE(steps));
	settle(*state);
}

static void test_page_tables_while_mapping(void **state)
{
	static const race_step steps[] = {
		step_map, step_unmap, step_copy, step_hwpt, step_hwpt,
		step_attach,
	};

	run_race(*state, steps, ARRAY_SIZE(steps));
	settle(*state);
}

/* ---- objects and files that go while they are used ---- */

static void step_use_dying(struct race *race, unsigned int *random)
{
	uint64_t iova = slot_iova(random);
	uint32_t ioas = __atomic_load_n(&race->ioas[0], __ATOMIC_RELAXED);

	RESULT(race, iommufd_map(race->bed->fd, ioas, MAP_RW | MAP_FIXED_IOVA,
				 race->mem, some_length(random), &iova),
	       ENOENT, EEXIST, EBADF, EFAULT, EBUSY);
	RESULT(race, iommufd_copy(race->bed->fd, MAP_RW, ioas, &iova, ioas,
				  slot_iova(random), PAGE),
	       ENOENT, EBADF, EFAULT, EBUSY);
}

static void step_renew(struct race *race, unsigned int *random)
{
	uint32_t old = race->ioas[0], ioas;
	int rc = iommufd_ioas_alloc(race->bed->fd, &ioas);

	RESULT(race, rc, EBADF);
	if (rc)
		return;
	__atomic_store_n(&race->ioas[0], ioas, __ATOMIC_RELAXED);
	RESULT(race, iommufd_destroy(race->bed->fd, old), EBUSY, ENOENT, EBADF);
}

static void test_destroy_while_used(void **state)
{
	static const race_step steps[] = {
		step_use_dying, step_use_dying, step_use_dying, step_renew,
	};
	struct edubed *bed = *state;

	run_race(bed, steps, ARRAY_SIZE(steps));
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	bed->ioas = new_ioas(bed->fd);
	settle(bed);
}

/* Another file of /dev/iommu takes the number of the one that is closed. */
static void step_reopen(struct race *race, unsigned int *random)
{
	int fd = iommufd_open();

	if (fd < 0)
		return;
	dup3(fd, race->bed->fd, O_CLOEXEC);
	close(fd);
	usleep(choose(random, 3000));
}

static void test_close_while_used(void **state)
{
	static const race_step steps[] = {
		step_use_dying, step_use_dying, step_use_dying, step_renew,
		step_reopen,
	};
	struct edubed *bed = *state;
	struct edubed other = { .fd = new_fd() };

	other.ioas = new_ioas(other.fd);
	run_race(&other, steps, ARRAY_SIZE(steps));
	close(other.fd);
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
}

/* A device that is bound, attached and closed again and again. */
static void step_device(struct race *race, unsigned int *random)
{
	uint32_t pt = race->ioas[0];
	int dev = vfio_cdev_open(race->bed->edu.bdf);

	if (dev < 0)
		return;
	RESULT(race, vfio_bind(dev, race->bed->fd, NULL), EINVAL, EBUSY);
	RESULT(race, vfio_attach(dev, &pt), EINVAL, EFAULT, EBUSY);
	usleep(choose(random, 1000));
	close(dev);
}

static void test_device_while_mapping(void **state)
{
	static const race_step steps[] = {
		step_device, step_device, step_map, step_unmap, step_copy,
	};
	struct edubed *bed = *state;

	edu_close(&bed->edu);
	run_race(bed, steps, ARRAY_SIZE(steps));
	assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
	settle(bed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, edubed_setup, \
						   edubed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_map_unmap_copy),
	TEST(test_memory_while_mapping),
	TEST(test_ranges_while_mapping),
	TEST(test_dma_while_mapping),
	TEST(test_attach_while_mapping),
	TEST(test_page_tables_while_mapping),
	TEST(test_destroy_while_used),
	TEST(test_close_while_used),
	TEST(test_device_while_mapping),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
