// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings that lie across a multiple of 1 GiB, or are larger: where one call of
 * the IOMMU driver has to end, and a device must reach nothing after UNMAP. Needs
 * QEMU's edu device; and for the largest ones a guest with pages of 1 GiB, see
 * Documentation/testing.md. What there is no memory for is skipped; where
 * GIANT_MUST is set it has failed.
 */
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/vfio.h>

#include "bed.h"
#include "compiler.h"
#include "edubed.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
#include "module.h"
#include "test.h"
#include "type1.h"

#define PIECE 1024
#define GIB 0x40000000UL

/* Small pages that follow on what lies in one piece, and not in memory. */
#define TAIL (16 * PAGE)

/*
 * A piece of four huge pages, aligned to its size: neighbours among many, which come
 * in any order. virtio-iommu makes one mapping of several IO pages of 4 MiB where
 * IOVA and memory differ by as much.
 */
#define HUGE_PAGES 32
#define HUGE_PAGES_MAX 64
#define PIECE_PAGES 4
#define PIECE_SIZE (PIECE_PAGES * HUGE)
#define ACROSS (PIECE_SIZE / 2)

/* Of pages of 1 GiB AMD-Vi makes an IO page of 2 GiB where two are neighbours. */
#define GIANT_PAGES 3

/* Of plain memory; and what has to be left then. */
#define PLAIN (GIB + GIB / 4)
#define PLAIN_LEFT (512UL << 20)

/* Above all that some IOMMUs have no IOVA for. */
#define HIGH (4 * GIB)

/* ---- memory ---- */

/* Room for @size bytes and a tail, aligned to @align. */
static uint8_t *room(size_t size, size_t align)
{
	uint8_t *mem = no_pages(size + TAIL + align);

	mem += -(uintptr_t)mem % align;
	assert_int_equal(mprotect(mem + size, TAIL, PROT_READ | PROT_WRITE), 0);
	madvise(mem + size, TAIL, MADV_NOHUGEPAGE);
	memset(mem + size, 1, TAIL);
	return mem;
}

/* Which page of a file has which address; false where there are not so many. */
static bool locate(int fd, size_t page, unsigned int npages, uint64_t *at)
{
	size_t size = npages * page;
	uint8_t *mem;
	unsigned int i;

	if (ftruncate(fd, size))
		return false;
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		return false;
	for (i = 0; i < npages; i++) {
		mem[i * page] = 1;
		at[i] = frame_of(mem + i * page) * PAGE;
	}
	munmap(mem, size);
	return true;
}

static unsigned int find(const uint64_t *at, unsigned int npages, uint64_t where)
{
	unsigned int i;

	for (i = 0; i < npages && at[i] != where; i++)
		;
	return i;
}

/* Neighbours, the first aligned to the size of all; their numbers, or false. */
static bool find_piece(const uint64_t *at, unsigned int npages, size_t page,
		       unsigned int wanted, unsigned int *number)
{
	unsigned int i, k;

	for (i = 0; i < npages; i++) {
		if (at[i] % (wanted * page))
			continue;
		for (k = 0; k < wanted; k++) {
			number[k] = find(at, npages, at[i] + k * page);
			if (number[k] == npages)
				break;
		}
		if (k == wanted)
			return true;
	}
	return false;
}

/*
 * So many huge pages, of so many, that are one piece and aligned to its size,
 * and a tail; or NULL.
 */
static uint8_t *piece_and_tail(size_t page, unsigned int npages,
			       unsigned int wanted)
{
	int fd = memfd_create("piece", MFD_HUGETLB | (page == GIB ?
						      MFD_HUGE_1GB :
						      MFD_HUGE_2MB));
	unsigned int number[PIECE_PAGES], i;
	uint64_t at[HUGE_PAGES_MAX];
	uint8_t *mem = NULL;

	if (fd >= 0 && locate(fd, page, npages, at) &&
	    find_piece(at, npages, page, wanted, number)) {
		mem = room(wanted * page, page);
		for (i = 0; i < wanted; i++)
			assert_ptr_equal(mmap(mem + i * page, page,
					      PROT_READ | PROT_WRITE,
					      MAP_SHARED | MAP_FIXED, fd,
					      number[i] * page),
					 mem + i * page);
	}
	close(fd);
	return mem;
}

static void lacks(const char *what)
{
	print_message("there is no memory of %s\n", what);
	assert_null(getenv("GIANT_MUST"));
	skip();
}

static uint8_t *huge_and_tail(void)
{
	uint64_t count = 0;
	uint8_t *mem;

	reserve_hugetlb(HUGE_PAGES);
	assert_int_equal(file_read_u64("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages",
				       &count), 0);
	if (count > HUGE_PAGES_MAX)
		count = HUGE_PAGES_MAX;
	mem = piece_and_tail(HUGE, count, PIECE_PAGES);
	if (!mem)
		lacks("huge pages that are neighbours");
	return mem;
}

/* ---- what is checked ---- */

static void check_reached(struct edubed *bed, uint64_t iova, void *va)
{
	fill(va, PIECE);
	assert_true(dma_reads(bed, iova, va, PIECE));
	assert_true(dma_writes(bed, iova, va, PIECE));
}

static void check_blocked(struct edubed *bed, uint64_t iova, void *va)
{
	assert_true(dma_write_blocked(bed, iova, va, PIECE));
	assert_true(dma_read_blocked(bed, iova, va, PIECE));
}

static void check_again(struct edubed *bed, uint64_t iova, void *va,
			size_t length)
{
	map_at(bed, iova, MAP_RW, va, length);
	assert_int_equal(pinned(bed), length);
	unmap(bed, iova, length);
	assert_int_equal(pinned(bed), 0);
}

/*
 * Reached on both sides of @across, and at the end; not after UNMAP; then nothing
 * is pinned, and all can be mapped again.
 */
static void check_memory(struct edubed *bed, uint64_t iova, uint8_t *va,
			 size_t length, size_t across)
{
	size_t at[] = { across - PIECE / 2, length - PIECE }, i;

	map_at(bed, iova, MAP_RW, va, length);
	assert_int_equal(pinned(bed), length);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		check_reached(bed, iova + at[i], va + at[i]);
	unmap(bed, iova, length);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		check_blocked(bed, iova + at[i], va + at[i]);
	assert_int_equal(pinned(bed), 0);
	check_again(bed, iova, va, length);
}

/* ---- across a multiple of 1 GiB ---- */

static void test_across(void **state)
{
	static const size_t before[] = {
		PAGE, HUGE / 4, HUGE, ACROSS + PAGE, ACROSS + HUGE,
		PIECE_SIZE, PIECE_SIZE + PAGE,
	};
	struct edubed *bed = *state;
	uint8_t *mem = huge_and_tail();
	size_t i;

	check_memory(bed, GIB - ACROSS, mem, PIECE_SIZE + TAIL, ACROSS);
	for (i = 0; i < ARRAY_SIZE(before); i++)
		check_again(bed, GIB - before[i], mem, PIECE_SIZE + TAIL);
	munmap(mem, PIECE_SIZE + TAIL);
}

/* A copy of a part of it, elsewhere. */
static void test_across_copy(void **state)
{
	size_t skipped = HUGE, length = PIECE_SIZE + TAIL - skipped;
	struct edubed *bed = *state;
	uint8_t *mem = huge_and_tail();
	uint64_t iova = 2 * GIB - ACROSS + skipped;

	map_at(bed, GIB - ACROSS, MAP_RW, mem, PIECE_SIZE + TAIL);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->ioas, &iova, bed->ioas,
				      GIB - ACROSS + skipped, length), 0);
	unmap(bed, GIB - ACROSS, PIECE_SIZE + TAIL);
	assert_int_equal(pinned(bed), length);
	check_reached(bed, 2 * GIB - PIECE / 2, mem + ACROSS - PIECE / 2);
	unmap(bed, iova, length);
	check_blocked(bed, iova + length - PIECE,
		      mem + PIECE_SIZE + TAIL - PIECE);
	assert_int_equal(pinned(bed), 0);
	munmap(mem, PIECE_SIZE + TAIL);
}

/* The container ioctls, on an IOAS that has nothing but the scratch page. */
static void use_type1(struct edubed *bed, unsigned long type)
{
	assert_int_equal(iommufd_vfio_ioas(bed->fd, IOMMU_VFIO_IOAS_SET,
					   &bed->ioas), 0);
	unmap(bed, SCRATCH_IOVA, PAGE);
	assert_int_equal(type1_set_iommu(bed->fd, type), 0);
	map_at(bed, SCRATCH_IOVA, MAP_RW, bed->scratch, PAGE);
}

/* Parts of a mapping go, the first one from its middle. */
static void test_across_parts(void **state)
{
	struct edubed *bed = *state;
	uint8_t *piece = huge_and_tail(), *mem = piece + ACROSS - HUGE / 2;
	uint64_t iova = GIB - HUGE / 2;

	use_type1(bed, VFIO_TYPE1_IOMMU);
	assert_int_equal(type1_map(bed->fd, TYPE1_RW, mem, HUGE, iova), 0);
	assert_int_equal(type1_unmap(bed->fd, GIB - PAGE, 2 * PAGE, NULL), 0);
	assert_int_equal(pinned(bed), HUGE - 2 * PAGE);
	check_blocked(bed, GIB - PIECE / 2, mem + HUGE / 2 - PIECE / 2);
	check_reached(bed, GIB - PAGE - PIECE, mem + HUGE / 2 - PAGE - PIECE);
	check_reached(bed, GIB + PAGE, mem + HUGE / 2 + PAGE);
	assert_int_equal(type1_unmap(bed->fd, iova, HUGE, NULL), 0);
	check_blocked(bed, GIB + PAGE, mem + HUGE / 2 + PAGE);
	assert_int_equal(pinned(bed), 0);
	munmap(piece, PIECE_SIZE + TAIL);
}

/*
 * Memory of a device, which the edu has too little of for a real IOMMU's driver to
 * make one piece of it: so that the mock does.
 */
static void test_across_bar(void **state)
{
	struct edubed *bed = *state;
	size_t size = bed->edu.bar.size;
	uint64_t iova = GIB - size / 2;
	struct test_mock mock;
	uint32_t flags;
	int i;

	assert_int_equal(module_load("iommufd_selftest", "manners=indivisible"),
			 0);
	use_type1(bed, VFIO_TYPE1v2_IOMMU);
	assert_int_equal(test_mock(bed->fd, bed->ioas, 0, &mock), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(type1_map(bed->fd, TYPE1_RW,
					   bed->edu.bar.base, size, iova), 0);
		assert_int_equal(test_entry(bed->fd, mock.hwpt,
					    iova + size - PAGE, &flags), 0);
		assert_int_not_equal(flags, 0);
		unmap(bed, iova, size);
		assert_int_equal(test_entry(bed->fd, mock.hwpt,
					    iova + size - PAGE, &flags), 0);
		assert_int_equal(flags, 0);
	}
	assert_int_equal(iommufd_destroy(bed->fd, mock.stdev), 0);
}

/* ---- more than 1 GiB ---- */

/* Mostly in large pieces, so that few calls map it. */
static void test_plain(void **state)
{
	struct edubed *bed = *state;
	uint64_t kb = 0;
	uint8_t *mem;

	assert_int_equal(file_read_kb("/proc/meminfo", "MemAvailable", &kb),
			 0);
	if (kb * 1024 < PLAIN + PLAIN_LEFT)
		lacks("more than 1 GiB");
	mem = room(PLAIN, GIB);
	file_write("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	madvise(mem, PLAIN, MADV_HUGEPAGE);
	assert_int_equal(mprotect(mem, PLAIN, PROT_READ | PROT_WRITE), 0);
	check_memory(bed, HIGH + GIB / 2, mem, PLAIN + TAIL, GIB / 2);
	check_again(bed, HIGH + 17 * PAGE, mem, PLAIN + TAIL);
	munmap(mem, PLAIN + TAIL);
}

static void test_two_gigabytes(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = piece_and_tail(GIB, GIANT_PAGES, 2);

	if (!mem)
		lacks("pages of 1 GiB that are neighbours");
	check_memory(bed, HIGH, mem, 2 * GIB + TAIL, GIB);
	check_again(bed, HIGH + HUGE, mem, 2 * GIB + TAIL);
	check_again(bed, HIGH + PAGE, mem, 2 * GIB + TAIL);
	munmap(mem, 2 * GIB + TAIL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, edubed_setup, \
						   edubed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_across),
	TEST(test_across_copy),
	TEST(test_across_parts),
	TEST(test_across_bar),
	TEST(test_plain),
	TEST(test_two_gigabytes),
};

static int unload_mock(void **state)
{
	return module_loaded("iommufd_selftest") ?
	       module_unload("iommufd_selftest") : 0;
}

int main(void)
{
	if (bed_load())
		return 1;
	if (module_loaded("iommufd_selftest"))
		module_unload("iommufd_selftest");
	return cmocka_run_group_tests(tests, NULL, unload_mock);
}
