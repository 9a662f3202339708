// SPDX-License-Identifier: GPL-2.0
/*
 * The argument struct of every command, the number of the command, and DESTROY with the
 * ids of objects.
 */
#include <sys/ioctl.h>

#include "bed.h"
#include "compiler.h"
#include "ioas.h"
#include "iommufd.h"
#include "list.h"
#include "memory.h"
#include "picture.h"
#include "struct.h"

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
	COMMAND(IOMMU_IOAS_CHANGE_PROCESS, iommu_ioas_change_process,
		__reserved),
	COMMAND(IOMMU_IOAS_COPY, iommu_ioas_copy, src_iova),
	COMMAND(IOMMU_IOAS_IOVA_RANGES, iommu_ioas_iova_ranges,
		out_iova_alignment),
	COMMAND(IOMMU_IOAS_MAP, iommu_ioas_map, iova),
	COMMAND(IOMMU_IOAS_MAP_FILE, iommu_ioas_map_file, iova),
	COMMAND(IOMMU_IOAS_UNMAP, iommu_ioas_unmap, length),
	COMMAND(IOMMU_IOAS_MAP_BULK, iommu_ioas_bulk, entries),
	COMMAND(IOMMU_IOAS_UNMAP_BULK, iommu_ioas_bulk, entries),
	COMMAND(IOMMU_LIST_OBJECTS, iommu_list, entries),
	COMMAND(IOMMU_IOAS_LIST_AREAS, iommu_list, entries),
	COMMAND(IOMMU_VFIO_IOAS, iommu_vfio_ioas, __reserved),
	COMMAND(IOMMU_OPTION, iommu_option, val64),
	COMMAND(IOMMU_HWPT_ALLOC, iommu_hwpt_alloc, __reserved),
	COMMAND(IOMMU_HWPT_SET_DIRTY_TRACKING, iommu_hwpt_set_dirty_tracking,
		__reserved),
	COMMAND(IOMMU_HWPT_GET_DIRTY_BITMAP, iommu_hwpt_get_dirty_bitmap, data),
	COMMAND(IOMMU_HWPT_INVALIDATE, iommu_hwpt_invalidate, __reserved),
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

void test_size_too_small(void **state)
{
	struct bed *bed = *state;
	uint8_t arg[LARGEST];
	size_t i, told;

	for (i = 0; i < ARRAY_SIZE(served); i++)
		for (told = 0; told < served[i].first; told++)
			assert_int_equal(call_sized(bed->fd, served[i].cmd, arg,
						    LARGEST, told), -EINVAL);
}

void test_size_grown(void **state)
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

void test_size_nonzero_tail(void **state)
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
void test_size_told_counts(void **state)
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

void test_bad_pointer(void **state)
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

void test_unknown_command(void **state)
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
void test_near_command(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_alloc arg = { .size = sizeof(arg) };
	unsigned int nr = IOMMUFD_CMD_IOAS_ALLOC;

	refused(bed, ENOTTY, _IOC(_IOC_READ, IOMMUFD_TYPE, nr, 0), &arg);
	refused(bed, ENOTTY, _IOC(_IOC_WRITE, IOMMUFD_TYPE, nr, 12), &arg);
	refused(bed, ENOTTY, _IO(':', nr), &arg);
}

void test_no_file_operations(void **state)
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

void test_destroy(void **state)
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
void test_destroy_filled(void **state)
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
void test_foreign_id(void **state)
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

void test_unknown_ioas(void **state)
{
	struct bed *bed = *state;
	uint32_t stale = new_ioas(bed->fd);

	assert_int_equal(iommufd_destroy(bed->fd, stale), 0);
	refuse_ioas(bed, stale);
	refuse_ioas(bed, 0);
	refuse_ioas(bed, NO_ID);
	refuse_ioas(bed, UINT32_MAX);
}
