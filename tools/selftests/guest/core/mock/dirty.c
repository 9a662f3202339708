// SPDX-License-Identifier: GPL-2.0
/*
 * Marks of what devices write.
 */
#include "bed.h"
#include "compiler.h"
#include "dirty.h"
#include "mockbed.h"
#include "test.h"

void test_dirty_marks(void **state)
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

void test_dirty_refused(void **state)
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
