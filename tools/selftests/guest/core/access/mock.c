// SPDX-License-Identifier: GPL-2.0
/*
 * Accesses in an IOAS that has page tables, too: both need the pages, and keep them
 * pinned until neither does.
 */
#include "accessbed.h"
#include "bed.h"
#include "iommufd.h"
#include "mock.h"
#include "test.h"

static void attach(struct accessbed *ab, struct test_mock *mock)
{
	assert_int_equal(test_mock(ab->bed.fd, ab->bed.ioas, 0, mock), 0);
}

static void detach(struct accessbed *ab, const struct test_mock *mock)
{
	assert_int_equal(iommufd_destroy(ab->bed.fd, mock->stdev), 0);
}

static void check_reached(struct accessbed *ab, const struct test_mock *mock)
{
	assert_int_equal(test_check_map(ab->bed.fd, mock->hwpt, BED_IOVA,
					ab->bed.mem, BED_SIZE), 0);
}

void test_mock_pin(void **state)
{
	struct accessbed *ab = *state;
	struct test_mock mock;
	uint32_t id;

	attach(ab, &mock);
	id = pin(ab, BED_IOVA + PAGE, 2 * PAGE, ab->bed.mem + PAGE);
	refs(ab, ab->bed.mem, BED_SIZE, 1);
	assert_int_equal(pinned(ab), BED_SIZE);
	unpin(ab, id);
	refs(ab, ab->bed.mem, BED_SIZE, 1);
	assert_int_equal(pinned(ab), BED_SIZE);
	check_reached(ab, &mock);
	detach(ab, &mock);
	refs(ab, ab->bed.mem, BED_SIZE, 0);
}

/* A page table that comes finds pages pinned; one that goes leaves them so. */
void test_mock_comes_and_goes(void **state)
{
	struct accessbed *ab = *state;
	struct test_mock mock;
	uint32_t id;

	id = pin(ab, BED_IOVA + PAGE, 2 * PAGE, ab->bed.mem + PAGE);
	attach(ab, &mock);
	check_reached(ab, &mock);
	refs(ab, ab->bed.mem, BED_SIZE, 1);
	detach(ab, &mock);
	refs(ab, ab->bed.mem, PAGE, 0);
	refs(ab, ab->bed.mem + PAGE, 2 * PAGE, 1);
	refs(ab, ab->bed.mem + 3 * PAGE, PAGE, 0);
	assert_int_equal(pinned(ab), 2 * PAGE);
	unpin(ab, id);
	assert_int_equal(pinned(ab), 0);
}

/* UNMAP gets the pins back, and takes the pages from both. */
void test_mock_unmap(void **state)
{
	struct accessbed *ab = *state;
	struct test_mock mock;
	uint32_t id;

	attach(ab, &mock);
	id = pin(ab, BED_IOVA, BED_SIZE, ab->bed.mem);
	assert_int_equal(iommufd_unmap(ab->bed.fd, ab->bed.ioas, BED_IOVA,
				       BED_SIZE, NULL), 0);
	refs(ab, ab->bed.mem, BED_SIZE, 0);
	assert_int_equal(pinned(ab), 0);
	assert_int_equal(test_check_map(ab->bed.fd, mock.hwpt, BED_IOVA,
					ab->bed.mem, PAGE), -EINVAL);
	assert_int_equal(test_access_unpin(ab->bed.fd, ab->access, id),
			 -ENOENT);
	detach(ab, &mock);
}

/* A copy of a pinned part, in a page table of another IOAS. */
void test_mock_copy(void **state)
{
	struct accessbed *ab = *state;
	uint64_t iova = OTHER_IOVA;
	uint32_t ioas = new_ioas(ab->bed.fd), id;
	struct test_mock mock;

	assert_int_equal(test_mock(ab->bed.fd, ioas, 0, &mock), 0);
	id = pin(ab, BED_IOVA, 2 * PAGE, ab->bed.mem);
	assert_int_equal(iommufd_copy(ab->bed.fd, MAP_RW | MAP_FIXED_IOVA, ioas,
				      &iova, ab->bed.ioas, BED_IOVA + PAGE,
				      2 * PAGE), 0);
	refs(ab, ab->bed.mem, 3 * PAGE, 1);
	refs(ab, ab->bed.mem + 3 * PAGE, PAGE, 0);
	assert_int_equal(iommufd_unmap(ab->bed.fd, ab->bed.ioas, BED_IOVA,
				       BED_SIZE, NULL), 0);
	refs(ab, ab->bed.mem, PAGE, 0);
	refs(ab, ab->bed.mem + PAGE, 2 * PAGE, 1);
	assert_int_equal(test_access_unpin(ab->bed.fd, ab->access, id),
			 -ENOENT);
	assert_int_equal(test_check_map(ab->bed.fd, mock.hwpt, OTHER_IOVA,
					ab->bed.mem + PAGE, 2 * PAGE), 0);
	detach(ab, &mock);
	refs(ab, ab->bed.mem, BED_SIZE, 0);
}

/* The CPU and devices see the same. */
void test_mock_rw(void **state)
{
	struct accessbed *ab = *state;
	uint8_t data[2 * PAGE];
	struct test_mock mock;

	attach(ab, &mock);
	memset(data, 0x5a, sizeof(data));
	assert_int_equal(test_access_write(ab->bed.fd, ab->access,
					   BED_IOVA + PAGE / 2, data,
					   sizeof(data)), 0);
	assert_memory_equal(data, ab->bed.mem + PAGE / 2, sizeof(data));
	memset(data, 0, sizeof(data));
	assert_int_equal(test_access_read(ab->bed.fd, ab->access, BED_IOVA + 7,
					  data, sizeof(data)), 0);
	assert_memory_equal(data, ab->bed.mem + 7, sizeof(data));
	check_reached(ab, &mock);
	refs(ab, ab->bed.mem, BED_SIZE, 1);
	detach(ab, &mock);
}
