// SPDX-License-Identifier: GPL-2.0
/*
 * IOAS_ALLOC, IOAS_IOVA_RANGES and IOAS_ALLOW_IOVAS.
 */
#include "bed.h"
#include "compiler.h"
#include "ioas.h"
#include "iommufd.h"
#include "memory.h"
#include "picture.h"

/* ---- IOAS_ALLOC ---- */

void test_alloc_flags(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_alloc arg = { .size = sizeof(arg) };
	int bit;

	for (bit = 0; bit < 32; bit++) {
		arg.flags = 1U << bit;
		refused(bed, EOPNOTSUPP, IOMMU_IOAS_ALLOC, &arg);
	}
}

/* The id cannot be written: then there is no object either. */
void test_alloc_read_only_argument(void **state)
{
	struct iommu_ioas_alloc *arg = pages(PAGE);
	int fd = new_fd();

	arg->size = sizeof(*arg);
	mprotect(arg, PAGE, PROT_READ);
	assert_int_equal(iommufd_call(fd, IOMMU_IOAS_ALLOC, arg), -EFAULT);
	/* This is refused where there are objects. */
	assert_int_equal(iommufd_option_set(fd, IOMMU_OPTION_RLIMIT_MODE, 0, 1),
			 0);
	close(fd);
	munmap(arg, PAGE);
}

void test_alloc_many(void **state)
{
	struct bed *bed = *state;
	uint32_t ioas[300];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(ioas); i++) {
		ioas[i] = new_ioas(bed->fd);
		for (j = 0; j < i; j++)
			assert_int_not_equal(ioas[i], ioas[j]);
	}
	for (i = 0; i < ARRAY_SIZE(ioas); i++)
		assert_int_equal(iommufd_destroy(bed->fd, ioas[i]), 0);
}

/* ---- IOAS_IOVA_RANGES ---- */

void test_ranges(void **state)
{
	struct bed *bed = *state;
	struct iommu_iova_range range[2] = { { 1, 1 }, { 2, 2 } };
	uint64_t alignment = 0;
	uint32_t num = 2;

	assert_int_equal(iommufd_ranges(bed->fd, bed->ioas, range, &num,
					&alignment), 0);
	assert_int_equal(num, 1);
	assert_int_equal(alignment, 1);
	assert_int_equal(range[0].start, 0);
	assert_true(range[0].last == UINT64_MAX);
	/* What is beyond the count is left alone. */
	assert_int_equal(range[1].start, 2);
}

void test_ranges_array_too_short(void **state)
{
	struct bed *bed = *state;
	uint32_t num = 0;

	assert_int_equal(iommufd_ranges(bed->fd, bed->ioas, NULL, &num, NULL),
			 -EMSGSIZE);
	assert_int_equal(num, 1);
}

void test_ranges_refused(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_iova_ranges arg = {
		.size = sizeof(arg), .ioas_id = bed->ioas, .num_iovas = 1,
		.allowed_iovas = (uintptr_t)no_pages(PAGE),
	};

	refused(bed, EFAULT, IOMMU_IOAS_IOVA_RANGES, &arg);
	arg.allowed_iovas = 0;
	refused(bed, EFAULT, IOMMU_IOAS_IOVA_RANGES, &arg);
	arg.allowed_iovas = UINT64_MAX - 7;
	refused(bed, EFAULT, IOMMU_IOAS_IOVA_RANGES, &arg);
	arg.__reserved = 1;
	refused(bed, EOPNOTSUPP, IOMMU_IOAS_IOVA_RANGES, &arg);
}

/* ---- IOAS_ALLOW_IOVAS ---- */

void allow(struct bed *bed, uint64_t start, uint64_t last)
{
	struct iommu_iova_range range = { start, last };

	assert_int_equal(iommufd_allow(bed->fd, bed->ioas, &range, 1), 0);
}

/* A kernel-chosen IOVA lies in the list; a caller's may lie anywhere. */
void test_allow_places(void **state)
{
	struct bed *bed = *state;
	uint64_t iova = 0;

	allow(bed, FREE_IOVA, FREE_IOVA + BED_SIZE - 1);
	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW, bed->mem,
				     BED_SIZE, &iova), 0);
	assert_int_equal(iova, FREE_IOVA);
	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW, bed->mem,
				     PAGE, &iova), -ENOSPC);
	iova = PAGE;
	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_RW | MAP_FIXED_IOVA, bed->mem, PAGE,
				     &iova), 0);
	/* The empty list lifts it. */
	assert_int_equal(iommufd_allow(bed->fd, bed->ioas, NULL, 0), 0);
	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW, bed->mem,
				     PAGE, &iova), 0);
}

void test_allow_replaces(void **state)
{
	struct bed *bed = *state;
	uint64_t iova = 0;

	allow(bed, FREE_IOVA, FREE_IOVA + PAGE - 1);
	allow(bed, 2 * FREE_IOVA, 2 * FREE_IOVA + PAGE - 1);
	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW, bed->mem,
				     PAGE, &iova), 0);
	assert_int_equal(iova, 2 * FREE_IOVA);
	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW, bed->mem,
				     PAGE, &iova), -ENOSPC);
}

void test_allow_many(void **state)
{
	struct iommu_iova_range range[100];
	struct bed *bed = *state;
	uint64_t iova;
	size_t i;

	/* The last is the first in the list: order does not matter. */
	for (i = 0; i < ARRAY_SIZE(range); i++) {
		range[i].start = FREE_IOVA + (ARRAY_SIZE(range) - i) * HUGE;
		range[i].last = range[i].start + PAGE - 1;
	}
	assert_int_equal(iommufd_allow(bed->fd, bed->ioas, range,
				       ARRAY_SIZE(range)), 0);
	for (i = 0; i < ARRAY_SIZE(range); i++) {
		assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_R,
					     bed->mem, PAGE, &iova), 0);
		assert_int_equal(iova % HUGE, 0);
	}
	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_R, bed->mem, PAGE,
				     &iova), -ENOSPC);
}

/* The list that was in force stays in force. */
static void assert_allowed_is_free(struct bed *bed)
{
	uint64_t iova = 0;

	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW, bed->mem,
				     PAGE, &iova), 0);
	assert_int_equal(iova, FREE_IOVA);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, iova, PAGE, NULL),
			 0);
}

void test_allow_refused(void **state)
{
	struct bed *bed = *state;
	struct iommu_iova_range range[3] = {
		{ HUGE, 2 * HUGE - 1 }, { 4 * HUGE, 5 * HUGE - 1 },
	};
	struct iommu_ioas_allow_iovas arg = {
		.size = sizeof(arg), .ioas_id = bed->ioas, .num_iovas = 3,
		.allowed_iovas = (uintptr_t)range,
	};
	static const struct iommu_iova_range bad[] = {
		{ 9 * HUGE, 9 * HUGE }, { 9 * HUGE, 8 * HUGE }, { 0, 0 },
		{ UINT64_MAX, 0 }, { HUGE, 2 * HUGE - 1 },
		{ 2 * HUGE - 1, 3 * HUGE }, { 0, UINT64_MAX },
		{ 4 * HUGE + PAGE, 4 * HUGE + 2 * PAGE },
	};
	size_t i;

	allow(bed, FREE_IOVA, FREE_IOVA + PAGE - 1);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		range[2] = bad[i];
		refused(bed, EINVAL, IOMMU_IOAS_ALLOW_IOVAS, &arg);
		assert_allowed_is_free(bed);
	}
	arg.allowed_iovas = 0;
	refused(bed, EFAULT, IOMMU_IOAS_ALLOW_IOVAS, &arg);
	arg.allowed_iovas = (uintptr_t)range;
	arg.__reserved = 1;
	refused(bed, EOPNOTSUPP, IOMMU_IOAS_ALLOW_IOVAS, &arg);
	assert_allowed_is_free(bed);
}

/* The array ends in memory that is not there. */
void test_allow_array_faults(void **state)
{
	struct bed *bed = *state;
	uint8_t *edge = pages(2 * PAGE);
	struct iommu_iova_range *range = (void *)(edge + PAGE);
	struct iommu_ioas_allow_iovas arg = {
		.size = sizeof(arg), .ioas_id = bed->ioas, .num_iovas = 2,
		.allowed_iovas = (uintptr_t)(range - 1),
	};

	munmap(edge + PAGE, PAGE);
	range[-1] = (struct iommu_iova_range){ HUGE, 2 * HUGE };
	allow(bed, FREE_IOVA, FREE_IOVA + PAGE - 1);
	refused(bed, EFAULT, IOMMU_IOAS_ALLOW_IOVAS, &arg);
	assert_allowed_is_free(bed);
	munmap(edge, PAGE);
}
