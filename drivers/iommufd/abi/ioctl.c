// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of commands: their numbers, their structs, and who runs them.  Here a
 * command is found and its struct copied; what it asks for is checked, and done, in
 * the file of its subject.
 */
#include <linux/build_bug.h>
#include <linux/iommufd.h>
#include <linux/uaccess.h>
#include <uapi/linux/iommufd.h>
#include <uapi/linux/iommufd_bulk.h>
#include <uapi/linux/iommufd_list.h>

#include "iommufd/abi/command.h"
#include "iommufd/abi/commands.h"
#include "iommufd/abi/ioctl.h"
#include "iommufd/abi/test.h"
#include "iommufd/abi/type1.h"

/* For tests; the rest of the numbers is kept free for mainline. */
#define CMD_TEST _IO(IOMMUFD_TYPE, IOMMUFD_CMD_BASE + 32)

/* No struct of a command is larger. */
#define COMMAND_MAX 64

/**
 * struct row - a command
 * @nr: its ioctl number
 * @size: of its struct
 * @min_size: of the first version of its struct
 * @run: does it
 */
struct row {
	unsigned int nr;
	u16 size;
	u16 min_size;
	int (*run)(struct command *command);
};

#define ROW(_nr, _run, _struct, _last)					\
	[_IOC_NR(_nr) - IOMMUFD_CMD_BASE] = {				\
		.nr = _nr,						\
		.size = sizeof(struct _struct) +			\
			BUILD_BUG_ON_ZERO(sizeof(struct _struct) > COMMAND_MAX), \
		.min_size = offsetofend(struct _struct, _last),		\
		.run = _run,						\
	}

static const struct row rows[] = {
	ROW(IOMMU_DESTROY, cmd_destroy, iommu_destroy, id),

	ROW(IOMMU_IOAS_ALLOC, cmd_ioas_alloc, iommu_ioas_alloc, out_ioas_id),
	ROW(IOMMU_IOAS_IOVA_RANGES, cmd_iova_ranges, iommu_ioas_iova_ranges, out_iova_alignment),
	ROW(IOMMU_IOAS_ALLOW_IOVAS, cmd_allow_iovas, iommu_ioas_allow_iovas, allowed_iovas),
	ROW(IOMMU_IOAS_CHANGE_PROCESS, cmd_change_process, iommu_ioas_change_process, __reserved),

	ROW(IOMMU_IOAS_MAP, cmd_ioas_map, iommu_ioas_map, iova),
	ROW(IOMMU_IOAS_MAP_FILE, cmd_ioas_map_file, iommu_ioas_map_file, iova),
	ROW(IOMMU_IOAS_COPY, cmd_ioas_copy, iommu_ioas_copy, src_iova),
	ROW(IOMMU_IOAS_UNMAP, cmd_ioas_unmap, iommu_ioas_unmap, length),
	ROW(IOMMU_IOAS_MAP_BULK, cmd_ioas_map_bulk, iommu_ioas_bulk, entries),
	ROW(IOMMU_IOAS_UNMAP_BULK, cmd_ioas_unmap_bulk, iommu_ioas_bulk, entries),

	ROW(IOMMU_LIST_OBJECTS, cmd_list_objects, iommu_list, entries),
	ROW(IOMMU_IOAS_LIST_AREAS, cmd_list_areas, iommu_list, entries),

	ROW(IOMMU_GET_HW_INFO, cmd_get_hw_info, iommu_hw_info, __reserved),
	ROW(IOMMU_HWPT_ALLOC, cmd_hwpt_alloc, iommu_hwpt_alloc, __reserved),
	ROW(IOMMU_HWPT_SET_DIRTY_TRACKING, cmd_hwpt_set_dirty_tracking,
	    iommu_hwpt_set_dirty_tracking, __reserved),
	ROW(IOMMU_HWPT_GET_DIRTY_BITMAP, cmd_hwpt_get_dirty_bitmap,
	    iommu_hwpt_get_dirty_bitmap, data),
	ROW(IOMMU_HWPT_INVALIDATE, cmd_hwpt_invalidate, iommu_hwpt_invalidate, __reserved),

	ROW(IOMMU_OPTION, cmd_option, iommu_option, val64),
	ROW(IOMMU_VFIO_IOAS, cmd_vfio_ioas, iommu_vfio_ioas, __reserved),
};

/**
 * ioctl_run - run one command
 * @ictx: the context
 * @nr: the ioctl number
 * @user: its struct in user memory, whose size is in its first 32 bits
 *
 * What is no command of ours may be one of VFIO's containers.
 *
 * Return: 0 or -errno; -ENOTTY where there is no such command, -EINVAL where
 * the struct is shorter than its first version, -E2BIG where it is longer than
 * ours and the rest is not zero.
 */
long ioctl_run(struct iommufd_ctx *ictx, unsigned int nr, void __user *user)
{
	unsigned int i = _IOC_NR(nr) - IOMMUFD_CMD_BASE;
	struct command command = { .ictx = ictx, .user = user };
	u64 copy[COMMAND_MAX / sizeof(u64)] __uninitialized;
	const struct row *row;
	int rc;

	if (nr == CMD_TEST)
		return test_run(ictx, user);
	if (i >= ARRAY_SIZE(rows) || !rows[i].run || rows[i].nr != nr)
		return iommufd_type1_ioctl(ictx, nr, (unsigned long)user);
	row = &rows[i];

	if (get_user(command.user_size, (u32 __user *)user))
		return -EFAULT;
	if (command.user_size < row->min_size)
		return -EINVAL;
	command.cmd = copy;
	rc = copy_struct_from_user(copy, row->size, user, command.user_size);
	if (rc)
		return rc;
	return row->run(&command);
}
