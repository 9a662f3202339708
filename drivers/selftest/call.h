/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A call of the test command.
 */
#ifndef __SELFTEST_CALL_H
#define __SELFTEST_CALL_H

#include "selftest/abi.h"

struct iommufd_ctx;

/**
 * struct test_call - one call of the test command
 * @ictx: the context
 * @user: its struct in user memory
 * @cmd: a copy of it
 */
struct test_call {
	struct iommufd_ctx *ictx;
	void __user *user;
	struct iommu_test_cmd cmd;
};

int test_respond(struct test_call *call);

#endif /* __SELFTEST_CALL_H */
