// SPDX-License-Identifier: GPL-2.0
/*
 * IOAS_COPY and IOAS_UNMAP.
 */
#include "bed.h"
#include "compiler.h"
#include "iommufd.h"
#include "picture.h"
#include "unmap.h"

/* ---- IOAS_COPY ---- */

static struct iommu_ioas_copy copy_argument(struct bed *bed)
{
	return (struct iommu_ioas_copy){
		.size = sizeof(struct iommu_ioas_copy),
		.flags = MAP_RW | MAP_FIXED_IOVA,
		.dst_ioas_id = bed->ioas,
		.src_ioas_id = bed->ioas,
		.length = BED_SIZE,
		.dst_iova = FREE_IOVA,
		.src_iova = BED_IOVA,
	};
}

void test_copy(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_copy arg = copy_argument(bed);
	uint32_t ioas = new_ioas(bed->fd);
	uint64_t bytes;

	/* Within one IOAS, to another, at the kernel's choice; a part. */
	assert_int_equal(iommufd_call(bed->fd, IOMMU_IOAS_COPY, &arg), 0);
	arg.dst_ioas_id = ioas;
	assert_int_equal(iommufd_call(bed->fd, IOMMU_IOAS_COPY, &arg), 0);
	arg.flags = MAP_R;
	assert_int_equal(iommufd_call(bed->fd, IOMMU_IOAS_COPY, &arg), 0);
	assert_true(arg.dst_iova + BED_SIZE <= FREE_IOVA ||
		    arg.dst_iova >= FREE_IOVA + BED_SIZE);
	arg.src_iova += PAGE;
	arg.length = 2 * PAGE;
	assert_int_equal(iommufd_call(bed->fd, IOMMU_IOAS_COPY, &arg), 0);
	/* The copies stay when the source goes. */
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, BED_IOVA, BED_SIZE,
				       NULL), 0);
	assert_int_equal(iommufd_unmap_all(bed->fd, ioas, &bytes), 0);
	assert_int_equal(bytes, 2 * BED_SIZE + 2 * PAGE);
	assert_true(is_mapped(bed->fd, bed->ioas, FREE_IOVA));
}

/* Over two mappings that touch: in the destination there are two as well. */
void test_copy_over_two(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_copy arg = copy_argument(bed);
	uint64_t iova = BED_IOVA + BED_SIZE, bytes;

	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_RW | MAP_FIXED_IOVA, bed->mem,
				     BED_SIZE, &iova), 0);
	arg.src_iova = BED_IOVA + PAGE;
	assert_int_equal(iommufd_call(bed->fd, IOMMU_IOAS_COPY, &arg), 0);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, FREE_IOVA,
				       3 * PAGE, &bytes), 0);
	assert_int_equal(bytes, 3 * PAGE);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas,
				       FREE_IOVA + 3 * PAGE, PAGE, &bytes), 0);
	assert_int_equal(bytes, PAGE);
}

void test_copy_flags(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_copy arg = copy_argument(bed);
	int bit;

	for (bit = 3; bit < 32; bit++) {
		arg.flags = MAP_RW | MAP_FIXED_IOVA | 1U << bit;
		refused(bed, EOPNOTSUPP, IOMMU_IOAS_COPY, &arg);
	}
	arg.flags = MAP_FIXED_IOVA;
	refused(bed, EINVAL, IOMMU_IOAS_COPY, &arg);
}

void test_copy_range(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_copy arg = copy_argument(bed);

	arg.length = 0;
	refused(bed, EINVAL, IOMMU_IOAS_COPY, &arg);
	/* A hole before it, after it, everywhere. */
	arg.length = BED_SIZE + PAGE;
	refused(bed, ENOENT, IOMMU_IOAS_COPY, &arg);
	arg.src_iova = BED_IOVA - PAGE;
	refused(bed, ENOENT, IOMMU_IOAS_COPY, &arg);
	arg.length = PAGE;
	refused(bed, ENOENT, IOMMU_IOAS_COPY, &arg);
	/* Onto something. */
	arg = copy_argument(bed);
	arg.dst_iova = BED_IOVA;
	refused(bed, EEXIST, IOMMU_IOAS_COPY, &arg);
	arg.dst_iova = BED_IOVA + BED_SIZE - PAGE;
	refused(bed, EEXIST, IOMMU_IOAS_COPY, &arg);
}

void test_copy_overflow(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_copy arg = copy_argument(bed);

	arg.length = UINT64_MAX;
	refused(bed, EOVERFLOW, IOMMU_IOAS_COPY, &arg);
	arg = copy_argument(bed);
	arg.src_iova = UINT64_MAX;
	refused(bed, EOVERFLOW, IOMMU_IOAS_COPY, &arg);
	arg.src_iova = -PAGE;
	refused(bed, EOVERFLOW, IOMMU_IOAS_COPY, &arg);
	arg = copy_argument(bed);
	arg.dst_iova = UINT64_MAX;
	refused(bed, EOVERFLOW, IOMMU_IOAS_COPY, &arg);
	arg.dst_iova = -PAGE;
	refused(bed, EOVERFLOW, IOMMU_IOAS_COPY, &arg);
}

/* What was mapped for reading cannot become writable by a copy. */
void test_copy_permission(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_copy arg = copy_argument(bed);
	uint64_t iova = 2 * FREE_IOVA;

	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_R | MAP_FIXED_IOVA,
				     bed->mem, BED_SIZE, &iova), 0);
	arg.src_iova = iova;
	refused(bed, EPERM, IOMMU_IOAS_COPY, &arg);
	arg.flags = MAP_W | MAP_FIXED_IOVA;
	refused(bed, EPERM, IOMMU_IOAS_COPY, &arg);
	arg.flags = MAP_R | MAP_FIXED_IOVA;
	assert_int_equal(iommufd_call(bed->fd, IOMMU_IOAS_COPY, &arg), 0);
}

/* ---- IOAS_UNMAP ---- */

static struct iommu_ioas_unmap unmap_argument(struct bed *bed, uint64_t iova,
					      uint64_t length)
{
	return (struct iommu_ioas_unmap){
		.size = sizeof(struct iommu_ioas_unmap),
		.ioas_id = bed->ioas,
		.iova = iova,
		.length = length,
	};
}

void test_unmap(void **state)
{
	struct bed *bed = *state;
	uint64_t bytes;

	/* More than the mapping, and the bytes are those of the mapping. */
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, BED_IOVA - HUGE,
				       3 * HUGE, &bytes), 0);
	assert_int_equal(bytes, BED_SIZE);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, BED_IOVA - HUGE,
				       3 * HUGE, &bytes), -ENOENT);
}

void test_unmap_all(void **state)
{
	struct bed *bed = *state;
	uint64_t bytes = 1, iova;
	int i;

	for (i = 0; i < 100; i++)
		assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW,
					     bed->mem, PAGE, &iova), 0);
	assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas, &bytes), 0);
	assert_int_equal(bytes, BED_SIZE + 100 * PAGE);
	/* Everything of nothing is no error. */
	assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas, &bytes), 0);
	assert_int_equal(bytes, 0);
}

/* How QEMU unmaps all. */
void test_unmap_halves(void **state)
{
	struct bed *bed = *state;
	uint64_t half = 1ULL << 63, bytes;

	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, 0, half, &bytes), 0);
	assert_int_equal(bytes, BED_SIZE);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, half, half, &bytes),
			 -ENOENT);
}

void test_unmap_part(void **state)
{
	struct bed *bed = *state;
	static const struct { uint64_t iova, length; } part[] = {
		{ BED_IOVA, PAGE },
		{ BED_IOVA + PAGE, PAGE },
		{ BED_IOVA + PAGE, BED_SIZE },
		{ BED_IOVA - PAGE, BED_SIZE },
		{ BED_IOVA, BED_SIZE - 1 },
		{ BED_IOVA + 1, BED_SIZE - 1 },
		{ BED_IOVA + BED_SIZE, PAGE },
		{ BED_IOVA - PAGE, PAGE },
	};
	struct iommu_ioas_unmap arg;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(part); i++) {
		arg = unmap_argument(bed, part[i].iova, part[i].length);
		refused(bed, ENOENT, IOMMU_IOAS_UNMAP, &arg);
	}
}

/* One whole mapping and half of the next: neither goes. */
void test_unmap_one_and_a_half(void **state)
{
	struct bed *bed = *state;
	uint64_t iova = BED_IOVA + BED_SIZE;
	struct iommu_ioas_unmap arg;

	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_RW | MAP_FIXED_IOVA, bed->mem,
				     BED_SIZE, &iova), 0);
	arg = unmap_argument(bed, BED_IOVA, BED_SIZE + PAGE);
	refused(bed, ENOENT, IOMMU_IOAS_UNMAP, &arg);
	arg = unmap_argument(bed, BED_IOVA + PAGE, 2 * BED_SIZE);
	refused(bed, ENOENT, IOMMU_IOAS_UNMAP, &arg);
}

void test_unmap_refused(void **state)
{
	struct bed *bed = *state;
	static const struct { int error; uint64_t iova, length; } bad[] = {
		{ EINVAL, BED_IOVA, 0 },
		{ EINVAL, 0, 0 },
		{ EOVERFLOW, UINT64_MAX, 1 },
		{ EOVERFLOW, UINT64_MAX, UINT64_MAX },
		{ EOVERFLOW, 1, UINT64_MAX },
		{ EOVERFLOW, BED_IOVA, UINT64_MAX },
		{ EOVERFLOW, BED_IOVA, UINT64_MAX - 1 },
		{ EOVERFLOW, -PAGE, PAGE + 1 },
		{ ENOENT, -PAGE, PAGE },
	};
	struct iommu_ioas_unmap arg;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		arg = unmap_argument(bed, bad[i].iova, bad[i].length);
		refused(bed, bad[i].error, IOMMU_IOAS_UNMAP, &arg);
	}
}
