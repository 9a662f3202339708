// SPDX-License-Identifier: GPL-2.0
/*
 * Arguments that are not there yet.
 */
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>
#include <poll.h>

#include "arguments.h"
#include "bed.h"
#include "compiler.h"
#include "set.h"
#include "userfault.h"

/**
 * struct call - a call that reads its argument
 * @cmd: the ioctl
 * @bound: of a device that is bound
 * @arg: the argument
 */
struct call {
	unsigned long cmd;
	bool bound;
	uint32_t arg[64];
};

static const struct call calls[] = {
	{ VFIO_DEVICE_BIND_IOMMUFD, false, { 24 } },
	{ VFIO_DEVICE_ATTACH_IOMMUFD_PT, true, { 12, 0, NO_ID } },
	{ VFIO_DEVICE_DETACH_IOMMUFD_PT, true, { 8 } },
	{ VFIO_DEVICE_FEATURE, true, { 16, VFIO_DEVICE_FEATURE_GET |
				       VFIO_DEVICE_FEATURE_MIGRATION } },
	{ VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, true, { 12 } },
	{ VFIO_DEVICE_PCI_HOT_RESET, true, { 12 } },
	{ VFIO_DEVICE_GET_INFO, true, { sizeof(struct vfio_device_info) } },
	{ VFIO_DEVICE_GET_REGION_INFO, true,
	  { sizeof(struct vfio_region_info) } },
	{ VFIO_DEVICE_SET_IRQS, true, { sizeof(struct vfio_irq_set) } },
};

static void slow_argument(struct set *set, const struct call *call)
{
	uint8_t argument[PAGE] = { 0 };
	struct userfault fault;
	struct task task = { .dev = set->dev, .cmd = call->cmd };

	memcpy(argument, call->arg, sizeof(call->arg));
	userfault_missing(&fault);
	task.arg = fault.page;
	task_start(&task, run_call);
	/* Not every driver looks. */
	if (!poll(&(struct pollfd){ fault.fd, POLLIN, 0 }, 1, 200) &&
	    !task_waits(&task)) {
		task_join(&task);
	} else {
		assert_true(userfault_waits(&fault));
		OTHERS_GO_ON(set, userfault_give(&fault, argument));
		task_join(&task);
	}
	userfault_close(&fault);
}

void test_arguments(void **state)
{
	struct set *set = *state;
	bool bound = false;
	size_t i;

	need_set(set);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].bound && !bound)
			bind_slow(set);
		bound = calls[i].bound;
		slow_argument(set, &calls[i]);
	}
}

void token_bind_start(struct token_bind *bind, struct set *set)
{
	userfault_missing(&bind->fault);
	bind->arg = (struct vfio_cdev_bind_iommufd){
		.argsz = sizeof(bind->arg), .iommufd = set->fd,
		.flags = VFIO_DEVICE_BIND_FLAG_TOKEN,
		.token_uuid_ptr = (uintptr_t)bind->fault.page,
	};
	bind->task = (struct task){
		.dev = set->dev, .cmd = VFIO_DEVICE_BIND_IOMMUFD,
		.arg = &bind->arg,
	};
	task_start(&bind->task, run_call);
	assert_true(userfault_waits(&bind->fault));
}

void token_bind_go_on(struct token_bind *bind)
{
	static const uint8_t token[PAGE];

	userfault_give(&bind->fault, token);
}

void token_bind_end(struct token_bind *bind)
{
	assert_int_equal(task_join(&bind->task), -EINVAL);
	userfault_close(&bind->fault);
}

void test_token(void **state)
{
	struct set *set = *state;
	struct token_bind bind;

	need_set(set);
	token_bind_start(&bind, set);
	OTHERS_GO_ON(set, token_bind_go_on(&bind));
	token_bind_end(&bind);
	bind_slow(set);
}
