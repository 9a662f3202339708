// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is mapped and not there yet; and a device that does not open.
 */
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>

#include "answers.h"
#include "bed.h"
#include "file.h"
#include "iommufd.h"
#include "mapped.h"
#include "set.h"
#include "userfault.h"
#include "vfio.h"

/* ---- memory that is mapped ---- */

/* An ATTACH pins what its IOAS maps. 6.1 pins nothing that it would wait for. */
void test_attach_pins(void **state)
{
	static const uint8_t data[PAGE];
	struct set *set = *state;
	struct userfault fault;
	struct vfio_device_attach_iommufd_pt arg = { .argsz = sizeof(arg) };
	struct task task = {
		.dev = set->dev, .cmd = VFIO_DEVICE_ATTACH_IOMMUFD_PT,
		.arg = &arg,
	};
	uint64_t iova = FREE_IOVA;

	need_set(set);
	if (kernel_is_6_1()) {
		print_message("6.1 refuses such memory, and does not wait\n");
		skip();
	}
	bind_slow(set);
	userfault_missing(&fault);
	assert_int_equal(iommufd_map(set->fd, set->ioas,
				     MAP_RW | MAP_FIXED_IOVA, fault.page, PAGE,
				     &iova), 0);
	arg.pt_id = set->ioas;
	task_start(&task, run_call);
	assert_true(userfault_waits(&fault));
	OTHERS_GO_ON(set, userfault_give(&fault, data));
	assert_int_equal(task_join(&task), 0);
	close(set->dev);
	set->dev = vfio_cdev_open(set->bdf[SLOW]);
	userfault_close(&fault);
}

/* A close waits for who holds its IOAS, and nobody for that. */
void test_close_waits(void **state)
{
	struct set *set = *state;
	struct task end = { .dev = set->dev };
	struct holder holder;

	need_read_only(set);
	bind_slow(set);
	attach_slow(set);
	holder_begin(&holder, set);
	task_start(&end, run_close);
	usleep(300000);
	assert_true(task_waits(&end));
	OTHERS_GO_ON(set, holder_end(&holder));
	assert_int_equal(task_join(&end), 0);
	set->dev = vfio_cdev_open(set->bdf[SLOW]);
}

/* ---- a device that does not open ---- */

#define OPEN_FAILS "/sys/module/vfio_selftest/parameters/open_fails"

/* The id that the next device gets: the lowest that is free. */
static uint32_t next_devid(struct set *set)
{
	uint32_t devid = 0;

	assert_int_equal(vfio_bind(set->dev, set->fd, &devid), 0);
	close(set->dev);
	set->dev = vfio_cdev_open(set->bdf[SLOW]);
	assert_true(set->dev >= 0);
	return devid;
}

/* Asks for as long as there is no such device. */
static void *run_look(void *arg)
{
	struct task *task = arg;

	do
		task->rc = iommufd_call(task->dev, task->cmd, task->arg);
	while (task->rc == -ENOENT);
	__atomic_store_n(&task->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* A device has an id before it is open. It is not gone while a call uses that. */
void test_open_fails(void **state)
{
	static const uint8_t data[PAGE];
	struct set *set = *state;
	struct userfault fault;
	struct vfio_cdev_bind_iommufd arg = {
		.argsz = sizeof(arg), .iommufd = -1,
	};
	struct iommu_hw_info info = {
		.size = sizeof(info), .data_len = PAGE,
	};
	struct task bind = { .cmd = VFIO_DEVICE_BIND_IOMMUFD, .arg = &arg };
	struct task look = { .cmd = IOMMU_GET_HW_INFO, .arg = &info };

	need_set(set);
	info.dev_id = next_devid(set);
	userfault_missing(&fault);
	info.data_uptr = (uintptr_t)fault.page;
	arg.iommufd = set->fd;
	bind.dev = set->dev;
	look.dev = set->fd;

	assert_int_equal(file_write(OPEN_FAILS, "Y"), 0);
	task_start(&look, run_look);
	task_start(&bind, run_call);
	assert_true(userfault_waits(&fault));
	assert_int_equal(file_write(OPEN_FAILS, "N"), 0);
	OTHERS_GO_ON(set, userfault_give(&fault, data));
	assert_int_equal(task_join(&bind), -EIO);
	assert_int_equal(task_join(&look), 0);
	bind_slow(set);
	userfault_close(&fault);
}
