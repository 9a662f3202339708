// SPDX-License-Identifier: GPL-2.0
/*
 * What devices write, marked and read. 6.1 can't: there each of these tests sees that it
 * says so. The mock complains where it is read while it is not mapped, and sets no mark
 * again in what was read and not synced.
 */
#include <pthread.h>

#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "iommufd.h"
#include "manners.h"
#include "memory.h"
#include "mockbed.h"
#include "test.h"
#include "threads.h"
#include "tracking.h"

#define TRACK IOMMU_HWPT_ALLOC_DIRTY_TRACKING
#define NO_CLEAR IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR

/* Bytes of a bitmap with guards around it. */
#define BITMAP (3 * PAGE)

/* A page table that tracks, filled and tracking; 0 where the kernel can't. */
static uint32_t new_tracked(struct mockbed *bed, struct test_mock *mock,
			    uint32_t flags)
{
	uint32_t hwpt = 0;
	int rc = iommufd_hwpt_alloc(bed->fd, TRACK | flags, mock->idev,
				    bed->ioas, &hwpt);

	if (kernel_is_6_1()) {
		assert_int_equal(rc, -EOPNOTSUPP);
		return 0;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(test_mock_replace(bed->fd, mock->stdev, &hwpt), 0);
	assert_int_equal(iommufd_set_dirty(bed->fd, hwpt, true), 0);
	return hwpt;
}

/* A device writes to the page of the mock at @iova. */
static void write_at(struct mockbed *bed, uint32_t hwpt, uint64_t iova)
{
	uint64_t bit = 1, count = 0;

	assert_int_equal(test_dirty(bed->fd, hwpt, iova, HALF, HALF, &bit,
				    &count), 0);
	assert_int_equal(count, 1);
}

static bool bit_of(const uint8_t *bitmap, uint64_t n)
{
	return bitmap[n / 8] >> n % 8 & 1;
}

static int try_get(struct mockbed *bed, uint32_t hwpt, uint32_t flags,
		   uint64_t iova, uint64_t length, void *bitmap)
{
	return iommufd_get_dirty(bed->fd, hwpt, flags, iova, length, HALF,
				 bitmap);
}

/* How many bits there are, and which is the first, in pages of HALF. */
static uint64_t get(struct mockbed *bed, uint32_t hwpt, uint32_t flags,
		    uint64_t iova, uint64_t length, uint64_t *first)
{
	static uint8_t bitmap[BITMAP];
	uint64_t count = 0, i;

	assert_true(length / HALF <= BITMAP * 8);
	memset(bitmap, 0, sizeof(bitmap));
	assert_int_equal(try_get(bed, hwpt, flags, iova, length, bitmap), 0);
	for (i = 0; i < BITMAP * 8; i++) {
		if (!bit_of(bitmap, i))
			continue;
		assert_true(i < length / HALF);
		if (!count++ && first)
			*first = iova + i * HALF;
	}
	return count;
}

static void is_clean(struct mockbed *bed, uint32_t hwpt, uint64_t iova,
		     uint64_t length)
{
	assert_int_equal(get(bed, hwpt, 0, iova, length, NULL), 0);
}

/* Without the flag, without the driver, and with a device that can't. */
void test_tracking_lacks(void **state)
{
	struct mockbed *bed = *state;
	uint32_t plain = new_hwpt(bed, bed->ioas), ioas = new_ioas(bed->fd);
	struct test_mock mock = add_mock(bed, ioas,
					 MOCK_FLAGS_DEVICE_NO_DIRTY), other;
	uint64_t caps = 0, bits = 0;
	uint32_t hwpt = bed->mock.hwpt, length = 0;
	uint8_t *mem = small_pages(PAGE);

	map_at(bed, FREE_IOVA, mem, HALF);
	for (; hwpt; hwpt = hwpt == plain ? 0 : plain) {
		assert_int_equal(iommufd_set_dirty(bed->fd, hwpt, true),
				 -EOPNOTSUPP);
		assert_int_equal(iommufd_set_dirty(bed->fd, hwpt, false),
				 -EOPNOTSUPP);
		assert_int_equal(try_get(bed, hwpt, 0, FREE_IOVA, HALF, &bits),
				 -EOPNOTSUPP);
	}
	assert_int_equal(iommufd_hw_info(bed->fd, bed->mock.idev, NULL, &length,
					 NULL, &caps), 0);
	assert_int_equal(!(caps & IOMMU_HW_CAP_DIRTY_TRACKING),
			 kernel_is_6_1());
	length = 0;
	assert_int_equal(iommufd_hw_info(bed->fd, mock.idev, NULL, &length,
					 NULL, &caps), 0);
	assert_false(caps & IOMMU_HW_CAP_DIRTY_TRACKING);
	assert_int_equal(iommufd_hwpt_alloc(bed->fd, TRACK, mock.idev, ioas,
					    &hwpt), -EOPNOTSUPP);
	munmap(mem, PAGE);
	hwpt = new_tracked(bed, &bed->mock, 0);
	if (!hwpt)
		return;
	assert_int_equal(test_mock(bed->fd, hwpt, MOCK_FLAGS_DEVICE_NO_DIRTY,
				   &other), -EINVAL);
	assert_int_equal(test_mock_replace(bed->fd, mock.stdev, &hwpt),
			 -EINVAL);
}

void test_tracking_reads(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(40 * PAGE);
	uint32_t hwpt = new_tracked(bed, &bed->mock, 0);
	uint64_t first = 0, i;

	map_at(bed, FREE_IOVA, mem, 40 * PAGE);
	for (i = 0; hwpt && i < 3; i++) {
		is_clean(bed, hwpt, FREE_IOVA, 40 * PAGE);
		write_at(bed, hwpt, FREE_IOVA + 5 * HALF);
		/* It stays where it is only looked at. */
		assert_int_equal(get(bed, hwpt, NO_CLEAR, FREE_IOVA, 40 * PAGE,
				     &first), 1);
		assert_int_equal(first, FREE_IOVA + 5 * HALF);
		write_at(bed, hwpt, FREE_IOVA + 79 * HALF);
		is_clean(bed, hwpt, FREE_IOVA, 4 * HALF);
		assert_int_equal(get(bed, hwpt, 0, FREE_IOVA, 40 * PAGE,
				     &first), 2);
		assert_int_equal(first, FREE_IOVA + 5 * HALF);
		/* What is written right after it was read. */
		write_at(bed, hwpt, FREE_IOVA + 5 * HALF);
		assert_int_equal(get(bed, hwpt, 0, FREE_IOVA, 40 * PAGE,
				     &first), 1);
		assert_int_equal(first, FREE_IOVA + 5 * HALF);
		/* What is unmapped, and mapped anew, is clean. */
		write_at(bed, hwpt, FREE_IOVA + 7 * HALF);
		assert_int_equal(get(bed, hwpt, NO_CLEAR, FREE_IOVA, 40 * PAGE,
				     &first), 1);
		unmap(bed, FREE_IOVA, 40 * PAGE);
		map_at(bed, FREE_IOVA, mem, 40 * PAGE);
	}
	munmap(mem, 40 * PAGE);
}

/* Marks of before are forgotten; and without tracking nothing is read. */
void test_tracking_starts_clean(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = small_pages(4 * PAGE);
	uint32_t hwpt = new_tracked(bed, &bed->mock, 0);
	uint64_t bits = 0;

	map_at(bed, FREE_IOVA, mem, 2 * PAGE);
	map_at(bed, FREE_IOVA + 3 * PAGE, mem, PAGE);
	if (hwpt) {
		write_at(bed, hwpt, FREE_IOVA);
		write_at(bed, hwpt, FREE_IOVA + 3 * PAGE);
		assert_int_equal(iommufd_set_dirty(bed->fd, hwpt, false), 0);
		assert_int_equal(try_get(bed, hwpt, 0, FREE_IOVA, HALF, &bits),
				 -EINVAL);
		assert_int_equal(iommufd_set_dirty(bed->fd, hwpt, false), 0);
		assert_int_equal(iommufd_set_dirty(bed->fd, hwpt, true), 0);
		is_clean(bed, hwpt, FREE_IOVA, 4 * PAGE);
		write_at(bed, hwpt, FREE_IOVA);
		assert_int_equal(get(bed, hwpt, NO_CLEAR, FREE_IOVA, 4 * PAGE,
				     NULL), 1);
		assert_int_equal(iommufd_set_dirty(bed->fd, hwpt, true), 0);
		is_clean(bed, hwpt, FREE_IOVA, 4 * PAGE);
	}
	munmap(mem, 4 * PAGE);
}

#define HUGE_IOVA (FREE_IOVA + 4 * HUGE)
#define HUGE_BITS (MOCK_HUGE_PAGE / HALF)

/*
 * One write makes all of a large page dirty. Who asks for a part of it is told of the
 * part, and it stays, as nobody was told of the rest.
 */
void test_tracking_huge(void **state)
{
	struct mockbed *bed = *state;
	struct test_mock mock = add_huge_mock(bed);
	uint8_t *mem = huge_pages(2 * HUGE);
	uint32_t hwpt = new_tracked(bed, &mock, 0);
	uint64_t first = 0, last = HUGE_IOVA + 3 * MOCK_HUGE_PAGE;

	map_at(bed, HUGE_IOVA, mem, 2 * HUGE);
	if (hwpt) {
		assert_true(entry(bed, hwpt, HUGE_IOVA) & MOCK_ENTRY_HUGE);
		is_clean(bed, hwpt, HUGE_IOVA, 2 * HUGE);
		write_at(bed, hwpt, HUGE_IOVA + MOCK_HUGE_PAGE + 7 * HALF);
		assert_int_equal(get(bed, hwpt, 0, HUGE_IOVA, 2 * HUGE, &first),
				 HUGE_BITS);
		assert_int_equal(first, HUGE_IOVA + MOCK_HUGE_PAGE);
		is_clean(bed, hwpt, HUGE_IOVA, 2 * HUGE);
		write_at(bed, hwpt, last + 9 * HALF);
		assert_int_equal(get(bed, hwpt, 0, last - 3 * HALF, 5 * HALF,
				     &first), 2);
		assert_int_equal(first, last);
		assert_int_equal(get(bed, hwpt, 0, last + 100 * HALF,
				     HUGE_BITS * HALF - 100 * HALF, NULL),
				 HUGE_BITS - 100);
		assert_int_equal(get(bed, hwpt, 0, last, MOCK_HUGE_PAGE, NULL),
				 HUGE_BITS);
		is_clean(bed, hwpt, HUGE_IOVA, 2 * HUGE);
	}
	munmap(mem, 2 * HUGE);
}

/* What is not mapped is clean; all around it is told. */
void test_tracking_holes(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(200 * PAGE);
	uint32_t hwpt = new_tracked(bed, &bed->mock, 0);
	uint64_t i, count = 0;

	/* Pages of their own, neighbours and not; and half a page at the end. */
	for (i = 0; i < 200; i++)
		if (i % 7 != 3)
			map_at(bed, FREE_IOVA + i * PAGE, mem + i * PAGE,
			       i % 7 == 6 ? HALF : PAGE);
	if (hwpt) {
		is_clean(bed, hwpt, FREE_IOVA - PAGE, 202 * PAGE);
		for (i = 0; i < 200; i += 3) {
			if (i % 7 == 3)
				continue;
			write_at(bed, hwpt, FREE_IOVA + i * PAGE);
			count++;
		}
		assert_int_equal(get(bed, hwpt, NO_CLEAR, FREE_IOVA - PAGE,
				     202 * PAGE, NULL), count);
		assert_int_equal(get(bed, hwpt, 0, FREE_IOVA + 3 * PAGE, PAGE,
				     NULL), 0);
		assert_int_equal(get(bed, hwpt, 0, FREE_IOVA - PAGE,
				     202 * PAGE, NULL), count);
		is_clean(bed, hwpt, FREE_IOVA - PAGE, 202 * PAGE);
	}
	munmap(mem, 200 * PAGE);
}

/* ---- any window, against what is known ---- */

#define RANDOM_PAGES 700UL
#define RANDOM_BITS (RANDOM_PAGES * 2)
#define ROUNDS 40

struct window {
	uint64_t first, count, page_size;
};

/* Of halves of pages, and of what a bit stands for. */
static struct window random_window(void)
{
	struct window window = { .page_size = HALF << rand() % 8 };
	uint64_t unit = window.page_size / HALF;
	uint64_t most = RANDOM_BITS / unit;

	window.first = rand() % most * unit;
	window.count = (rand() % (most - window.first / unit) + 1) * unit;
	return window;
}

static void check_window(struct mockbed *bed, uint32_t hwpt, uint8_t *known)
{
	static uint8_t bitmap[BITMAP], want[BITMAP];
	struct window window = random_window();
	uint64_t unit = window.page_size / HALF, i;
	unsigned int at = rand() % 2 ? PAGE - rand() % 40 : rand() % 4000UL;
	uint32_t flags = rand() % 3 ? 0 : NO_CLEAR;

	memset(bitmap, rand() % 2 ? 0 : 0x55, sizeof(bitmap));
	memcpy(want, bitmap, sizeof(want));
	for (i = 0; i < window.count; i++) {
		if (!known[window.first + i])
			continue;
		want[at + i / unit / 8] |= 1 << i / unit % 8;
		if (!flags)
			known[window.first + i] = 0;
	}
	assert_int_equal(iommufd_get_dirty(bed->fd, hwpt, flags,
					   FREE_IOVA + window.first * HALF,
					   window.count * HALF,
					   window.page_size, bitmap + at), 0);
	assert_memory_equal(bitmap, want, sizeof(bitmap));
}

/* All, many, or few. */
static void write_random(struct mockbed *bed, uint32_t hwpt, uint8_t *known)
{
	uint8_t bits[RANDOM_BITS / 8 + 1] = {};
	unsigned int density = rand() % 4;
	uint64_t n;

	for (n = rand() % 8; n < RANDOM_BITS;
	     n += 1 + (density ? rand() % (5 << 2 * density) : 0)) {
		bits[n / 8] |= 1 << n % 8;
		known[n] = 1;
		if (!density && rand() % 300 == 0)
			break;
	}
	assert_int_equal(test_dirty(bed->fd, hwpt, FREE_IOVA,
				    RANDOM_BITS * HALF, HALF, bits, NULL), 0);
}

void test_tracking_random(void **state)
{
	static uint8_t known[RANDOM_BITS];
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(RANDOM_PAGES * PAGE);
	uint32_t hwpt = new_tracked(bed, &bed->mock, 0);
	uint64_t at = 0, length, i;

	memset(known, 0, sizeof(known));
	srand(19);
	while (at < RANDOM_PAGES) {
		length = rand() % 3 ? 1 : 1 + rand() % 200;
		if (length > RANDOM_PAGES - at)
			length = RANDOM_PAGES - at;
		map_at(bed, FREE_IOVA + at * PAGE, mem + at * PAGE,
		       length * PAGE);
		at += length;
	}
	for (i = 0; hwpt && i < ROUNDS; i++) {
		write_random(bed, hwpt, known);
		check_window(bed, hwpt, known);
		check_window(bed, hwpt, known);
	}
	munmap(mem, RANDOM_PAGES * PAGE);
}

/*
 * All there is, across 1 GiB, by bits of each size; and where a part of the bitmap is
 * missing nothing was taken away.
 */
void test_tracking_far(void **state)
{
	const uint64_t all = MOCK_APERTURE_LAST + 1 - MOCK_APERTURE_START;
	uint64_t size = all / HALF / 8, hole = size / PAGE * PAGE, spots[] = {
		MOCK_APERTURE_START, CALL_END - HALF, CALL_END,
		MOCK_APERTURE_LAST + 1 - HALF,
	}, bit, i;
	struct mockbed *bed = *state;
	uint32_t hwpt = new_tracked(bed, &bed->mock, 0);
	uint8_t *mem = small_pages(PAGE), *bitmap = pages(size + PAGE);

	map_at(bed, MOCK_APERTURE_START, mem, PAGE);
	map_at(bed, CALL_END - PAGE, mem, PAGE);
	map_at(bed, CALL_END, mem, PAGE);
	map_at(bed, MOCK_APERTURE_LAST + 1 - PAGE, mem, PAGE);
	if (hwpt) {
		for (i = 0; i < ARRAY_SIZE(spots); i++)
			write_at(bed, hwpt, spots[i]);
		munmap(bitmap + hole, PAGE);
		assert_int_equal(try_get(bed, hwpt, 0, MOCK_APERTURE_START, all,
					 bitmap), -EFAULT);
		assert_ptr_equal(mmap(bitmap + hole, PAGE,
				      PROT_READ | PROT_WRITE, MAP_FIXED |
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
				 bitmap + hole);
		memset(bitmap, 0, size);
		assert_int_equal(try_get(bed, hwpt, NO_CLEAR,
					 MOCK_APERTURE_START, all, bitmap + 1),
				 0);
		for (i = 0; i < ARRAY_SIZE(spots); i++) {
			bit = (spots[i] - MOCK_APERTURE_START) / HALF;
			assert_true(bit_of(bitmap + 1, bit));
			assert_false(bit_of(bitmap + 1, bit ^ 1));
		}
		/* One bit for all of it; the aperture is no power of two. */
		*bitmap = 0;
		assert_int_equal(iommufd_get_dirty(bed->fd, hwpt, NO_CLEAR, 0,
						   1UL << 31, 1UL << 31,
						   bitmap), 0);
		assert_int_equal(*bitmap, 1);
		/* Many for each page: of those is one page dirty. */
		memset(bitmap, 0, PAGE);
		assert_int_equal(iommufd_get_dirty(bed->fd, hwpt, 0, CALL_END,
						   PAGE, 1, bitmap), 0);
		for (i = 0; i < PAGE; i++)
			assert_int_equal(bit_of(bitmap, i), i < HALF);
		is_clean(bed, hwpt, CALL_END, PAGE);
		assert_int_equal(get(bed, hwpt, 0, CALL_END - PAGE, PAGE, NULL),
				 1);
		/* All bits of all IOVA there is. */
		assert_int_equal(iommufd_get_dirty(bed->fd, hwpt, 0, 0,
						   1UL << 63, 1UL << 63,
						   bitmap), 0);
		is_clean(bed, hwpt, MOCK_APERTURE_START, PAGE);
	}
	munmap(bitmap, size + PAGE);
	munmap(mem, PAGE);
}

/* A device that is attached to a nested page table writes to the parent. */
void test_tracking_nested(void **state)
{
	struct iommu_hwpt_selftest data = { .iotlb = 1 };
	struct mockbed *bed = *state;
	uint8_t *mem = small_pages(4 * PAGE);
	uint32_t hwpt = new_tracked(bed, &bed->mock,
				    IOMMU_HWPT_ALLOC_NEST_PARENT), nested = 0;
	uint64_t bits = 0;

	map_at(bed, FREE_IOVA, mem, 4 * PAGE);
	if (hwpt) {
		assert_int_equal(iommufd_hwpt_nested(bed->fd, bed->mock.idev,
						     hwpt,
						     IOMMU_HWPT_DATA_SELFTEST,
						     &data, sizeof(data),
						     &nested), 0);
		assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev,
						   &nested), 0);
		write_at(bed, hwpt, FREE_IOVA + PAGE);
		assert_int_equal(get(bed, hwpt, 0, FREE_IOVA, 4 * PAGE, NULL),
				 1);
		is_clean(bed, hwpt, FREE_IOVA, 4 * PAGE);
		assert_int_equal(iommufd_set_dirty(bed->fd, nested, true),
				 -ENOENT);
		assert_int_equal(try_get(bed, nested, 0, FREE_IOVA, HALF,
					 &bits), -ENOENT);
		assert_int_equal(iommufd_set_dirty(bed->fd, hwpt, false), 0);
	}
	munmap(mem, 4 * PAGE);
}

/* ---- refused ---- */

void test_tracking_refused(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = small_pages(4 * PAGE), *bitmap = pages(3 * PAGE);
	uint32_t hwpt = new_tracked(bed, &bed->mock, 0);
	const uint64_t ok = FREE_IOVA, last = UINT64_MAX - PAGE + 1;
	const struct {
		uint32_t hwpt, flags, reserved;
		uint64_t iova, length, page_size;
		void *data;
		int error;
	} calls[] = {
		{ hwpt, 2, 0, ok, PAGE, HALF, bitmap, EOPNOTSUPP },
		{ hwpt, 1U << 31, 0, ok, PAGE, HALF, bitmap, EOPNOTSUPP },
		{ hwpt, 0, 1, ok, PAGE, HALF, bitmap, EOPNOTSUPP },
		{ NO_ID, 0, 0, ok, PAGE, HALF, bitmap, ENOENT },
		{ 0, 0, 0, ok, PAGE, HALF, bitmap, ENOENT },
		{ bed->ioas, 0, 0, ok, PAGE, HALF, bitmap, ENOENT },
		{ bed->mock.idev, 0, 0, ok, PAGE, HALF, bitmap, ENOENT },
		{ bed->mock.stdev, 0, 0, ok, PAGE, HALF, bitmap, ENOENT },
		{ hwpt, 0, 0, ok, 0, HALF, bitmap, EINVAL },
		{ hwpt, 0, 0, last, 2 * PAGE, HALF, bitmap, EOVERFLOW },
		{ hwpt, 0, 0, ok, UINT64_MAX, HALF, bitmap, EOVERFLOW },
		{ hwpt, 0, 0, ok + 1, PAGE, 1, bitmap, EINVAL },
		{ hwpt, 0, 0, ok, PAGE + 1, 1, bitmap, EINVAL },
		{ hwpt, 0, 0, ok, PAGE, 0, bitmap, EINVAL },
		{ hwpt, 0, 0, ok, 3 * PAGE, 3 * PAGE, bitmap, EINVAL },
		{ hwpt, 0, 0, ok, PAGE, 2 * PAGE, bitmap, EINVAL },
		{ hwpt, 0, 0, ok + PAGE, 2 * PAGE, 2 * PAGE, bitmap, EINVAL },
		{ hwpt, 0, 0, ok, PAGE, HALF, NULL, EFAULT },
		{ hwpt, 0, 0, ok, PAGE, HALF, (void *)8, EFAULT },
		{ hwpt, 0, 0, ok, PAGE, HALF, (void *)-8UL, EFAULT },
		{ hwpt, 0, 0, ok, PAGE, HALF, (void *)(1UL << 63), EFAULT },
		{ hwpt, 0, 0, ok, PAGE, 1, bitmap + PAGE + 3600, EFAULT },
		{ hwpt, 1, 0, ok, PAGE, 1, bitmap + PAGE + 3600, EFAULT },
		{ hwpt, 0, 0, 0, 1UL << 62, HALF, bitmap, EFAULT },
		{ hwpt, 0, 0, ok, PAGE, HALF, bitmap + 2 * PAGE, EFAULT },
	};
	size_t i;

	map_at(bed, FREE_IOVA, mem, 4 * PAGE);
	munmap(bitmap + 2 * PAGE, PAGE);
	if (hwpt)
		write_at(bed, hwpt, FREE_IOVA);
	for (i = 0; hwpt && i < ARRAY_SIZE(calls); i++) {
		struct iommu_hwpt_get_dirty_bitmap arg = {
			.size = sizeof(arg), .hwpt_id = calls[i].hwpt,
			.flags = calls[i].flags,
			.__reserved = calls[i].reserved,
			.iova = calls[i].iova, .length = calls[i].length,
			.page_size = calls[i].page_size,
			.data = (uintptr_t)calls[i].data,
		};
		int rc = iommufd_call(bed->fd, IOMMU_HWPT_GET_DIRTY_BITMAP,
				      &arg);

		if (rc != -calls[i].error)
			fail_msg("call %zu: returned %d, not %d", i, rc,
				 -calls[i].error);
		assert_int_equal(get(bed, hwpt, NO_CLEAR, FREE_IOVA, 4 * PAGE,
				     NULL), 1);
	}
	assert_int_equal(iommufd_set_dirty(bed->fd, NO_ID, true), -ENOENT);
	assert_int_equal(iommufd_set_dirty(bed->fd, bed->ioas, true), -ENOENT);
	for (i = 0; i < 2; i++) {
		struct iommu_hwpt_set_dirty_tracking arg = {
			.size = sizeof(arg), .hwpt_id = hwpt,
			.flags = i ? 2 : 0, .__reserved = i ? 0 : 1,
		};

		assert_int_equal(iommufd_call(bed->fd,
					      IOMMU_HWPT_SET_DIRTY_TRACKING,
					      &arg), -EOPNOTSUPP);
	}
	/* A bitmap that can't be written. */
	mprotect(bitmap, PAGE, PROT_READ);
	if (hwpt) {
		assert_int_equal(try_get(bed, hwpt, 0, FREE_IOVA, PAGE, bitmap),
				 -EFAULT);
		assert_int_equal(get(bed, hwpt, 0, FREE_IOVA, 4 * PAGE, NULL),
				 1);
	}
	munmap(bitmap, 2 * PAGE);
	munmap(mem, 4 * PAGE);
}

#define FIELD(name) \
	{ offsetof(struct iommu_hwpt_get_dirty_bitmap, name), \
	  sizeof(((struct iommu_hwpt_get_dirty_bitmap *)NULL)->name) }

/*
 * Each field takes what could upset it. What is refused has taken no mark away; what is
 * accepted has told of it, where it was asked for that.
 */
void test_tracking_fields(void **state)
{
	static const struct { size_t offset, size; } fields[] = {
		FIELD(hwpt_id), FIELD(flags), FIELD(__reserved), FIELD(iova),
		FIELD(length), FIELD(page_size), FIELD(data),
	};
	static uint8_t bitmap[PAGE];
	struct mockbed *bed = *state;
	uint8_t *mem = small_pages(4 * PAGE);
	uint32_t hwpt = new_tracked(bed, &bed->mock, 0);
	const uint64_t values[] = {
		0, 1, 2, 3, HALF - 1, HALF, PAGE, PAGE + 1, 3 * PAGE, HUGE,
		1UL << 30, 0x7fffffff, 0x80000000, 0xffffffff, 1UL << 40,
		FREE_IOVA, FREE_IOVA + HALF, FREE_IOVA + 1,
		0x7fffffffe000, 0x800000000000, 1UL << 62, 1UL << 63,
		0xffff888000000000, -PAGE, -HALF, UINT64_MAX,
		(uintptr_t)bitmap + 1, bed->ioas, bed->mock.idev, NO_ID,
	};
	size_t i, k;

	map_at(bed, FREE_IOVA, mem, 4 * PAGE);
	for (i = 0; hwpt && i < ARRAY_SIZE(fields); i++) {
		for (k = 0; k < ARRAY_SIZE(values); k++) {
			struct iommu_hwpt_get_dirty_bitmap arg = {
				.size = sizeof(arg), .hwpt_id = hwpt,
				.iova = FREE_IOVA, .length = PAGE,
				.page_size = HALF, .data = (uintptr_t)bitmap,
			};
			uint64_t left;
			int rc;

			write_at(bed, hwpt, FREE_IOVA);
			memset(bitmap, 0, sizeof(bitmap));
			memcpy((uint8_t *)&arg + fields[i].offset, &values[k],
			       fields[i].size);
			rc = iommufd_call(bed->fd, IOMMU_HWPT_GET_DIRTY_BITMAP,
					  &arg);
			left = get(bed, hwpt, 0, FREE_IOVA, 4 * PAGE, NULL);
			if (rc) {
				assert_true(rc == -EINVAL || rc == -EFAULT ||
					    rc == -ENOENT || rc == -EOVERFLOW ||
					    rc == -EOPNOTSUPP);
				assert_int_equal(left, 1);
			} else if (!left) {
				assert_true(bitmap[0] || bitmap[1]);
			}
		}
	}
	munmap(mem, 4 * PAGE);
}

/* ---- all at once ---- */

#define RACE_MS 400
#define RACE_PAGES 64

struct race {
	struct mockbed *bed;
	uint32_t hwpt;		/* stays */
	uint32_t other;		/* comes and goes */
	uint8_t *mem;
	uint64_t end;
	unsigned int turn;
	unsigned int unexpected;
};

static void note(struct race *race, const char *what, int rc)
{
	if (rc && rc != -ENOENT && rc != -EBUSY && rc != -EINVAL &&
	    rc != -EEXIST && rc != -EOPNOTSUPP && rc != -EADDRINUSE) {
		print_error("race: %s: %s\n", what, strerror(-rc));
		__atomic_add_fetch(&race->unexpected, 1, __ATOMIC_RELAXED);
	}
}

/* What is mapped throughout: each write of a device is told of, once. */
static void *race_write(void *arg)
{
	struct race *race = arg;
	struct mockbed *bed = race->bed;
	uint64_t bits, one = 1, turn;

	for (turn = 0; clock_ms() < race->end; turn++) {
		uint64_t iova = FREE_IOVA + turn % 16 * HALF;

		note(race, "write", test_dirty(bed->fd, race->hwpt, iova, HALF,
					       HALF, &one, NULL));
		bits = 0;
		note(race, "read", try_get(bed, race->hwpt, 0, FREE_IOVA,
					   8 * PAGE, &bits));
		if (bits != 1UL << turn % 16) {
			print_error("race: bits %#lx after a write of %lu\n",
				    bits, turn % 16);
			race->unexpected++;
		}
	}
	return NULL;
}

static void *race_read(void *arg)
{
	struct race *race = arg;
	struct mockbed *bed = race->bed;
	uint8_t bits[RACE_PAGES / 2] = {};
	unsigned int turn;

	for (turn = 0; clock_ms() < race->end; turn++) {
		uint32_t hwpt = turn % 2 ? __atomic_load_n(&race->other,
							   __ATOMIC_RELAXED) :
					   race->hwpt;

		note(race, "read", try_get(bed, hwpt, turn & NO_CLEAR,
					   FREE_IOVA + 8 * PAGE,
					   (RACE_PAGES - 8) * PAGE, bits));
		if (turn % 8 == 1)
			note(race, "set", iommufd_set_dirty(bed->fd, hwpt,
							    turn % 16 == 9));
	}
	return NULL;
}

/* Behind what stays: what is read goes at any time. */
static void *race_map(void *arg)
{
	struct race *race = arg;
	struct mockbed *bed = race->bed;
	unsigned int i = __atomic_fetch_add(&race->turn, 1, __ATOMIC_RELAXED);
	uint64_t iova = FREE_IOVA + (8 + i * 16) * PAGE, turn;

	for (turn = 0; clock_ms() < race->end; turn++) {
		uint64_t length = turn % 3 ? 16 * PAGE : PAGE;

		note(race, "map", try_map(bed, bed->ioas, iova,
					  race->mem + (8 + i * 16) * PAGE,
					  length));
		note(race, "unmap", iommufd_unmap(bed->fd, bed->ioas, iova,
						  length, NULL));
	}
	return NULL;
}

/* Page tables and devices. */
static void *race_attach(void *arg)
{
	struct race *race = arg;
	struct mockbed *bed = race->bed;

	while (clock_ms() < race->end) {
		struct test_mock mock = {};
		uint32_t hwpt = 0;
		int rc;

		rc = iommufd_hwpt_alloc(bed->fd, TRACK, bed->mock.idev,
					bed->ioas, &hwpt);
		note(race, "make", rc);
		if (rc)
			continue;
		__atomic_store_n(&race->other, hwpt, __ATOMIC_RELAXED);
		note(race, "track", iommufd_set_dirty(bed->fd, hwpt, true));
		rc = test_mock(bed->fd, hwpt, 0, &mock);
		note(race, "attach", rc);
		if (!rc)
			note(race, "detach", iommufd_destroy(bed->fd,
							     mock.stdev));
		do {
			rc = iommufd_destroy(bed->fd, hwpt);
		} while (rc == -EBUSY);
		note(race, "destroy", rc);
	}
	return NULL;
}

void test_tracking_race(void **state)
{
	static const thread_run threads[] = {
		race_write, race_read, race_read, race_map, race_map, race_map,
		race_attach,
	};
	struct mockbed *bed = *state;
	struct race race = {
		.bed = bed, .hwpt = new_tracked(bed, &bed->mock, 0),
		.end = clock_ms() + race_seconds(0, 20) * 1000 + RACE_MS,
	};

	if (!race.hwpt)
		return;
	race.mem = small_pages(RACE_PAGES * PAGE);
	map_at(bed, FREE_IOVA, race.mem, 8 * PAGE);
	threads_run(threads, ARRAY_SIZE(threads), &race);
	assert_int_equal(race.unexpected, 0);
	munmap(race.mem, RACE_PAGES * PAGE);
}
