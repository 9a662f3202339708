// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that fail in the middle, as the driver does: nothing of them is left.
 */
#include "bed.h"
#include "fail.h"
#include "file.h"
#include "iommufd.h"
#include "mockbed.h"
#include "test.h"

#define FAIL_MAP "/sys/module/iommufd_selftest/parameters/fail_map"

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

void test_fail_map(void **state)
{
	uint8_t *mem = huge_pages(2 * HUGE);

	fail_map_of(*state, mem, 2 * HUGE, FREE_IOVA);
	fail_map_of(*state, mem + PAGE, HUGE, FREE_IOVA + HALF);
	fail_map_of(*state, mem, 2 * HUGE, CALL_END - HUGE - PAGE);
}

void test_fail_map_scattered(void **state)
{
	uint8_t *mem = scattered_pages(40 * PAGE);

	fail_map_of(*state, mem, 40 * PAGE, FREE_IOVA);
	munmap(mem, 40 * PAGE);
}

void test_fail_attach(void **state)
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
void test_fail_second_domain(void **state)
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

void test_fail_replace(void **state)
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

void test_fail_copy(void **state)
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
void test_fail_pin(void **state)
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
