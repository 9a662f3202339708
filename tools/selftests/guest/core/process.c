// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that share an fd of /dev/iommu, end, or are killed in the middle
 * of a call: what they mapped stays theirs, and is released when it is
 * unmapped. Needs QEMU's edu device.
 */
#include "bed.h"
#include "edu.h"
#include "edubed.h"
#include "iommufd.h"
#include "memory.h"
#include "user.h"
#include "vfio.h"

#define PIECE 1024

/* How often a child is killed, and how much it maps at a time. */
#define KILLS 25
#define BIG (32 * HUGE)

/* Memory of both processes, and the way by which the child maps it. */
struct shared {
	struct edubed *bed;
	uint8_t *mem;
	uint64_t iova;
	uint32_t ioas;
};

static void child_maps(void *arg)
{
	struct shared *shared = arg;

	check(!iommufd_map(shared->bed->fd, shared->ioas,
			   MAP_RW | MAP_FIXED_IOVA, shared->mem, 2 * PAGE,
			   &shared->iova));
}

/* The child's mapping works on when it has ended. */
static void test_mapping_outlives_process(void **state)
{
	struct edubed *bed = *state;
	struct shared shared = {
		.bed = bed, .mem = shared_pages(2 * PAGE), .iova = FREE_IOVA,
		.ioas = bed->ioas,
	};

	end_child(start_child(child_maps, &shared, -1));
	fill(shared.mem, 2 * PAGE);
	assert_true(dma_reads(bed, FREE_IOVA + PAGE, shared.mem + PAGE, PIECE));
	assert_true(dma_writes(bed, FREE_IOVA, shared.mem, PIECE));
	unmap(bed, FREE_IOVA, 2 * PAGE);
	assert_true(dma_write_blocked(bed, FREE_IOVA, shared.mem, PIECE));
	munmap(shared.mem, 2 * PAGE);
}

/* Mapped in the child's memory, not in ours at the same address. */
static void child_maps_its_own(void *arg)
{
	struct shared *shared = arg;

	/* Private memory: this page is the child's from here on. */
	memset(shared->mem, 0x11, PAGE);
	child_maps(shared);
}

static void test_mapping_is_of_its_process(void **state)
{
	struct edubed *bed = *state;
	struct shared shared = {
		.bed = bed, .mem = pages(2 * PAGE), .iova = FREE_IOVA,
		.ioas = bed->ioas,
	};

	memset(shared.mem, 0x22, PAGE);
	end_child(start_child(child_maps_its_own, &shared, -1));
	assert_false(dma_reads(bed, FREE_IOVA, shared.mem, PIECE));
	assert_int_equal(bed->scratch[0], 0x11);
	assert_true(dma_write_blocked(bed, FREE_IOVA, shared.mem, PIECE));
	assert_int_equal(pinned(bed), 0);
	munmap(shared.mem, 2 * PAGE);
}

/* Not pinned while the process was there: afterwards there is no memory. */
static void test_lazy_of_a_dead_process(void **state)
{
	struct edubed *bed = *state;
	struct shared shared = {
		.bed = bed, .mem = pages(2 * PAGE), .iova = FREE_IOVA,
		.ioas = new_ioas(bed->fd),
	};

	end_child(start_child(child_maps, &shared, -1));
	assert_int_equal(attach(bed, shared.ioas), -EFAULT);
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
	assert_int_equal(iommufd_destroy(bed->fd, shared.ioas), 0);
	munmap(shared.mem, 2 * PAGE);
}

/* Pinned pages of a process that forks afterwards stay the parent's. */
static void child_writes(void *arg)
{
	memset(arg, 0x33, PAGE);
}

static void test_fork_after_map(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(PAGE);

	memset(mem, 0x22, PAGE);
	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
	end_child(start_child(child_writes, mem, -1));
	memset(mem, 0x44, PAGE);
	assert_true(dma_reads(bed, FREE_IOVA, mem, PIECE));
	assert_true(dma_writes(bed, FREE_IOVA, mem, PIECE));
	munmap(mem, PAGE);
}

/* ---- killed in the middle ---- */

static void child_maps_and_unmaps(void *arg)
{
	struct edubed *bed = arg;
	uint8_t *mem = mmap(NULL, BIG, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t iova, copy;

	for (;;) {
		iommufd_map(bed->fd, bed->ioas, MAP_RW, mem, BIG, &iova);
		iommufd_copy(bed->fd, MAP_RW, bed->ioas, &copy, bed->ioas,
			     iova + PAGE, BIG - HUGE);
		iommufd_unmap(bed->fd, bed->ioas, iova, BIG, NULL);
		iommufd_unmap(bed->fd, bed->ioas, copy, BIG - HUGE, NULL);
		madvise(mem, BIG, MADV_DONTNEED);
	}
}

/* Nothing that the dead left behind stands in the way. */
static void test_kill_map_unmap(void **state)
{
	struct edubed *bed = *state;
	void *mem = pages(PAGE);
	int i;

	for (i = 0; i < KILLS; i++) {
		pid_t child = start_child(child_maps_and_unmaps, bed, -1);

		usleep(3000 + i * 7001 % 90000);
		kill_child(child);
		assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas, NULL),
				 0);
	}
	map_at(bed, SCRATCH_IOVA, MAP_RW, bed->scratch, PAGE);
	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
	assert_true(dma_writes(bed, FREE_IOVA, mem, PIECE));
	munmap(mem, PAGE);
}

static void child_attaches_and_detaches(void *arg)
{
	struct edubed *bed = arg;
	uint8_t *mem = mmap(NULL, BIG, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t ioas, pt;
	uint64_t iova;

	for (;;) {
		iommufd_ioas_alloc(bed->fd, &ioas);
		iommufd_map(bed->fd, ioas, MAP_RW, mem, BIG, &iova);
		pt = ioas;
		vfio_attach(bed->edu.dev, &pt);
		vfio_detach(bed->edu.dev);
		iommufd_destroy(bed->fd, ioas);
	}
}

static void test_kill_attach_detach(void **state)
{
	struct edubed *bed = *state;
	int i;

	for (i = 0; i < KILLS; i++) {
		pid_t child = start_child(child_attaches_and_detaches, bed, -1);

		usleep(3000 + i * 11003 % 120000);
		kill_child(child);
	}
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
}

/* A process that has all to itself, device and fd, and is killed. */
static void child_has_it_all(void *arg)
{
	struct edubed mine = *(struct edubed *)arg;
	uint32_t pt;

	mine.fd = iommufd_open();
	check(mine.fd >= 0);
	check(!edu_open(&mine.edu, 0, mine.fd));
	check(!iommufd_ioas_alloc(mine.fd, &mine.ioas));
	pt = mine.ioas;
	check(!vfio_attach(mine.edu.dev, &pt));
	child_maps_and_unmaps(&mine);
}

static void test_kill_owner(void **state)
{
	struct edubed *bed = *state;
	int i;

	for (i = 0; i < 5; i++) {
		pid_t child;

		edu_close(&bed->edu);
		child = start_child(child_has_it_all, bed, -1);
		usleep(400000 + i * 50000);
		kill_child(child);
		/* The device is free again as soon as the child is gone. */
		assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
	}
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
}

/* The fd of the device is closed last, that of /dev/iommu before. */
static void test_close_iommufd_first(void **state)
{
	struct edubed *bed = *state;
	int fd = bed->fd;

	close(fd);
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
	edu_close(&bed->edu);
	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
	assert_int_equal(attach(bed, bed->ioas), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, edubed_setup, \
						   edubed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_mapping_outlives_process),
	TEST(test_mapping_is_of_its_process),
	TEST(test_lazy_of_a_dead_process),
	TEST(test_fork_after_map),
	TEST(test_kill_map_unmap),
	TEST(test_kill_attach_detach),
	TEST(test_kill_owner),
	TEST(test_close_iommufd_first),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
