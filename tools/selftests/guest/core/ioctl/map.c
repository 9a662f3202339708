// SPDX-License-Identifier: GPL-2.0
/*
 * IOAS_MAP and IOAS_MAP_FILE.
 */
#include <fcntl.h>

#include "bed.h"
#include "compiler.h"
#include "iommufd.h"
#include "map.h"
#include "memory.h"
#include "picture.h"

/* ---- IOAS_MAP ---- */

static struct iommu_ioas_map map_argument(struct bed *bed, uint64_t iova)
{
	return (struct iommu_ioas_map){
		.size = sizeof(struct iommu_ioas_map),
		.flags = MAP_RW | MAP_FIXED_IOVA,
		.ioas_id = bed->ioas,
		.user_va = (uintptr_t)bed->mem,
		.length = PAGE,
		.iova = iova,
	};
}

void test_map_flags(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_map arg = map_argument(bed, FREE_IOVA);
	int bit;

	for (bit = 3; bit < 32; bit++) {
		arg.flags = MAP_RW | MAP_FIXED_IOVA | 1U << bit;
		refused(bed, EOPNOTSUPP, IOMMU_IOAS_MAP, &arg);
	}
	arg.flags = MAP_FIXED_IOVA;
	refused(bed, EINVAL, IOMMU_IOAS_MAP, &arg);
	arg.flags = 0;
	refused(bed, EINVAL, IOMMU_IOAS_MAP, &arg);
	arg.flags = MAP_RW | MAP_FIXED_IOVA;
	arg.__reserved = 1;
	refused(bed, EOPNOTSUPP, IOMMU_IOAS_MAP, &arg);
}

void test_map_overflow(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_map arg = map_argument(bed, UINT64_MAX);

	refused(bed, EOVERFLOW, IOMMU_IOAS_MAP, &arg);
	arg.iova = UINT64_MAX - 1;
	refused(bed, EOVERFLOW, IOMMU_IOAS_MAP, &arg);
	arg.iova = -PAGE;
	arg.length = PAGE + 1;
	refused(bed, EOVERFLOW, IOMMU_IOAS_MAP, &arg);
	arg.iova = FREE_IOVA;
	arg.length = UINT64_MAX;
	refused(bed, EOVERFLOW, IOMMU_IOAS_MAP, &arg);
	arg.length = PAGE;
	arg.user_va = -PAGE;
	refused(bed, EOVERFLOW, IOMMU_IOAS_MAP, &arg);
	arg.user_va = UINT64_MAX;
	refused(bed, EOVERFLOW, IOMMU_IOAS_MAP, &arg);
	/* A kernel-chosen IOVA of half the address space cannot be. */
	arg.flags = MAP_RW;
	arg.user_va = 0;
	arg.length = 1ULL << 63;
	refused(bed, EOVERFLOW, IOMMU_IOAS_MAP, &arg);
}

void test_map_length(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_map arg = map_argument(bed, FREE_IOVA);

	arg.length = 0;
	refused(bed, EINVAL, IOMMU_IOAS_MAP, &arg);
	arg.flags = MAP_RW;
	refused(bed, EINVAL, IOMMU_IOAS_MAP, &arg);
}

void test_map_exists(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_map arg = map_argument(bed, BED_IOVA);

	refused(bed, EEXIST, IOMMU_IOAS_MAP, &arg);
	arg.iova = BED_IOVA + BED_SIZE - PAGE;
	refused(bed, EEXIST, IOMMU_IOAS_MAP, &arg);
	/* Over either end, all of it, and more than it. */
	arg.length = 2 * PAGE;
	refused(bed, EEXIST, IOMMU_IOAS_MAP, &arg);
	arg.iova = BED_IOVA - PAGE;
	refused(bed, EEXIST, IOMMU_IOAS_MAP, &arg);
	arg.length = BED_SIZE + 2 * PAGE;
	refused(bed, EEXIST, IOMMU_IOAS_MAP, &arg);
	arg.iova = BED_IOVA;
	arg.length = BED_SIZE;
	refused(bed, EEXIST, IOMMU_IOAS_MAP, &arg);
	/* One byte of it is too much, one less is not. */
	arg.iova = BED_IOVA - PAGE + 1;
	arg.length = PAGE;
	refused(bed, EEXIST, IOMMU_IOAS_MAP, &arg);
	arg.length = PAGE - 1;
	assert_int_equal(iommufd_call(bed->fd, IOMMU_IOAS_MAP, &arg), 0);
	assert_int_equal(arg.iova, BED_IOVA - PAGE + 1);
}

/* Neighbours on both sides stay mappings of their own. */
void test_map_adjacent(void **state)
{
	struct bed *bed = *state;
	uint64_t before = BED_IOVA - PAGE, after = BED_IOVA + BED_SIZE;
	uint64_t bytes;

	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_RW | MAP_FIXED_IOVA, bed->mem, PAGE,
				     &before), 0);
	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_RW | MAP_FIXED_IOVA, bed->mem, PAGE,
				     &after), 0);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, BED_IOVA, BED_SIZE,
				       &bytes), 0);
	assert_int_equal(bytes, BED_SIZE);
	assert_true(is_mapped(bed->fd, bed->ioas, before));
	assert_true(is_mapped(bed->fd, bed->ioas, after));
	assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas, &bytes), 0);
	assert_int_equal(bytes, 2 * PAGE);
}

/* Both ends of the address space can be used; the last byte only so. */
void test_map_extremes(void **state)
{
	struct bed *bed = *state;
	uint64_t low = 0, high = -PAGE;

	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_R | MAP_FIXED_IOVA, bed->mem, PAGE,
				     &low), 0);
	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_R | MAP_FIXED_IOVA, bed->mem, PAGE,
				     &high), 0);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, low, PAGE, NULL), 0);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, high, PAGE, NULL),
			 0);
}

/* Not 0, not the last page, its own place, and as aligned as the memory. */
void test_map_kernel_chosen(void **state)
{
	struct bed *bed = *state;
	uint64_t iova[64];
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(iova); i++) {
		assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW,
					     bed->mem, BED_SIZE, &iova[i]), 0);
		assert_int_not_equal(iova[i], 0);
		assert_int_equal(iova[i] % PAGE, 0);
		assert_true(iova[i] + BED_SIZE <= BED_IOVA ||
			    iova[i] >= BED_IOVA + BED_SIZE);
		for (j = 0; j < i; j++)
			assert_true(iova[j] + BED_SIZE <= iova[i] ||
				    iova[i] + BED_SIZE <= iova[j]);
	}
}

void test_map_kernel_chosen_alignment(void **state)
{
	struct bed *bed = *state;
	uint8_t *mem = no_pages(4 * HUGE);
	uint64_t iova;

	mem += HUGE - (uintptr_t)mem % HUGE;
	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW, mem, HUGE,
				     &iova), 0);
	assert_int_equal(iova % HUGE, 0);
	/* The offset within the page is kept. */
	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW, bed->mem + 123,
				     45, &iova), 0);
	assert_int_equal(iova % PAGE, 123);
}

/* Without a page table nothing is pinned, so nothing is looked at either. */
void test_map_lazy(void **state)
{
	struct bed *bed = *state;
	uint64_t pin = status_kb("VmPin"), lck = status_kb("VmLck");
	uint64_t iova;

	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW,
				     no_pages(PAGE), PAGE, &iova), 0);
	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW, pages(HUGE),
				     HUGE, &iova), 0);
	assert_int_equal(status_kb("VmPin"), pin);
	assert_int_equal(status_kb("VmLck"), lck);
}

/* The IOVA cannot be written back: then nothing is mapped. */
void test_map_read_only_argument(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_map *arg = pages(PAGE);
	uint64_t bytes;

	*arg = map_argument(bed, FREE_IOVA);
	mprotect(arg, PAGE, PROT_READ);
	refused(bed, EFAULT, IOMMU_IOAS_MAP, arg);
	assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas, &bytes), 0);
	assert_int_equal(bytes, BED_SIZE);
	munmap(arg, PAGE);
}

/* ---- IOAS_MAP_FILE ---- */

static struct iommu_ioas_map_file file_argument(struct bed *bed, int fd)
{
	return (struct iommu_ioas_map_file){
		.size = sizeof(struct iommu_ioas_map_file),
		.flags = MAP_RW | MAP_FIXED_IOVA,
		.ioas_id = bed->ioas,
		.fd = fd,
		.length = PAGE,
		.iova = FREE_IOVA,
	};
}

static int new_memfd(size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

void test_map_file(void **state)
{
	struct bed *bed = *state;
	int fd = new_memfd(BED_SIZE);
	struct iommu_ioas_map_file arg = file_argument(bed, fd);
	uint64_t bytes;

	assert_int_equal(iommufd_call(bed->fd, IOMMU_IOAS_MAP_FILE, &arg), 0);
	assert_int_equal(arg.iova, FREE_IOVA);
	refused(bed, EEXIST, IOMMU_IOAS_MAP_FILE, &arg);
	/* The mapping outlives the fd. */
	close(fd);
	assert_true(is_mapped(bed->fd, bed->ioas, FREE_IOVA));
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, FREE_IOVA, PAGE,
				       &bytes), 0);
	assert_int_equal(bytes, PAGE);
}

void test_map_file_refused(void **state)
{
	struct bed *bed = *state;
	int fd = new_memfd(BED_SIZE), bit;
	struct iommu_ioas_map_file arg = file_argument(bed, fd);

	for (bit = 3; bit < 32; bit++) {
		arg.flags = MAP_RW | MAP_FIXED_IOVA | 1U << bit;
		refused(bed, EOPNOTSUPP, IOMMU_IOAS_MAP_FILE, &arg);
	}
	arg.flags = MAP_FIXED_IOVA;
	refused(bed, EINVAL, IOMMU_IOAS_MAP_FILE, &arg);
	arg = file_argument(bed, fd);
	arg.length = 0;
	refused(bed, EINVAL, IOMMU_IOAS_MAP_FILE, &arg);
	arg.length = UINT64_MAX;
	refused(bed, EOVERFLOW, IOMMU_IOAS_MAP_FILE, &arg);
	arg = file_argument(bed, fd);
	arg.iova = UINT64_MAX;
	refused(bed, EOVERFLOW, IOMMU_IOAS_MAP_FILE, &arg);
	arg = file_argument(bed, fd);
	arg.start = -PAGE;
	refused(bed, EOVERFLOW, IOMMU_IOAS_MAP_FILE, &arg);
	arg = file_argument(bed, fd);
	arg.iova = BED_IOVA;
	refused(bed, EEXIST, IOMMU_IOAS_MAP_FILE, &arg);
	close(fd);
}

/* Without a device the file's kind need not be known yet; the fd must be. */
void test_map_file_descriptor(void **state)
{
	struct bed *bed = *state;
	int fd = new_memfd(BED_SIZE);
	struct iommu_ioas_map_file arg = file_argument(bed, fd);

	close(fd);
	refused(bed, EBADF, IOMMU_IOAS_MAP_FILE, &arg);
	arg.fd = -1;
	refused(bed, EBADF, IOMMU_IOAS_MAP_FILE, &arg);
	arg.fd = INT32_MAX;
	refused(bed, EBADF, IOMMU_IOAS_MAP_FILE, &arg);
	arg.fd = INT32_MIN;
	refused(bed, EBADF, IOMMU_IOAS_MAP_FILE, &arg);
}

void test_map_file_permission(void **state)
{
	struct bed *bed = *state;
	int fd = new_memfd(BED_SIZE);
	struct iommu_ioas_map_file arg;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	arg = file_argument(bed, open(path, O_RDONLY | O_CLOEXEC));
	assert_true(arg.fd >= 0);
	refused(bed, EPERM, IOMMU_IOAS_MAP_FILE, &arg);
	arg.flags = MAP_R | MAP_FIXED_IOVA;
	assert_int_equal(iommufd_call(bed->fd, IOMMU_IOAS_MAP_FILE, &arg), 0);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, FREE_IOVA, PAGE,
				       NULL), 0);
	close(arg.fd);
	close(fd);
}

static void refuse_sealed(struct bed *bed, int seal)
{
	int fd = new_memfd(BED_SIZE);
	struct iommu_ioas_map_file arg = file_argument(bed, fd);

	assert_int_equal(fcntl(fd, F_ADD_SEALS, seal), 0);
	refused(bed, EPERM, IOMMU_IOAS_MAP_FILE, &arg);
	close(fd);
}

void test_map_file_sealed(void **state)
{
	refuse_sealed(*state, F_SEAL_WRITE);
	refuse_sealed(*state, F_SEAL_FUTURE_WRITE);
}
