// SPDX-License-Identifier: GPL-2.0
/*
 * What tests on the mock IOMMU begin with: a device behind it, and an IOAS.
 */
#include "bed.h"
#include "iommufd.h"
#include "memory.h"
#include "mockbed.h"
#include "test.h"

int mockbed_setup(void **state)
{
	struct mockbed *bed = calloc(1, sizeof(*bed));

	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	assert_int_equal(test_mock(bed->fd, bed->ioas, 0, &bed->mock), 0);
	bed->pinned = status_kb("VmPin");
	*state = bed;
	return 0;
}

int mockbed_teardown(void **state)
{
	struct mockbed *bed = *state;

	close(bed->fd);
	assert_int_equal(status_kb("VmPin"), bed->pinned);
	free(bed);
	return 0;
}

uint64_t pinned(struct mockbed *bed)
{
	return (status_kb("VmPin") - bed->pinned) * 1024;
}

uint8_t *small_pages(size_t size)
{
	uint8_t *mem = pages(size);

	assert_int_equal(madvise(mem, size, MADV_NOHUGEPAGE), 0);
	memset(mem, 1, size);
	return mem;
}

uint8_t *scattered_pages(size_t size)
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

uint8_t *huge_pages(size_t size)
{
	uint64_t before = huge_kb();
	uint8_t *raw = pages(size + HUGE);
	uint8_t *mem = (uint8_t *)(((uintptr_t)raw + HUGE - 1) & ~(HUGE - 1));

	assert_int_equal(madvise(mem, size, MADV_HUGEPAGE), 0);
	memset(mem, 1, size);
	assert_true(huge_kb() - before >= size / 1024);
	return mem;
}

int try_map(struct mockbed *bed, uint32_t ioas, uint64_t iova, const void *va,
	    size_t length)
{
	return iommufd_map(bed->fd, ioas, MAP_RW | MAP_FIXED_IOVA, va, length,
			   &iova);
}

void map_at(struct mockbed *bed, uint64_t iova, const void *va, size_t length)
{
	assert_int_equal(try_map(bed, bed->ioas, iova, va, length), 0);
}

void unmap(struct mockbed *bed, uint64_t iova, size_t length)
{
	uint64_t bytes = 0;

	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, iova, length,
				       &bytes), 0);
	assert_int_equal(bytes, length);
}

struct test_mock add_mock(struct mockbed *bed, uint32_t pt, uint32_t flags)
{
	struct test_mock mock = {};

	assert_int_equal(test_mock(bed->fd, pt, flags, &mock), 0);
	return mock;
}

void maps(struct mockbed *bed, uint32_t hwpt, uint64_t iova, const void *va,
	  size_t length)
{
	assert_int_equal(test_check_map(bed->fd, hwpt, iova, va, length), 0);
}

void maps_nothing(struct mockbed *bed, uint32_t hwpt, uint64_t iova,
		  const uint8_t *va, size_t length)
{
	size_t i;

	for (i = 0; i < length; i += HALF)
		assert_int_equal(test_check_map(bed->fd, hwpt, iova + i,
						va + i, HALF), -EINVAL);
}

uint32_t entry(struct mockbed *bed, uint32_t hwpt, uint64_t iova)
{
	uint32_t flags = ~0U;

	assert_int_equal(test_entry(bed->fd, hwpt, iova, &flags), 0);
	return flags;
}

void entries(struct mockbed *bed, uint32_t hwpt, uint64_t iova, size_t length,
	     uint32_t flags)
{
	size_t i;

	for (i = 0; i < length; i += HALF)
		assert_int_equal(entry(bed, hwpt, iova + i), flags);
}

void refs(struct mockbed *bed, const void *va, size_t length, uint32_t refs)
{
	assert_int_equal(test_check_refs(bed->fd, va, length, refs), 0);
}

uint32_t new_hwpt(struct mockbed *bed, uint32_t ioas)
{
	uint32_t hwpt = 0;

	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->mock.idev, ioas,
					    &hwpt), 0);
	return hwpt;
}

struct test_mock add_huge_mock(struct mockbed *bed)
{
	struct test_mock mock = add_mock(bed, bed->ioas,
					 MOCK_FLAGS_DEVICE_HUGE_IOVA);

	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, mock.idev, bed->ioas,
					    &mock.hwpt), 0);
	assert_int_equal(test_mock_replace(bed->fd, mock.stdev, &mock.hwpt),
			 0);
	return mock;
}
