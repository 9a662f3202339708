// SPDX-License-Identifier: GPL-2.0
/*
 * Page tables, seen through the mock IOMMU of iommufd_selftest.ko: what is
 * mapped where, in one domain and in several, and what is left of a call that
 * fails. The mock watches the kernel meanwhile, see drivers/selftest/mock.c.
 *
 * Everything runs for each way in which drivers differ, see manners.h.
 */
#include <linux/vfio.h>
#include <pthread.h>

#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "file.h"
#include "iommufd.h"
#include "kmsg.h"
#include "manners.h"
#include "memory.h"
#include "module.h"
#include "test.h"
#include "threads.h"
#include "type1.h"
#include "user.h"

#define FAIL_MAP "/sys/module/iommufd_selftest/parameters/fail_map"

/* Half a page: the mock's smallest. */
#define HALF MOCK_PAGE

/* Where calls of the driver have to end. */
#define CALL_END 0x40000000UL

struct mockbed {
	int fd;
	uint32_t ioas;
	struct test_mock mock;
	uint64_t pinned;	/* VmPin in kB before the test's own mappings */
};

static int mockbed_setup(void **state)
{
	struct mockbed *bed = calloc(1, sizeof(*bed));

	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	assert_int_equal(test_mock(bed->fd, bed->ioas, 0, &bed->mock), 0);
	bed->pinned = status_kb("VmPin");
	*state = bed;
	return 0;
}

static int mockbed_teardown(void **state)
{
	struct mockbed *bed = *state;

	close(bed->fd);
	assert_int_equal(status_kb("VmPin"), bed->pinned);
	free(bed);
	return 0;
}

static uint64_t pinned(struct mockbed *bed)
{
	return (status_kb("VmPin") - bed->pinned) * 1024;
}

static uint8_t *small_pages(size_t size)
{
	uint8_t *mem = pages(size);

	assert_int_equal(madvise(mem, size, MADV_NOHUGEPAGE), 0);
	memset(mem, 1, size);
	return mem;
}

/* Small pages whose frames do not lie in a row. */
static uint8_t *scattered_pages(size_t size)
{
	uint8_t *mem = pages(size);
	size_t i;

	assert_int_equal(madvise(mem, size, MADV_NOHUGEPAGE), 0);
	for (i = 0; i < size; i += 2 * PAGE)
		mem[i] = 1;
	for (i = PAGE; i < size; i += 2 * PAGE)
		mem[i] = 1;
	return mem;
}

/* At an address that is a multiple of 2 MiB, of huge pages. */
static uint8_t *huge_pages(size_t size)
{
	uint64_t before = huge_kb();
	uint8_t *raw = pages(size + HUGE);
	uint8_t *mem = (uint8_t *)(((uintptr_t)raw + HUGE - 1) & ~(HUGE - 1));

	assert_int_equal(madvise(mem, size, MADV_HUGEPAGE), 0);
	memset(mem, 1, size);
	assert_true(huge_kb() - before >= size / 1024);
	return mem;
}

static int try_map(struct mockbed *bed, uint32_t ioas, uint64_t iova,
		   const void *va, size_t length)
{
	return iommufd_map(bed->fd, ioas, MAP_RW | MAP_FIXED_IOVA, va, length,
			   &iova);
}

static void map_at(struct mockbed *bed, uint64_t iova, const void *va,
		   size_t length)
{
	assert_int_equal(try_map(bed, bed->ioas, iova, va, length), 0);
}

static void unmap(struct mockbed *bed, uint64_t iova, size_t length)
{
	uint64_t bytes = 0;

	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, iova, length,
				       &bytes), 0);
	assert_int_equal(bytes, length);
}

static struct test_mock add_mock(struct mockbed *bed, uint32_t pt,
				 uint32_t flags)
{
	struct test_mock mock = {};

	assert_int_equal(test_mock(bed->fd, pt, flags, &mock), 0);
	return mock;
}

static void maps(struct mockbed *bed, uint32_t hwpt, uint64_t iova,
		 const void *va, size_t length)
{
	assert_int_equal(test_check_map(bed->fd, hwpt, iova, va, length), 0);
}

/* Nothing of the range is mapped, in none of its halves of pages. */
static void maps_nothing(struct mockbed *bed, uint32_t hwpt, uint64_t iova,
			 const uint8_t *va, size_t length)
{
	size_t i;

	for (i = 0; i < length; i += HALF)
		assert_int_equal(test_check_map(bed->fd, hwpt, iova + i,
						va + i, HALF), -EINVAL);
}

static uint32_t entry(struct mockbed *bed, uint32_t hwpt, uint64_t iova)
{
	uint32_t flags = ~0U;

	assert_int_equal(test_entry(bed->fd, hwpt, iova, &flags), 0);
	return flags;
}

/* Each entry of the range is like that. */
static void entries(struct mockbed *bed, uint32_t hwpt, uint64_t iova,
		    size_t length, uint32_t flags)
{
	size_t i;

	for (i = 0; i < length; i += HALF)
		assert_int_equal(entry(bed, hwpt, iova + i), flags);
}

static void refs(struct mockbed *bed, const void *va, size_t length,
		 uint32_t refs)
{
	assert_int_equal(test_check_refs(bed->fd, va, length, refs), 0);
}

/* A page table of its own, of the same IOAS. */
static uint32_t new_hwpt(struct mockbed *bed, uint32_t ioas)
{
	uint32_t hwpt = 0;

	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->mock.idev, ioas,
					    &hwpt), 0);
	return hwpt;
}

/* A device with huge pages, and not in a page table that has none. */
static struct test_mock add_huge_mock(struct mockbed *bed)
{
	struct test_mock mock = add_mock(bed, bed->ioas,
					 MOCK_FLAGS_DEVICE_HUGE_IOVA);

	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, mock.idev, bed->ioas,
					    &mock.hwpt), 0);
	assert_int_equal(test_mock_replace(bed->fd, mock.stdev, &mock.hwpt),
			 0);
	return mock;
}

/* ---- one domain ---- */

static void test_map(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(20 * PAGE);

	map_at(bed, FREE_IOVA, mem, 20 * PAGE);
	maps(bed, bed->mock.hwpt, FREE_IOVA, mem, 20 * PAGE);
	maps_nothing(bed, bed->mock.hwpt, FREE_IOVA - PAGE, mem, PAGE);
	maps_nothing(bed, bed->mock.hwpt, FREE_IOVA + 20 * PAGE, mem, PAGE);
	refs(bed, mem, 20 * PAGE, 1);
	assert_int_equal(pinned(bed), 20 * PAGE);
	unmap(bed, FREE_IOVA, 20 * PAGE);
	maps_nothing(bed, bed->mock.hwpt, FREE_IOVA, mem, 20 * PAGE);
	refs(bed, mem, 20 * PAGE, 0);
	assert_int_equal(pinned(bed), 0);
	munmap(mem, 20 * PAGE);
}

/* Halves of pages: any multiple of 2 KiB, on both sides. */
static void test_map_halves(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(8 * PAGE);
	size_t from, length, shift;
	uint64_t iova;

	for (from = 0; from < 4; from++) {
		for (length = 1; length < 9; length++) {
			for (shift = 0; shift < 2; shift++) {
				iova = FREE_IOVA + shift * HALF;
				map_at(bed, iova, mem + from * HALF,
				       length * HALF);
				maps(bed, bed->mock.hwpt, iova,
				     mem + from * HALF, length * HALF);
				maps_nothing(bed, bed->mock.hwpt, iova - HALF,
					     mem, HALF);
				maps_nothing(bed, bed->mock.hwpt,
					     iova + length * HALF, mem, HALF);
				unmap(bed, iova, length * HALF);
				refs(bed, mem, 8 * PAGE, 0);
			}
		}
	}
	assert_int_equal(try_map(bed, bed->ioas, FREE_IOVA + 1024, mem, PAGE),
			 -EINVAL);
	assert_int_equal(try_map(bed, bed->ioas, FREE_IOVA, mem + 1024, PAGE),
			 -EINVAL);
	assert_int_equal(try_map(bed, bed->ioas, FREE_IOVA, mem, 1024),
			 -EINVAL);
	munmap(mem, 8 * PAGE);
}

/* Two areas in one page, of one page: pinned for each. */
static void test_map_halves_of_a_page(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = small_pages(PAGE);

	map_at(bed, FREE_IOVA + HALF, mem, HALF);
	map_at(bed, FREE_IOVA, mem + HALF, HALF);
	refs(bed, mem, PAGE, 2);
	maps(bed, bed->mock.hwpt, FREE_IOVA + HALF, mem, HALF);
	maps(bed, bed->mock.hwpt, FREE_IOVA, mem + HALF, HALF);
	unmap(bed, FREE_IOVA, HALF);
	maps(bed, bed->mock.hwpt, FREE_IOVA + HALF, mem, HALF);
	refs(bed, mem, PAGE, 1);
	munmap(mem, PAGE);
}

/* May read, may write: what was asked, and no more. */
static void test_rights(void **state)
{
	static const struct {
		uint32_t map, entry;
	} rights[] = {
		{ MAP_R, MOCK_ENTRY_READ },
		{ MAP_W, MOCK_ENTRY_WRITE },
		{ MAP_RW, MOCK_ENTRY_READ | MOCK_ENTRY_WRITE },
	};
	struct mockbed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd);
	struct test_mock mock = add_mock(bed, ioas, 0), late;
	uint8_t *mem = scattered_pages(4 * PAGE);
	size_t length[] = { PAGE, 3 * PAGE }, i, n;
	uint64_t iova = FREE_IOVA;

	for (n = 0; n < ARRAY_SIZE(length); n++) {
		for (i = 0; i < ARRAY_SIZE(rights); i++) {
			uint32_t flags = rights[i].map | MAP_FIXED_IOVA;

			assert_int_equal(iommufd_map(bed->fd, bed->ioas, flags,
						     mem, length[n], &iova),
					 0);
			entries(bed, bed->mock.hwpt, iova, length[n],
				rights[i].entry);
			late = add_mock(bed, new_hwpt(bed, bed->ioas), 0);
			entries(bed, late.hwpt, iova, length[n],
				rights[i].entry);
			assert_int_equal(iommufd_copy(bed->fd, MAP_R |
						      MAP_FIXED_IOVA, ioas,
						      &iova, bed->ioas, iova,
						      length[n]), 0);
			entries(bed, mock.hwpt, iova, length[n],
				MOCK_ENTRY_READ);
			assert_int_equal(iommufd_unmap_all(bed->fd, ioas,
							   NULL), 0);
			entries(bed, mock.hwpt, iova, length[n], 0);
			unmap(bed, iova, length[n]);
		}
	}
	munmap(mem, 4 * PAGE);
}

static void test_aperture(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = small_pages(2 * PAGE);
	struct iommu_iova_range range = {};
	uint64_t alignment = 0;
	uint32_t num = 1;

	assert_int_equal(iommufd_ranges(bed->fd, bed->ioas, &range, &num,
					&alignment), 0);
	assert_int_equal(num, 1);
	assert_int_equal(range.start, MOCK_APERTURE_START);
	assert_int_equal(range.last, MOCK_APERTURE_LAST);
	assert_int_equal(alignment, HALF);
	map_at(bed, MOCK_APERTURE_START, mem, PAGE);
	map_at(bed, MOCK_APERTURE_LAST + 1 - PAGE, mem, PAGE);
	maps(bed, bed->mock.hwpt, MOCK_APERTURE_LAST + 1 - PAGE, mem, PAGE);
	assert_int_equal(try_map(bed, bed->ioas, MOCK_APERTURE_START - HALF,
				 mem, HALF), -EINVAL);
	assert_int_equal(try_map(bed, bed->ioas, MOCK_APERTURE_LAST + 1, mem,
				 PAGE), -EINVAL);
	munmap(mem, 2 * PAGE);
}

/* Neighbours that are unmapped together, and others between them. */
static void test_unmap_runs(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(16 * PAGE);
	size_t i;

	for (i = 0; i < 16; i++)
		if (i % 5 != 4)
			map_at(bed, FREE_IOVA + i * PAGE, mem + i * PAGE,
			       PAGE);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, FREE_IOVA + PAGE,
				       14 * PAGE, NULL), 0);
	maps_nothing(bed, bed->mock.hwpt, FREE_IOVA + PAGE, mem + PAGE,
		     14 * PAGE);
	maps(bed, bed->mock.hwpt, FREE_IOVA, mem, PAGE);
	maps(bed, bed->mock.hwpt, FREE_IOVA + 15 * PAGE, mem + 15 * PAGE,
	     PAGE);
	assert_int_equal(pinned(bed), 2 * PAGE);
	munmap(mem, 16 * PAGE);
}

/* ---- large pages ---- */

static void test_huge(void **state)
{
	struct mockbed *bed = *state;
	struct test_mock mock = add_huge_mock(bed);
	uint8_t *mem = huge_pages(2 * HUGE);

	/* Aligned as the memory is; then by half of it; then not at all. */
	map_at(bed, FREE_IOVA, mem, 2 * HUGE);
	entries(bed, mock.hwpt, FREE_IOVA, 2 * HUGE,
		MOCK_ENTRY_READ | MOCK_ENTRY_WRITE | MOCK_ENTRY_HUGE);
	maps(bed, mock.hwpt, FREE_IOVA, mem, 2 * HUGE);
	maps(bed, bed->mock.hwpt, FREE_IOVA, mem, 2 * HUGE);
	unmap(bed, FREE_IOVA, 2 * HUGE);
	map_at(bed, FREE_IOVA + MOCK_HUGE_PAGE, mem, 2 * HUGE);
	maps(bed, mock.hwpt, FREE_IOVA + MOCK_HUGE_PAGE, mem, 2 * HUGE);
	unmap(bed, FREE_IOVA + MOCK_HUGE_PAGE, 2 * HUGE);
	map_at(bed, FREE_IOVA + HALF, mem + PAGE, HUGE);
	maps(bed, mock.hwpt, FREE_IOVA + HALF, mem + PAGE, HUGE);
	unmap(bed, FREE_IOVA + HALF, HUGE);
	map_at(bed, FREE_IOVA + PAGE, mem + PAGE, HUGE);
	maps(bed, mock.hwpt, FREE_IOVA + PAGE, mem + PAGE, HUGE);
	unmap(bed, FREE_IOVA + PAGE, HUGE);
	assert_int_equal(pinned(bed), 0);
}

/* Neighbours that together would be a huge page, unmapped one by one. */
static void test_huge_of_neighbours(void **state)
{
	struct mockbed *bed = *state;
	struct test_mock mock = add_huge_mock(bed);
	uint8_t *mem = huge_pages(HUGE);

	map_at(bed, FREE_IOVA, mem, 4 * PAGE);
	map_at(bed, FREE_IOVA + 4 * PAGE, mem + 4 * PAGE, HUGE - 4 * PAGE);
	maps(bed, mock.hwpt, FREE_IOVA, mem, HUGE);
	unmap(bed, FREE_IOVA, 4 * PAGE);
	maps(bed, mock.hwpt, FREE_IOVA + 4 * PAGE, mem + 4 * PAGE,
	     HUGE - 4 * PAGE);
	unmap(bed, FREE_IOVA + 4 * PAGE, HUGE - 4 * PAGE);
}

static void test_huge_off(void **state)
{
	struct mockbed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd);
	uint8_t *mem = huge_pages(HUGE);
	struct test_mock mock;

	assert_int_equal(iommufd_option_set(bed->fd, IOMMU_OPTION_HUGE_PAGES,
					    ioas, 0), 0);
	mock = add_mock(bed, ioas, MOCK_FLAGS_DEVICE_HUGE_IOVA);
	assert_int_equal(try_map(bed, ioas, FREE_IOVA + HALF, mem, HUGE),
			 -EINVAL);
	/* Nor does the driver make huge pages by itself. */
	assert_int_equal(try_map(bed, ioas, FREE_IOVA, mem, HUGE), 0);
	entries(bed, mock.hwpt, FREE_IOVA, HUGE,
		MOCK_ENTRY_READ | MOCK_ENTRY_WRITE);
	maps(bed, mock.hwpt, FREE_IOVA, mem, HUGE);
	assert_int_equal(iommufd_unmap_all(bed->fd, ioas, NULL), 0);
}

/* What is mapped already stays as it is, so it must fit. */
static void test_huge_off_refused(void **state)
{
	struct mockbed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd), option = IOMMU_OPTION_HUGE_PAGES;
	uint8_t *mem = small_pages(2 * PAGE);

	map_at(bed, FREE_IOVA, mem, PAGE);
	assert_int_equal(iommufd_option_set(bed->fd, option, bed->ioas, 0),
			 -EINVAL);
	unmap(bed, FREE_IOVA, PAGE);
	assert_int_equal(iommufd_option_set(bed->fd, option, bed->ioas, 0), 0);

	assert_int_equal(try_map(bed, ioas, FREE_IOVA, mem, PAGE), 0);
	assert_int_equal(iommufd_option_set(bed->fd, option, ioas, 0), 0);
	assert_int_equal(iommufd_option_set(bed->fd, option, ioas, 1), 0);
	assert_int_equal(try_map(bed, ioas, FREE_IOVA + PAGE, mem + HALF,
				 PAGE), 0);
	assert_int_equal(iommufd_option_set(bed->fd, option, ioas, 0),
			 -EADDRINUSE);
	munmap(mem, 2 * PAGE);
}

/* ---- where calls end ---- */

/* In one piece, on both sides of the end, by this much before. */
static void test_across(void **state)
{
	static const size_t before[] = {
		HALF, PAGE, HUGE / 2, HUGE, HUGE + PAGE, 2 * HUGE - HALF,
	};
	struct mockbed *bed = *state;
	struct test_mock mock = add_huge_mock(bed), late;
	uint8_t *mem = huge_pages(2 * HUGE);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(before); i++) {
		uint64_t iova = CALL_END - before[i];

		map_at(bed, iova, mem, 2 * HUGE);
		late = add_mock(bed, new_hwpt(bed, bed->ioas), 0);
		maps(bed, bed->mock.hwpt, iova, mem, 2 * HUGE);
		maps(bed, mock.hwpt, iova, mem, 2 * HUGE);
		maps(bed, late.hwpt, CALL_END - HALF, mem + before[i] - HALF,
		     2 * HALF);
		unmap(bed, iova, 2 * HUGE);
		maps_nothing(bed, bed->mock.hwpt, CALL_END - HALF, mem,
			     2 * HALF);
		refs(bed, mem, 2 * HUGE, 0);
		assert_int_equal(pinned(bed), 0);
		assert_int_equal(iommufd_destroy(bed->fd, late.stdev), 0);
		assert_int_equal(iommufd_destroy(bed->fd, late.hwpt), 0);
	}
	munmap(mem, 2 * HUGE);
}

/* A copy lies otherwise, and is unmapped with a neighbour. */
static void test_across_copy(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = huge_pages(HUGE);
	uint64_t iova = CALL_END - 3 * PAGE;

	map_at(bed, FREE_IOVA, mem, HUGE);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->ioas, &iova, bed->ioas,
				      FREE_IOVA + PAGE, 8 * PAGE), 0);
	map_at(bed, iova + 8 * PAGE, mem, HUGE);
	maps(bed, bed->mock.hwpt, iova, mem + PAGE, 8 * PAGE);
	unmap(bed, FREE_IOVA, HUGE);
	unmap(bed, iova, 8 * PAGE + HUGE);
	maps_nothing(bed, bed->mock.hwpt, iova, mem, 16 * PAGE);
	refs(bed, mem, HUGE, 0);
	assert_int_equal(pinned(bed), 0);
	munmap(mem, HUGE);
}

/* Parts of a mapping, as version 1 of the container ABI unmaps them. */
static void test_across_parts(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = huge_pages(HUGE);
	uint64_t iova = CALL_END - 8 * PAGE;

	assert_int_equal(iommufd_vfio_ioas(bed->fd, IOMMU_VFIO_IOAS_SET,
					   &bed->ioas), 0);
	assert_int_equal(type1_set_iommu(bed->fd, VFIO_TYPE1_IOMMU), 0);
	assert_int_equal(type1_map(bed->fd, TYPE1_RW, mem, 16 * PAGE, iova), 0);
	assert_int_equal(type1_unmap(bed->fd, CALL_END - PAGE, 3 * PAGE, NULL),
			 0);
	maps(bed, bed->mock.hwpt, iova, mem, 7 * PAGE);
	maps_nothing(bed, bed->mock.hwpt, CALL_END - PAGE, mem, 3 * PAGE);
	maps(bed, bed->mock.hwpt, CALL_END + 2 * PAGE, mem + 10 * PAGE,
	     6 * PAGE);
	assert_int_equal(pinned(bed), 13 * PAGE);
	assert_int_equal(type1_unmap(bed->fd, iova, 16 * PAGE, NULL), 0);
	refs(bed, mem, 16 * PAGE, 0);
	assert_int_equal(pinned(bed), 0);
	munmap(mem, HUGE);
}

static void test_memory_limits(void **state)
{
	static const uint32_t limits[] = { 8, 16, 24, 1000, 4096 };
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(700 * PAGE), *huge = huge_pages(HUGE);
	size_t i;

	add_huge_mock(bed);
	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		assert_int_equal(test_memory_limit(bed->fd, limits[i]), 0);
		map_at(bed, FREE_IOVA + HALF, mem + HALF, 699 * PAGE);
		maps(bed, bed->mock.hwpt, FREE_IOVA + HALF, mem + HALF,
		     699 * PAGE);
		map_at(bed, FREE_IOVA + 8 * HUGE, huge, HUGE);
		maps(bed, bed->mock.hwpt, FREE_IOVA + 8 * HUGE, huge, HUGE);
		assert_int_equal(pinned(bed), 700 * PAGE + HUGE);
		assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas, NULL),
				 0);
		refs(bed, mem, 700 * PAGE, 0);
	}
	assert_int_equal(test_memory_limit(bed->fd, 65536), 0);
	munmap(mem, 700 * PAGE);
}

/* ---- several domains ---- */

static void test_two_devices_share(void **state)
{
	struct mockbed *bed = *state;
	struct test_mock mock = add_mock(bed, bed->ioas, 0);

	assert_int_equal(mock.hwpt, bed->mock.hwpt);
	assert_int_not_equal(mock.stdev, bed->mock.stdev);
	assert_int_not_equal(mock.idev, bed->mock.idev);
	assert_int_equal(iommufd_destroy(bed->fd, bed->mock.stdev), 0);
	assert_int_equal(iommufd_destroy(bed->fd, mock.hwpt), -EBUSY);
	assert_int_equal(iommufd_destroy(bed->fd, mock.idev), -EBUSY);
	assert_int_equal(iommufd_destroy(bed->fd, mock.stdev), 0);
	/* A page table that attach has made goes with its last device. */
	assert_int_equal(iommufd_destroy(bed->fd, mock.hwpt), -ENOENT);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), 0);
}

static void test_two_domains(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(6 * PAGE);
	struct test_mock other;
	uint32_t hwpt;

	map_at(bed, FREE_IOVA, mem, 2 * PAGE);
	hwpt = new_hwpt(bed, bed->ioas);
	other = add_mock(bed, hwpt, 0);
	assert_int_equal(other.hwpt, hwpt);
	map_at(bed, FREE_IOVA + HALF + 2 * PAGE, mem + HALF + 2 * PAGE, PAGE);
	maps(bed, hwpt, FREE_IOVA, mem, 2 * PAGE);
	maps(bed, hwpt, FREE_IOVA + HALF + 2 * PAGE, mem + HALF + 2 * PAGE,
	     PAGE);
	/* Pinned and charged once. */
	refs(bed, mem, 4 * PAGE, 1);
	assert_int_equal(pinned(bed), 4 * PAGE);
	unmap(bed, FREE_IOVA, 2 * PAGE);
	maps_nothing(bed, hwpt, FREE_IOVA, mem, 2 * PAGE);
	maps_nothing(bed, bed->mock.hwpt, FREE_IOVA, mem, 2 * PAGE);
	/* One goes, the other stays. */
	assert_int_equal(iommufd_destroy(bed->fd, bed->mock.stdev), 0);
	maps(bed, hwpt, FREE_IOVA + HALF + 2 * PAGE, mem + HALF + 2 * PAGE,
	     PAGE);
	refs(bed, mem + 2 * PAGE, 2 * PAGE, 1);
	assert_int_equal(iommufd_destroy(bed->fd, other.stdev), 0);
	refs(bed, mem + 2 * PAGE, 2 * PAGE, 1);
	assert_int_equal(iommufd_destroy(bed->fd, hwpt), 0);
	refs(bed, mem, 6 * PAGE, 0);
	assert_int_equal(pinned(bed), 0);
	munmap(mem, 6 * PAGE);
}

/* Mapped long before there is a domain; and again after it has gone. */
static void test_lazy(void **state)
{
	struct mockbed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd);
	uint8_t *mem = scattered_pages(9 * PAGE);
	struct test_mock mock;
	int i;

	assert_int_equal(try_map(bed, ioas, FREE_IOVA, mem, 3 * PAGE), 0);
	assert_int_equal(try_map(bed, ioas, FREE_IOVA + HUGE, mem + 3 * PAGE,
				 6 * PAGE), 0);
	refs(bed, mem, 9 * PAGE, 0);
	for (i = 0; i < 3; i++) {
		mock = add_mock(bed, ioas, 0);
		maps(bed, mock.hwpt, FREE_IOVA, mem, 3 * PAGE);
		maps(bed, mock.hwpt, FREE_IOVA + HUGE, mem + 3 * PAGE,
		     6 * PAGE);
		refs(bed, mem, 9 * PAGE, 1);
		assert_int_equal(iommufd_destroy(bed->fd, mock.stdev), 0);
		refs(bed, mem, 9 * PAGE, 0);
	}
	munmap(mem, 9 * PAGE);
}

/* What is mapped does not fit the domain: nothing is attached. */
static void test_attach_refused(void **state)
{
	struct mockbed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd);
	uint8_t *mem = small_pages(2 * PAGE);
	uint64_t low = 0x1000;

	assert_int_equal(try_map(bed, ioas, low, mem, PAGE), 0);
	assert_int_equal(test_mock(bed->fd, ioas, 0, NULL), -EADDRINUSE);
	assert_int_equal(iommufd_unmap_all(bed->fd, ioas, NULL), 0);
	assert_int_equal(try_map(bed, ioas, FREE_IOVA + 1, mem, PAGE), 0);
	assert_int_equal(test_mock(bed->fd, ioas, 0, NULL), -EADDRINUSE);
	refs(bed, mem, PAGE, 0);
	assert_int_equal(iommufd_unmap_all(bed->fd, ioas, NULL), 0);
	assert_int_equal(test_mock(bed->fd, NO_ID, 0, NULL), -ENOENT);
	assert_int_equal(test_mock(bed->fd, bed->mock.idev, 0, NULL), -EINVAL);
	assert_int_equal(iommufd_destroy(bed->fd, ioas), 0);
	munmap(mem, 2 * PAGE);
}

static void test_copy(void **state)
{
	struct mockbed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd);
	struct test_mock mock = add_mock(bed, ioas, 0);
	uint8_t *mem = scattered_pages(8 * PAGE);
	uint64_t iova = FREE_IOVA + 3 * HALF;

	map_at(bed, FREE_IOVA, mem, 4 * PAGE);
	map_at(bed, FREE_IOVA + 4 * PAGE, mem + 4 * PAGE, 4 * PAGE);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA, ioas,
				      &iova, bed->ioas, FREE_IOVA + 3 * HALF,
				      5 * PAGE), 0);
	maps(bed, mock.hwpt, iova, mem + 3 * HALF, 5 * PAGE);
	maps_nothing(bed, mock.hwpt, iova - HALF, mem, HALF);
	maps_nothing(bed, mock.hwpt, iova + 5 * PAGE, mem, HALF);
	refs(bed, mem, 8 * PAGE, 1);
	assert_int_equal(pinned(bed), 8 * PAGE);
	/* The first goes: exactly what the copy needs stays pinned. */
	assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas, NULL), 0);
	maps(bed, mock.hwpt, iova, mem + 3 * HALF, 5 * PAGE);
	refs(bed, mem, PAGE, 0);
	refs(bed, mem + PAGE, 6 * PAGE, 1);
	refs(bed, mem + 7 * PAGE, PAGE, 0);
	assert_int_equal(pinned(bed), 6 * PAGE);
	munmap(mem, 8 * PAGE);
}

/* Within one IOAS, and over an access that pins. */
static void test_copy_to_self(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(4 * PAGE);
	uint64_t iova = FREE_IOVA + HUGE;
	uint32_t pin = 0;
	int access;

	map_at(bed, FREE_IOVA, mem, 4 * PAGE);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->ioas, &iova, bed->ioas,
				      FREE_IOVA + PAGE, 2 * PAGE), 0);
	maps(bed, bed->mock.hwpt, iova, mem + PAGE, 2 * PAGE);
	assert_int_equal(test_access_create(bed->fd, bed->ioas, ACCESS_PINS,
					    &access), 0);
	assert_int_equal(test_access_pin(bed->fd, access, ACCESS_WRITE,
					 iova + PAGE, PAGE, mem + 2 * PAGE,
					 &pin), 0);
	unmap(bed, FREE_IOVA, 4 * PAGE);
	refs(bed, mem + PAGE, 2 * PAGE, 1);
	assert_int_equal(pinned(bed), 2 * PAGE);
	unmap(bed, iova, 2 * PAGE);
	refs(bed, mem, 4 * PAGE, 0);
	close(access);
	munmap(mem, 4 * PAGE);
}

static void test_replace(void **state)
{
	struct mockbed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd), pt = ioas, hwpt;
	uint8_t *mem = scattered_pages(2 * PAGE);

	map_at(bed, FREE_IOVA, mem, PAGE);
	assert_int_equal(try_map(bed, ioas, FREE_IOVA + PAGE, mem + PAGE,
				 PAGE), 0);
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt), 0);
	maps(bed, pt, FREE_IOVA + PAGE, mem + PAGE, PAGE);
	maps_nothing(bed, pt, FREE_IOVA, mem, PAGE);
	/* The page table that was left is gone, and what it held. */
	assert_int_equal(test_check_map(bed->fd, bed->mock.hwpt, FREE_IOVA,
					mem, PAGE), -ENOENT);
	refs(bed, mem, PAGE, 0);
	refs(bed, mem + PAGE, PAGE, 1);
	/* To a page table by its own id, and to what it has already. */
	hwpt = new_hwpt(bed, bed->ioas);
	pt = hwpt;
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt), 0);
	assert_int_equal(pt, hwpt);
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt), 0);
	maps(bed, hwpt, FREE_IOVA, mem, PAGE);
	refs(bed, mem + PAGE, PAGE, 0);
	pt = NO_ID;
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt),
			 -ENOENT);
	pt = bed->mock.stdev;
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt),
			 -EINVAL);
	munmap(mem, 2 * PAGE);
}

/* The new IOAS does not fit: the old one stays attached. */
static void test_replace_refused(void **state)
{
	struct mockbed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd), pt = ioas;
	uint8_t *mem = scattered_pages(2 * PAGE);

	map_at(bed, FREE_IOVA, mem, PAGE);
	assert_int_equal(try_map(bed, ioas, 0x1000, mem + PAGE, PAGE), 0);
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt),
			 -EADDRINUSE);
	maps(bed, bed->mock.hwpt, FREE_IOVA, mem, PAGE);
	map_at(bed, FREE_IOVA + PAGE, mem + PAGE, PAGE);
	maps(bed, bed->mock.hwpt, FREE_IOVA, mem, 2 * PAGE);
	assert_int_equal(iommufd_destroy(bed->fd, ioas), 0);
	munmap(mem, 2 * PAGE);
}

/* ---- failures in the middle ---- */

static void fail_map(unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	assert_int_equal(file_write(FAIL_MAP, text), 0);
}

/* Whether it is still to come; then it is taken back. */
static bool fail_is_pending(void)
{
	uint64_t n = 0;

	assert_int_equal(file_read_u64(FAIL_MAP, &n), 0);
	fail_map(0);
	return n;
}

/*
 * Each page of a table in turn can't be had, in two domains: after each
 * failure nothing is mapped and nothing is pinned. Frames in a row, so that
 * one call of the driver could fill several tables.
 */
static void fail_map_of(struct mockbed *bed, uint8_t *mem, size_t size,
			uint64_t iova)
{
	unsigned int n, failed = 0;
	uint32_t hwpt;

	hwpt = new_hwpt(bed, bed->ioas);
	add_mock(bed, hwpt, 0);
	for (n = 1; ; n++) {
		int rc;

		fail_map(n);
		rc = try_map(bed, bed->ioas, iova, mem, size);
		if (!rc)
			break;
		assert_int_equal(rc, -ENOMEM);
		failed++;
		if (n < 4 || n % 7 == 0) {
			maps_nothing(bed, bed->mock.hwpt, iova, mem, size);
			maps_nothing(bed, hwpt, iova, mem, size);
		}
		assert_int_equal(pinned(bed), 0);
	}
	assert_true(fail_is_pending());
	assert_true(failed >= 2);
	maps(bed, bed->mock.hwpt, iova, mem, size);
	maps(bed, hwpt, iova, mem, size);
	unmap(bed, iova, size);
	assert_int_equal(pinned(bed), 0);
}

static void test_fail_map(void **state)
{
	uint8_t *mem = huge_pages(2 * HUGE);

	fail_map_of(*state, mem, 2 * HUGE, FREE_IOVA);
	fail_map_of(*state, mem + PAGE, HUGE, FREE_IOVA + HALF);
	fail_map_of(*state, mem, 2 * HUGE, CALL_END - HUGE - PAGE);
}

static void test_fail_map_scattered(void **state)
{
	uint8_t *mem = scattered_pages(40 * PAGE);

	fail_map_of(*state, mem, 40 * PAGE, FREE_IOVA);
	munmap(mem, 40 * PAGE);
}

static void test_fail_attach(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(8 * PAGE);
	uint32_t ioas = new_ioas(bed->fd);
	struct test_mock mock;
	unsigned int n;
	int i, rc;

	for (i = 0; i < 4; i++)
		assert_int_equal(try_map(bed, ioas, FREE_IOVA + i * HUGE,
					 mem + i * 2 * PAGE, 2 * PAGE), 0);
	for (n = 1; ; n++) {
		fail_map(n);
		rc = test_mock(bed->fd, ioas, 0, &mock);
		if (!rc)
			break;
		assert_int_equal(rc, -ENOMEM);
		refs(bed, mem, 8 * PAGE, 0);
		assert_int_equal(pinned(bed), 0);
	}
	assert_true(fail_is_pending());
	assert_true(n > 4);
	for (i = 0; i < 4; i++)
		maps(bed, mock.hwpt, FREE_IOVA + i * HUGE, mem + i * 2 * PAGE,
		     2 * PAGE);
	munmap(mem, 8 * PAGE);
}

/* One more domain can't be filled: the first one does not notice. */
static void test_fail_second_domain(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(8 * PAGE);
	uint32_t pt = 0;
	unsigned int n;
	int i;

	for (i = 0; i < 4; i++)
		map_at(bed, FREE_IOVA + i * HUGE, mem + i * 2 * PAGE,
		       2 * PAGE);
	for (n = 1; ; n++) {
		struct test_mock mock;
		int rc;

		fail_map(n);
		rc = test_mock(bed->fd, bed->ioas, MOCK_FLAGS_DEVICE_HUGE_IOVA,
			       &mock);
		/* It may share the first one's page table. */
		if (!rc && mock.hwpt == bed->mock.hwpt) {
			fail_map(n);
			rc = iommufd_hwpt_alloc(bed->fd, 0, mock.idev,
						bed->ioas, &pt);
			if (!rc)
				rc = test_mock_replace(bed->fd, mock.stdev,
						       &pt);
			if (rc) {
				iommufd_destroy(bed->fd, mock.stdev);
				if (pt)
					iommufd_destroy(bed->fd, pt);
				pt = 0;
			}
		}
		for (i = 0; i < 4; i++)
			maps(bed, bed->mock.hwpt, FREE_IOVA + i * HUGE,
			     mem + i * 2 * PAGE, 2 * PAGE);
		refs(bed, mem, 8 * PAGE, 1);
		if (!rc)
			break;
		assert_int_equal(rc, -ENOMEM);
	}
	assert_true(fail_is_pending());
	assert_true(n > 4);
	munmap(mem, 8 * PAGE);
}

static void test_fail_replace(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(8 * PAGE);
	uint32_t ioas = new_ioas(bed->fd), pt;
	unsigned int n;
	int rc;

	map_at(bed, FREE_IOVA, mem, 4 * PAGE);
	assert_int_equal(try_map(bed, ioas, FREE_IOVA, mem + 4 * PAGE,
				 4 * PAGE), 0);
	for (n = 1; ; n++) {
		pt = ioas;
		fail_map(n);
		rc = test_mock_replace(bed->fd, bed->mock.stdev, &pt);
		if (!rc)
			break;
		assert_int_equal(rc, -ENOMEM);
		maps(bed, bed->mock.hwpt, FREE_IOVA, mem, 4 * PAGE);
		refs(bed, mem, 4 * PAGE, 1);
		refs(bed, mem + 4 * PAGE, 4 * PAGE, 0);
	}
	assert_true(fail_is_pending());
	assert_true(n > 1);
	maps(bed, pt, FREE_IOVA, mem + 4 * PAGE, 4 * PAGE);
	refs(bed, mem, 4 * PAGE, 0);
	munmap(mem, 8 * PAGE);
}

static void test_fail_copy(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(12 * PAGE);
	uint32_t ioas = new_ioas(bed->fd);
	struct test_mock mock = add_mock(bed, ioas, 0);
	uint64_t iova = FREE_IOVA + HUGE;
	unsigned int n;
	int i, rc;

	for (i = 0; i < 3; i++)
		map_at(bed, FREE_IOVA + i * 4 * PAGE, mem + i * 4 * PAGE,
		       4 * PAGE);
	for (n = 1; ; n++) {
		fail_map(n);
		rc = iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA, ioas,
				  &iova, bed->ioas, FREE_IOVA + PAGE,
				  10 * PAGE);
		if (!rc)
			break;
		assert_int_equal(rc, -ENOMEM);
		maps_nothing(bed, mock.hwpt, iova, mem + PAGE, 10 * PAGE);
		refs(bed, mem, 12 * PAGE, 1);
	}
	assert_true(fail_is_pending());
	assert_true(n > 3);
	maps(bed, mock.hwpt, iova, mem + PAGE, 10 * PAGE);
	munmap(mem, 12 * PAGE);
}

/* The memory ends in the middle. */
static void test_fail_pin(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(600 * PAGE);

	munmap(mem + 550 * PAGE, PAGE);
	assert_int_equal(try_map(bed, bed->ioas, FREE_IOVA, mem, 600 * PAGE),
			 -EFAULT);
	maps_nothing(bed, bed->mock.hwpt, FREE_IOVA, mem, 10 * PAGE);
	refs(bed, mem, 550 * PAGE, 0);
	assert_int_equal(pinned(bed), 0);
	map_at(bed, FREE_IOVA, mem, 550 * PAGE);
	maps(bed, bed->mock.hwpt, FREE_IOVA, mem, 550 * PAGE);
	munmap(mem, 600 * PAGE);
}

/* ---- marks of what devices write ---- */

static void test_dirty_marks(void **state)
{
	uint64_t bits[2] = { 0x8000000000000005, 0x3 }, count = 0;
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(40 * PAGE);
	uint32_t hwpt = bed->mock.hwpt;
	size_t i;

	map_at(bed, FREE_IOVA, mem, 40 * PAGE);
	unmap(bed, FREE_IOVA, 40 * PAGE);
	map_at(bed, FREE_IOVA, mem, 32 * PAGE + HALF);
	assert_int_equal(test_track(bed->fd, hwpt, 1), 0);
	assert_int_equal(test_dirty(bed->fd, hwpt, FREE_IOVA, 80 * HALF, HALF,
				    bits, &count), 0);
	/* Of the last one there is nothing. */
	assert_int_equal(count, 4);
	for (i = 0; i < 66; i++)
		assert_int_equal(entry(bed, hwpt, FREE_IOVA + i * HALF),
				 i == 65 ? 0 : MOCK_ENTRY_READ |
				 MOCK_ENTRY_WRITE |
				 (bits[i / 64] >> i % 64 & 1 ?
				  MOCK_ENTRY_DIRTY : 0));
	/* Bits of larger pages; and those after the length do not count. */
	bits[0] = 0x6;
	assert_int_equal(test_dirty(bed->fd, hwpt, FREE_IOVA + 8 * PAGE,
				    4 * PAGE, 2 * PAGE, bits, &count), 0);
	assert_int_equal(count, 1);
	entries(bed, hwpt, FREE_IOVA + 10 * PAGE, HALF,
		MOCK_ENTRY_READ | MOCK_ENTRY_WRITE | MOCK_ENTRY_DIRTY);
	entries(bed, hwpt, FREE_IOVA + 12 * PAGE, HALF,
		MOCK_ENTRY_READ | MOCK_ENTRY_WRITE);
	maps(bed, hwpt, FREE_IOVA, mem, 32 * PAGE + HALF);
	munmap(mem, 40 * PAGE);
}

static void test_dirty_refused(void **state)
{
	struct mockbed *bed = *state;
	uint32_t hwpt = bed->mock.hwpt;
	uint64_t bits = 1;
	const struct {
		uint32_t hwpt;
		uint64_t iova, length, page_size;
		const void *bitmap;
		int rc;
	} calls[] = {
		{ hwpt, FREE_IOVA, HALF, 0, &bits, -EINVAL },
		{ hwpt, FREE_IOVA, 0, HALF, &bits, -EINVAL },
		{ hwpt, FREE_IOVA + 1, HALF, HALF, &bits, -EINVAL },
		{ hwpt, FREE_IOVA, HALF + 1, HALF, &bits, -EINVAL },
		{ hwpt, FREE_IOVA, HALF, HALF, NULL, -EINVAL },
		{ hwpt, 0, (1UL << 27) + 1, 1, &bits, -EOVERFLOW },
		{ NO_ID, FREE_IOVA, HALF, HALF, &bits, -ENOENT },
		{ bed->ioas, FREE_IOVA, HALF, HALF, &bits, -ENOENT },
		{ hwpt, FREE_IOVA, HALF, HALF, (void *)8, -EFAULT },
	};
	size_t i;

	/* Before anything tracks. */
	assert_int_equal(test_dirty(bed->fd, hwpt, FREE_IOVA, HALF, HALF,
				    &bits, NULL), -EINVAL);
	assert_int_equal(test_track(bed->fd, hwpt, 1), 0);
	assert_int_equal(test_dirty(bed->fd, hwpt, FREE_IOVA, HALF, HALF,
				    &bits, NULL), 0);
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		assert_int_equal(test_dirty(bed->fd, calls[i].hwpt,
					    calls[i].iova, calls[i].length,
					    calls[i].page_size,
					    calls[i].bitmap, NULL),
				 calls[i].rc);
	assert_int_equal(test_track(bed->fd, hwpt, 0), 0);
	assert_int_equal(test_dirty(bed->fd, hwpt, FREE_IOVA, HALF, HALF,
				    &bits, NULL), -EINVAL);
}

/* No page table is nested yet. */
static void test_iotlb_refused(void **state)
{
	struct mockbed *bed = *state;
	uint32_t ids[] = { bed->mock.hwpt, bed->ioas, bed->mock.idev, NO_ID };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		assert_int_equal(test_check_iotlb(bed->fd, ids[i], 0, 0),
				 -ENOENT);
}

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
		note(race, "pin", test_access_pin(bed->fd, access, 0, iova,
						  RACE_SLOT, NULL, NULL));
		close(access);
	}
	return NULL;
}

static void test_race(void **state)
{
	static void *(* const threads[])(void *arg) = {
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

static void test_hw_info(void **state)
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
}

static void reload(void)
{
	assert_int_equal(module_unload("iommufd_selftest"), 0);
	assert_int_equal(manners_load(), 0);
}

/* Nothing keeps the module once the files are closed. */
static void test_close(void **state)
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
	static void *(* const threads[])(void *arg) = {
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

static void test_killed(void **state)
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, mockbed_setup, \
						   mockbed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_map),
	TEST(test_map_halves),
	TEST(test_map_halves_of_a_page),
	TEST(test_rights),
	TEST(test_aperture),
	TEST(test_unmap_runs),
	TEST(test_huge),
	TEST(test_huge_of_neighbours),
	TEST(test_huge_off),
	TEST(test_huge_off_refused),
	TEST(test_across),
	TEST(test_across_copy),
	TEST(test_across_parts),
	TEST(test_memory_limits),
	TEST(test_two_devices_share),
	TEST(test_two_domains),
	TEST(test_lazy),
	TEST(test_attach_refused),
	TEST(test_copy),
	TEST(test_copy_to_self),
	TEST(test_replace),
	TEST(test_replace_refused),
	TEST(test_fail_map),
	TEST(test_fail_map_scattered),
	TEST(test_fail_attach),
	TEST(test_fail_second_domain),
	TEST(test_fail_replace),
	TEST(test_fail_copy),
	TEST(test_fail_pin),
	TEST(test_dirty_marks),
	TEST(test_dirty_refused),
	TEST(test_iotlb_refused),
	TEST(test_race),
	TEST(test_hw_info),
	TEST(test_close),
	TEST(test_killed),
};

static int run(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* ---- the module itself ---- */

#define TAINT_TEST 18

static void test_says_what_it_is(void **state)
{
	int kmsg = kmsg_open();
	uint64_t tainted = 0;

	assert_int_equal(module_load("iommufd_selftest", NULL), 0);
	assert_true(kmsg_has(kmsg, "for tests only"));
	assert_int_equal(file_read_u64("/proc/sys/kernel/tainted", &tainted),
			 0);
	assert_true(tainted >> TAINT_TEST & 1);
	assert_int_equal(module_unload("iommufd_selftest"), 0);
	close(kmsg);
}

#define UNSAFE "/sys/module/iommufd/parameters/allow_unsafe_interrupts"
#define BINDS 200
#define LINES_MAX 20

/* Who may open a device can't fill the log with what it says of that. */
static void test_log_is_spared(void **state)
{
	struct test_mock mock;
	int kmsg, fd, i, lines;
	char unsafe[8] = "";
	uint32_t ioas;

	assert_int_equal(module_load("iommufd_selftest", NULL), 0);
	assert_true(file_read(UNSAFE, unsafe, sizeof(unsafe)) > 0);
	assert_int_equal(file_write(UNSAFE, "N"), 0);
	kmsg = kmsg_open();
	fd = new_fd();
	ioas = new_ioas(fd);
	for (i = 0; i < BINDS; i++)
		assert_int_equal(test_mock(fd, ioas, MOCK_FLAGS_DEVICE_EXPOSED,
					   &mock), -EPERM);
	lines = kmsg_count(kmsg, "no interrupt remapping");
	assert_in_range(lines, 1, LINES_MAX);
	assert_int_equal(file_write(UNSAFE, unsafe), 0);
	close(fd);
	close(kmsg);
	assert_int_equal(module_unload("iommufd_selftest"), 0);
}

static void test_manners_refused(void **state)
{
	assert_int_equal(module_load("iommufd_selftest", "manners=worst"),
			 -EINVAL);
	assert_int_equal(module_load("iommufd_selftest",
				     "manners=all,worst"), -EINVAL);
	assert_int_equal(module_loaded("iommufd_selftest"), 0);
}

static const struct CMUnitTest module_tests[] = {
	cmocka_unit_test(test_says_what_it_is),
	cmocka_unit_test(test_log_is_spared),
	cmocka_unit_test(test_manners_refused),
};

int main(void)
{
	int failed = bed_load();

	if (!failed)
		failed = manners_run(run) +
			 cmocka_run_group_tests(module_tests, NULL, NULL);
	return failed;
}
