// SPDX-License-Identifier: GPL-2.0
/*
 * Every command of /dev/iommu, and every error that it can give without a
 * device. Each refused call is also checked to have changed nothing.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "bed.h"
#include "compiler.h"
#include "iommufd.h"
#include "memory.h"
#include "picture.h"

/* ---- the argument struct ---- */

struct command {
	const char *name;
	unsigned int cmd;
	size_t first;	/* the size of its first version */
	size_t size;	/* the size that we know */
};

#define COMMAND(cmd, type, last) \
	{ #cmd, cmd, offsetof(struct type, last) + \
		     sizeof(((struct type *)NULL)->last), sizeof(struct type) }

/* Those that the loaded modules have to serve. */
static const struct command served[] = {
	COMMAND(IOMMU_DESTROY, iommu_destroy, id),
	COMMAND(IOMMU_IOAS_ALLOC, iommu_ioas_alloc, out_ioas_id),
	COMMAND(IOMMU_IOAS_ALLOW_IOVAS, iommu_ioas_allow_iovas, allowed_iovas),
	COMMAND(IOMMU_IOAS_COPY, iommu_ioas_copy, src_iova),
	COMMAND(IOMMU_IOAS_IOVA_RANGES, iommu_ioas_iova_ranges,
		out_iova_alignment),
	COMMAND(IOMMU_IOAS_MAP, iommu_ioas_map, iova),
	COMMAND(IOMMU_IOAS_MAP_FILE, iommu_ioas_map_file, iova),
	COMMAND(IOMMU_IOAS_UNMAP, iommu_ioas_unmap, length),
	COMMAND(IOMMU_OPTION, iommu_option, val64),
	COMMAND(IOMMU_HWPT_ALLOC, iommu_hwpt_alloc, __reserved),
	COMMAND(IOMMU_GET_HW_INFO, iommu_hw_info, __reserved),
};

#define LARGEST 4096

/* An argument of @size zeroes that says it has @told bytes. */
static int call_sized(int fd, unsigned int cmd, uint8_t *arg, size_t size,
		      uint32_t told)
{
	memset(arg, 0, size);
	memcpy(arg, &told, sizeof(told));
	return iommufd_call(fd, cmd, arg);
}

static void test_size_too_small(void **state)
{
	struct bed *bed = *state;
	uint8_t arg[LARGEST];
	size_t i, told;

	for (i = 0; i < ARRAY_SIZE(served); i++)
		for (told = 0; told < served[i].first; told++)
			assert_int_equal(call_sized(bed->fd, served[i].cmd, arg,
						    LARGEST, told), -EINVAL);
}

static void test_size_grown(void **state)
{
	struct bed *bed = *state;
	uint8_t *arg = pages(16 * PAGE);
	size_t i, more;

	for (i = 0; i < ARRAY_SIZE(served); i++) {
		const struct command *command = &served[i];
		int rc = call_sized(bed->fd, command->cmd, arg, LARGEST,
				    command->size);

		if (command->cmd == IOMMU_IOAS_ALLOC)
			assert_int_equal(rc, 0);
		for (more = 1; more <= 15 * PAGE; more = more * 4 + 3)
			assert_int_equal(call_sized(bed->fd, command->cmd, arg,
						    16 * PAGE,
						    command->size + more), rc);
	}
	munmap(arg, 16 * PAGE);
}

static void test_size_nonzero_tail(void **state)
{
	struct bed *bed = *state;
	uint8_t arg[LARGEST];
	size_t i, at;

	for (i = 0; i < ARRAY_SIZE(served); i++) {
		const struct command *command = &served[i];
		uint32_t told = command->size + 64;

		for (at = command->size; at < told; at++) {
			memset(arg, 0, sizeof(arg));
			memcpy(arg, &told, sizeof(told));
			arg[at] = 1;
			assert_int_equal(iommufd_call(bed->fd, command->cmd,
						      arg), -E2BIG);
		}
	}
}

/* What lies beyond the told size is not looked at. */
static void test_size_told_counts(void **state)
{
	struct bed *bed = *state;
	struct {
		struct iommu_ioas_alloc alloc;
		uint8_t more[64];
	} arg = { .alloc.size = sizeof(arg.alloc) };

	memset(arg.more, 0xff, sizeof(arg.more));
	assert_int_equal(iommufd_call(bed->fd, IOMMU_IOAS_ALLOC, &arg), 0);
	assert_int_equal(iommufd_destroy(bed->fd, arg.alloc.out_ioas_id), 0);
}

static void test_bad_pointer(void **state)
{
	struct bed *bed = *state;
	uint8_t *edge = pages(2 * PAGE);
	uint32_t told;
	size_t i;

	munmap(edge + PAGE, PAGE);
	for (i = 0; i < ARRAY_SIZE(served); i++) {
		const struct command *command = &served[i];
		uint8_t *arg = edge + PAGE - command->first + 4;

		assert_int_equal(iommufd_call(bed->fd, command->cmd, NULL),
				 -EFAULT);
		assert_int_equal(iommufd_call(bed->fd, command->cmd,
					      edge + PAGE), -EFAULT);
		/* The size can be read, the end of the struct cannot. */
		told = command->size;
		memset(arg, 0, command->first - 4);
		memcpy(arg, &told, sizeof(told));
		assert_int_equal(iommufd_call(bed->fd, command->cmd, arg),
				 -EFAULT);
		/* All we know can be read, what is beyond cannot. */
		arg = edge + PAGE - command->size;
		told = command->size + 8;
		memset(arg, 0, command->size);
		memcpy(arg, &told, sizeof(told));
		assert_int_equal(iommufd_call(bed->fd, command->cmd, arg),
				 -EFAULT);
	}
	munmap(edge, PAGE);
}

/* ---- the command number ---- */

static void test_unknown_command(void **state)
{
	struct bed *bed = *state;
	uint32_t arg[256] = { sizeof(arg) };
	int nr;

	for (nr = IOMMUFD_CMD_IOAS_CHANGE_PROCESS + 1; nr < 0x100; nr++)
		if (nr != 0xa0)
			assert_int_equal(iommufd_call(bed->fd,
						      _IO(IOMMUFD_TYPE, nr),
						      arg), -ENOTTY);
	for (nr = 0; nr < 0x64; nr++)
		assert_int_equal(iommufd_call(bed->fd, _IO(IOMMUFD_TYPE, nr),
					      arg), -ENOTTY);
}

/* The right number with a direction, a size or another type. */
static void test_near_command(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_alloc arg = { .size = sizeof(arg) };
	unsigned int nr = IOMMUFD_CMD_IOAS_ALLOC;

	refused(bed, ENOTTY, _IOC(_IOC_READ, IOMMUFD_TYPE, nr, 0), &arg);
	refused(bed, ENOTTY, _IOC(_IOC_WRITE, IOMMUFD_TYPE, nr, 12), &arg);
	refused(bed, ENOTTY, _IO(':', nr), &arg);
}

static void test_no_file_operations(void **state)
{
	struct bed *bed = *state;
	char byte = 0;

	assert_int_equal(read(bed->fd, &byte, 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(write(bed->fd, &byte, 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, bed->fd, 0),
			 MAP_FAILED);
	assert_int_equal(errno, ENODEV);
}

/* ---- DESTROY and ids ---- */

static void test_destroy(void **state)
{
	struct bed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd);

	assert_int_equal(iommufd_destroy(bed->fd, 0), -ENOENT);
	assert_int_equal(iommufd_destroy(bed->fd, NO_ID), -ENOENT);
	assert_int_equal(iommufd_destroy(bed->fd, UINT32_MAX), -ENOENT);
	assert_int_equal(iommufd_destroy(bed->fd, ioas), 0);
	assert_int_equal(iommufd_destroy(bed->fd, ioas), -ENOENT);
}

/* An IOAS goes with all its mappings. */
static void test_destroy_filled(void **state)
{
	struct bed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd);
	uint64_t iova;

	assert_int_equal(iommufd_map(bed->fd, ioas, MAP_RW, bed->mem, BED_SIZE,
				     &iova), 0);
	assert_int_equal(iommufd_destroy(bed->fd, ioas), 0);
	assert_int_equal(iommufd_unmap_all(bed->fd, ioas, NULL), -ENOENT);
	assert_true(is_mapped(bed->fd, bed->ioas, BED_IOVA));
}

/* Each fd has ids of its own. */
static void test_foreign_id(void **state)
{
	struct bed *bed = *state;
	uint32_t mine[8];
	int other = new_fd();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(mine); i++)
		mine[i] = new_ioas(bed->fd);
	for (i = 0; i < ARRAY_SIZE(mine); i++)
		assert_int_equal(iommufd_destroy(other, mine[i]), -ENOENT);
	for (i = 0; i < ARRAY_SIZE(mine); i++)
		assert_int_equal(iommufd_destroy(bed->fd, mine[i]), 0);
	close(other);
}

/* Every call that takes an IOAS, with an id that was one, or never was. */
static void refuse_ioas(struct bed *bed, uint32_t id)
{
	struct iommu_iova_range range = { 0, UINT64_MAX };
	struct iommu_ioas_map map = {
		.size = sizeof(map), .ioas_id = id, .flags = MAP_RW,
		.user_va = (uintptr_t)bed->mem, .length = PAGE,
	};
	struct iommu_ioas_map_file file = {
		.size = sizeof(file), .ioas_id = id, .flags = MAP_R,
		.fd = memfd_create("test", 0), .length = PAGE,
	};
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = id, .length = UINT64_MAX,
	};
	struct iommu_ioas_iova_ranges ranges = {
		.size = sizeof(ranges), .ioas_id = id, .num_iovas = 1,
		.allowed_iovas = (uintptr_t)&range,
	};
	struct iommu_ioas_allow_iovas allow = {
		.size = sizeof(allow), .ioas_id = id, .num_iovas = 1,
		.allowed_iovas = (uintptr_t)&range,
	};
	struct iommu_option option = {
		.size = sizeof(option), .object_id = id,
		.option_id = IOMMU_OPTION_HUGE_PAGES,
		.op = IOMMU_OPTION_OP_GET,
	};
	struct iommu_ioas_copy copy = {
		.size = sizeof(copy), .flags = MAP_R, .dst_ioas_id = bed->ioas,
		.src_ioas_id = id, .length = PAGE, .src_iova = BED_IOVA,
	};

	assert_int_equal(ftruncate(file.fd, PAGE), 0);
	refused(bed, ENOENT, IOMMU_IOAS_MAP, &map);
	refused(bed, ENOENT, IOMMU_IOAS_MAP_FILE, &file);
	refused(bed, ENOENT, IOMMU_IOAS_UNMAP, &unmap);
	refused(bed, ENOENT, IOMMU_IOAS_IOVA_RANGES, &ranges);
	refused(bed, ENOENT, IOMMU_IOAS_ALLOW_IOVAS, &allow);
	refused(bed, ENOENT, IOMMU_OPTION, &option);
	refused(bed, ENOENT, IOMMU_IOAS_COPY, &copy);
	copy.src_ioas_id = bed->ioas;
	copy.dst_ioas_id = id;
	refused(bed, ENOENT, IOMMU_IOAS_COPY, &copy);
	close(file.fd);
}

static void test_unknown_ioas(void **state)
{
	struct bed *bed = *state;
	uint32_t stale = new_ioas(bed->fd);

	assert_int_equal(iommufd_destroy(bed->fd, stale), 0);
	refuse_ioas(bed, stale);
	refuse_ioas(bed, 0);
	refuse_ioas(bed, NO_ID);
	refuse_ioas(bed, UINT32_MAX);
}

/* ---- IOAS_ALLOC ---- */

static void test_alloc_flags(void **state)
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
static void test_alloc_read_only_argument(void **state)
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

static void test_alloc_many(void **state)
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

static void test_ranges(void **state)
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

static void test_ranges_array_too_short(void **state)
{
	struct bed *bed = *state;
	uint32_t num = 0;

	assert_int_equal(iommufd_ranges(bed->fd, bed->ioas, NULL, &num, NULL),
			 -EMSGSIZE);
	assert_int_equal(num, 1);
}

static void test_ranges_refused(void **state)
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

static void allow(struct bed *bed, uint64_t start, uint64_t last)
{
	struct iommu_iova_range range = { start, last };

	assert_int_equal(iommufd_allow(bed->fd, bed->ioas, &range, 1), 0);
}

/* A kernel-chosen IOVA lies in the list; a caller's may lie anywhere. */
static void test_allow_places(void **state)
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

static void test_allow_replaces(void **state)
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

static void test_allow_many(void **state)
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

static void test_allow_refused(void **state)
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
static void test_allow_array_faults(void **state)
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

static void test_map_flags(void **state)
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

static void test_map_overflow(void **state)
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

static void test_map_length(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_map arg = map_argument(bed, FREE_IOVA);

	arg.length = 0;
	refused(bed, EINVAL, IOMMU_IOAS_MAP, &arg);
	arg.flags = MAP_RW;
	refused(bed, EINVAL, IOMMU_IOAS_MAP, &arg);
}

static void test_map_exists(void **state)
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
static void test_map_adjacent(void **state)
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
static void test_map_extremes(void **state)
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
static void test_map_kernel_chosen(void **state)
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

static void test_map_kernel_chosen_alignment(void **state)
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
static void test_map_lazy(void **state)
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
static void test_map_read_only_argument(void **state)
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

static void test_map_file(void **state)
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

static void test_map_file_refused(void **state)
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
static void test_map_file_descriptor(void **state)
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

static void test_map_file_permission(void **state)
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

static void test_map_file_sealed(void **state)
{
	refuse_sealed(*state, F_SEAL_WRITE);
	refuse_sealed(*state, F_SEAL_FUTURE_WRITE);
}

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

static void test_copy(void **state)
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
static void test_copy_over_two(void **state)
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

static void test_copy_flags(void **state)
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

static void test_copy_range(void **state)
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

static void test_copy_overflow(void **state)
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
static void test_copy_permission(void **state)
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

static void test_unmap(void **state)
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

static void test_unmap_all(void **state)
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
static void test_unmap_halves(void **state)
{
	struct bed *bed = *state;
	uint64_t half = 1ULL << 63, bytes;

	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, 0, half, &bytes), 0);
	assert_int_equal(bytes, BED_SIZE);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, half, half, &bytes),
			 -ENOENT);
}

static void test_unmap_part(void **state)
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
static void test_unmap_one_and_a_half(void **state)
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

static void test_unmap_refused(void **state)
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

/* ---- OPTION ---- */

static struct iommu_option option_argument(uint32_t option, uint16_t op,
					   uint32_t object)
{
	return (struct iommu_option){
		.size = sizeof(struct iommu_option),
		.option_id = option,
		.op = op,
		.object_id = object,
	};
}

static void test_option_huge_pages(void **state)
{
	struct bed *bed = *state;
	uint64_t value = 7;
	uint32_t option = IOMMU_OPTION_HUGE_PAGES;

	assert_int_equal(iommufd_option_get(bed->fd, option, bed->ioas, &value),
			 0);
	assert_int_equal(value, 1);
	assert_int_equal(iommufd_option_set(bed->fd, option, bed->ioas, 0), 0);
	assert_int_equal(iommufd_option_get(bed->fd, option, bed->ioas, &value),
			 0);
	assert_int_equal(value, 0);
	assert_int_equal(iommufd_option_set(bed->fd, option, bed->ioas, 1), 0);
	assert_int_equal(iommufd_option_get(bed->fd, option, bed->ioas, &value),
			 0);
	assert_int_equal(value, 1);
}

static void test_option_refused(void **state)
{
	struct bed *bed = *state;
	struct iommu_option arg;

	arg = option_argument(2, IOMMU_OPTION_OP_GET, bed->ioas);
	refused(bed, EOPNOTSUPP, IOMMU_OPTION, &arg);
	arg = option_argument(UINT32_MAX, IOMMU_OPTION_OP_GET, 0);
	refused(bed, EOPNOTSUPP, IOMMU_OPTION, &arg);
	arg = option_argument(IOMMU_OPTION_HUGE_PAGES, 2, bed->ioas);
	refused(bed, EOPNOTSUPP, IOMMU_OPTION, &arg);
	arg = option_argument(IOMMU_OPTION_RLIMIT_MODE, 2, 0);
	refused(bed, EOPNOTSUPP, IOMMU_OPTION, &arg);
	arg = option_argument(IOMMU_OPTION_HUGE_PAGES, IOMMU_OPTION_OP_SET,
			      bed->ioas);
	arg.val64 = 2;
	refused(bed, EINVAL, IOMMU_OPTION, &arg);
	arg.val64 = UINT64_MAX;
	refused(bed, EINVAL, IOMMU_OPTION, &arg);
	arg.val64 = 1;
	arg.__reserved = 1;
	refused(bed, EOPNOTSUPP, IOMMU_OPTION, &arg);
	arg = option_argument(IOMMU_OPTION_RLIMIT_MODE, IOMMU_OPTION_OP_GET,
			      bed->ioas);
	refused(bed, EOPNOTSUPP, IOMMU_OPTION, &arg);
}

static void test_option_rlimit_mode(void **state)
{
	uint32_t option = IOMMU_OPTION_RLIMIT_MODE, ioas;
	int fd = new_fd();
	uint64_t value = 7;

	assert_int_equal(iommufd_option_get(fd, option, 0, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(iommufd_option_set(fd, option, 0, 2), -EINVAL);
	assert_int_equal(iommufd_option_set(fd, option, 0, 1), 0);
	assert_int_equal(iommufd_option_get(fd, option, 0, &value), 0);
	assert_int_equal(value, 1);
	ioas = new_ioas(fd);
	assert_int_equal(iommufd_option_set(fd, option, 0, 0), -EBUSY);
	assert_int_equal(iommufd_option_get(fd, option, 0, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(iommufd_destroy(fd, ioas), 0);
	assert_int_equal(iommufd_option_set(fd, option, 0, 0), 0);
	close(fd);
}

/* In a child, as a process cannot get its privilege back. */
static void test_option_rlimit_mode_unprivileged(void **state)
{
	uint32_t option = IOMMU_OPTION_RLIMIT_MODE;
	int fd = new_fd(), status;
	uint64_t value;
	pid_t child;

	child = fork();
	if (!child) {
		if (setuid(1000))
			_exit(1);
		_exit(iommufd_option_set(fd, option, 0, 1) != -EPERM ||
		      iommufd_option_get(fd, option, 0, &value) || value);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(fd);
}

/* ---- HWPT_ALLOC and GET_HW_INFO, as far as they go without a device ---- */

static void test_hwpt_alloc_refused(void **state)
{
	struct bed *bed = *state;
	struct iommu_hwpt_alloc arg = {
		.size = sizeof(arg), .dev_id = NO_ID, .pt_id = bed->ioas,
	};

	refused(bed, ENOENT, IOMMU_HWPT_ALLOC, &arg);
	/* An IOAS is no device. */
	arg.dev_id = bed->ioas;
	refused(bed, ENOENT, IOMMU_HWPT_ALLOC, &arg);
	arg.__reserved = 1;
	refused(bed, EOPNOTSUPP, IOMMU_HWPT_ALLOC, &arg);
	arg.__reserved = 0;
	/* Data without a type, and a type without data. */
	arg.data_len = 8;
	refused(bed, EINVAL, IOMMU_HWPT_ALLOC, &arg);
	arg.data_len = 0;
	arg.data_type = IOMMU_HWPT_DATA_VTD_S1;
	refused(bed, EINVAL, IOMMU_HWPT_ALLOC, &arg);
}

static void test_hw_info_refused(void **state)
{
	struct bed *bed = *state;
	struct iommu_hw_info arg = { .size = sizeof(arg), .dev_id = NO_ID };
	int i;

	refused(bed, ENOENT, IOMMU_GET_HW_INFO, &arg);
	arg.dev_id = bed->ioas;
	refused(bed, ENOENT, IOMMU_GET_HW_INFO, &arg);
	for (i = 0; i < 3; i++) {
		arg.__reserved[i] = 1;
		refused(bed, EOPNOTSUPP, IOMMU_GET_HW_INFO, &arg);
		arg.__reserved[i] = 0;
	}
	arg.flags = 1U << 31;
	refused(bed, EOPNOTSUPP, IOMMU_GET_HW_INFO, &arg);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, \
						   bed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_size_too_small),
	TEST(test_size_grown),
	TEST(test_size_nonzero_tail),
	TEST(test_size_told_counts),
	TEST(test_bad_pointer),
	TEST(test_unknown_command),
	TEST(test_near_command),
	TEST(test_no_file_operations),
	TEST(test_destroy),
	TEST(test_destroy_filled),
	TEST(test_foreign_id),
	TEST(test_unknown_ioas),
	TEST(test_alloc_flags),
	TEST(test_alloc_read_only_argument),
	TEST(test_alloc_many),
	TEST(test_ranges),
	TEST(test_ranges_array_too_short),
	TEST(test_ranges_refused),
	TEST(test_allow_places),
	TEST(test_allow_replaces),
	TEST(test_allow_many),
	TEST(test_allow_refused),
	TEST(test_allow_array_faults),
	TEST(test_map_flags),
	TEST(test_map_overflow),
	TEST(test_map_length),
	TEST(test_map_exists),
	TEST(test_map_adjacent),
	TEST(test_map_extremes),
	TEST(test_map_kernel_chosen),
	TEST(test_map_kernel_chosen_alignment),
	TEST(test_map_lazy),
	TEST(test_map_read_only_argument),
	TEST(test_map_file),
	TEST(test_map_file_refused),
	TEST(test_map_file_descriptor),
	TEST(test_map_file_permission),
	TEST(test_map_file_sealed),
	TEST(test_copy),
	TEST(test_copy_over_two),
	TEST(test_copy_flags),
	TEST(test_copy_range),
	TEST(test_copy_overflow),
	TEST(test_copy_permission),
	TEST(test_unmap),
	TEST(test_unmap_all),
	TEST(test_unmap_halves),
	TEST(test_unmap_part),
	TEST(test_unmap_one_and_a_half),
	TEST(test_unmap_refused),
	TEST(test_option_huge_pages),
	TEST(test_option_refused),
	TEST(test_option_rlimit_mode),
	TEST(test_option_rlimit_mode_unprivileged),
	TEST(test_hwpt_alloc_refused),
	TEST(test_hw_info_refused),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
