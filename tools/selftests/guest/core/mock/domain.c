// SPDX-License-Identifier: GPL-2.0
/*
 * One domain: what is mapped where, and with which rights; large pages; and where calls
 * of a driver have to end.
 */
#include <linux/vfio.h>

#include "bed.h"
#include "compiler.h"
#include "domain.h"
#include "iommufd.h"
#include "mockbed.h"
#include "test.h"
#include "type1.h"

/* ---- one domain ---- */

void test_map(void **state)
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
void test_map_halves(void **state)
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
void test_map_halves_of_a_page(void **state)
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
void test_rights(void **state)
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

void test_aperture(void **state)
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
void test_unmap_runs(void **state)
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

void test_huge(void **state)
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
void test_huge_of_neighbours(void **state)
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

void test_huge_off(void **state)
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
void test_huge_off_refused(void **state)
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

/*
 * More pages than a driver should be asked for in one call where nobody else may call it
 * meanwhile: the mock watches. Unmapped a page later than it begins, too.
 */
#define LONG_SIZE (9 * HUGE)

void test_long(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = small_pages(LONG_SIZE), *huge = huge_pages(LONG_SIZE);
	struct test_mock mock = add_huge_mock(bed);

	map_at(bed, FREE_IOVA + PAGE, mem, LONG_SIZE);
	maps(bed, bed->mock.hwpt, FREE_IOVA + PAGE, mem, LONG_SIZE);
	unmap(bed, FREE_IOVA + PAGE, LONG_SIZE);
	maps_nothing(bed, bed->mock.hwpt, FREE_IOVA + PAGE, mem, LONG_SIZE);
	map_at(bed, FREE_IOVA, huge, LONG_SIZE);
	maps(bed, mock.hwpt, FREE_IOVA, huge, LONG_SIZE);
	unmap(bed, FREE_IOVA, LONG_SIZE);
	refs(bed, huge, LONG_SIZE, 0);
	assert_int_equal(pinned(bed), 0);
	munmap(huge, LONG_SIZE);
	munmap(mem, LONG_SIZE);
}

/* In one piece, on both sides of the end, by this much before. */
void test_across(void **state)
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
void test_across_copy(void **state)
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
void test_across_parts(void **state)
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

void test_memory_limits(void **state)
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
