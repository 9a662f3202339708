// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call of the test command, and its answer.
 *
 * No lock: a call is its caller's own.
 */
#include <linux/build_bug.h>
#include <linux/uaccess.h>

#include "selftest/call.h"

static_assert(sizeof(struct iommu_test_cmd) == 0x48);

/**
 * test_respond - write the command back to user space
 * @call: the call
 *
 * Return: 0 or -EFAULT.
 */
int test_respond(struct test_call *call)
{
	if (copy_to_user(call->user, &call->cmd, sizeof(call->cmd)))
		return -EFAULT;
	return 0;
}
