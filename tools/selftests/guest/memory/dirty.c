// SPDX-License-Identifier: GPL-2.0
/*
 * What a device wrote is still there after the memory was swapped out: pages
 * of writable mappings are marked dirty when they are released. Needs the edu
 * device, and the module brd for a swap device.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/swap.h>

#include "bed.h"
#include "edu.h"
#include "edubed.h"
#include "iommufd.h"
#include "memory.h"
#include "module.h"

#define SWAP_DEVICE "/dev/ram0"
#define SWAP_PAGES 1024
#define PIECE 1024

/* How often the kernel is asked to swap a page out. */
#define TRIES 50

/* The header of a swap device, in its first page. */
static int make_swap(void)
{
	uint8_t header[PAGE] = { };
	uint32_t info[3] = { 1, SWAP_PAGES - 1, 0 };
	int fd = open(SWAP_DEVICE, O_RDWR | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	memcpy(header + 1024, info, sizeof(info));
	memcpy(header + PAGE - 10, "SWAPSPACE2", 10);
	rc = pwrite(fd, header, PAGE, 0) == (ssize_t)PAGE ? 0 : -EIO;
	fsync(fd);
	close(fd);
	return rc;
}

static bool have_swap;

static int setup_swap(void **state)
{
	if (!module_load("brd", NULL) && !make_swap())
		have_swap = !swapon(SWAP_DEVICE, 0);
	return 0;
}

static int teardown_swap(void **state)
{
	if (have_swap)
		swapoff(SWAP_DEVICE);
	return 0;
}

static bool is_resident(void *va)
{
	unsigned char there = 0;

	assert_int_equal(mincore(va, PAGE, &there), 0);
	return there & 1;
}

/* Out of memory with it, through an mmap that only reads. */
static void swap_out(uint8_t *va)
{
	int i;

	for (i = 0; i < TRIES; i++) {
		/* A page that is not mapped is not looked at. */
		__atomic_load_n(va, __ATOMIC_RELAXED);
		assert_int_equal(madvise(va, PAGE, MADV_PAGEOUT), 0);
		if (!is_resident(va))
			return;
		usleep(10000);
	}
	fail_msg("the page does not leave memory");
}

static int new_memfd(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 4 * PAGE), 0);
	return fd;
}

/* The device writes to the file's second page; what is there after swap? */
static void check_written(struct edubed *bed, int fd, uint64_t iova)
{
	uint8_t *mem = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	uint8_t wrote[PIECE];

	assert_ptr_not_equal(mem, MAP_FAILED);
	fill(bed->scratch, PIECE);
	memcpy(wrote, bed->scratch, PIECE);
	assert_int_equal(edu_load(&bed->edu, SCRATCH_IOVA, 0, PIECE), 0);
	assert_int_equal(edu_store(&bed->edu, iova + PAGE, 0, PIECE), 0);
	unmap(bed, iova, 4 * PAGE);
	swap_out(mem + PAGE);
	assert_memory_equal(mem + PAGE, wrote, PIECE);
	munmap(mem, 4 * PAGE);
}

static void test_file(void **state)
{
	struct edubed *bed = *state;
	int fd = new_memfd();
	uint64_t iova;

	if (!have_swap)
		skip();
	assert_int_equal(iommufd_map_file(bed->fd, bed->ioas, MAP_RW, fd, 0,
					  4 * PAGE, &iova), 0);
	check_written(bed, fd, iova);
	close(fd);
}

static void test_shared_memory(void **state)
{
	struct edubed *bed = *state;
	int fd = new_memfd();
	void *mem = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 fd, 0);
	uint64_t iova;

	if (!have_swap)
		skip();
	assert_ptr_not_equal(mem, MAP_FAILED);
	iova = map(bed, MAP_RW, mem, 4 * PAGE);
	munmap(mem, 4 * PAGE);
	check_written(bed, fd, iova);
	close(fd);
}

/* Pinned, a page stays in memory, whoever wants it out. */
static void test_pinned_is_not_swapped(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(PAGE);
	uint64_t iova;
	int i;

	if (!have_swap)
		skip();
	fill(mem, PAGE);
	iova = map(bed, MAP_RW, mem, PAGE);
	for (i = 0; i < 5; i++)
		madvise(mem, PAGE, MADV_PAGEOUT);
	assert_true(dma_writes(bed, iova, mem, PIECE));
	unmap(bed, iova, PAGE);
	swap_out(mem);
	assert_memory_equal(mem, bed->scratch, PIECE);
	munmap(mem, PAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, edubed_setup, \
						   edubed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_file),
	TEST(test_shared_memory),
	TEST(test_pinned_is_not_swapped),
};

/*
 * A page that was just made waits in a list of its CPU before it can be paged
 * out, and MADV_PAGEOUT empties that of the calling CPU only.
 */
static int stay_on_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

int main(void)
{
	if (stay_on_one_cpu() || bed_load())
		return 1;
	return cmocka_run_group_tests(tests, setup_swap, teardown_swap);
}
