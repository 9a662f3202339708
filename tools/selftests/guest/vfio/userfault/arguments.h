/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arguments that are not there yet.
 */
#ifndef _GUEST_USERFAULT_ARGUMENTS_H
#define _GUEST_USERFAULT_ARGUMENTS_H

#include <linux/vfio.h>
#include <linux/vfio_cdev.h>

#include "set.h"
#include "userfault.h"

void test_arguments(void **state);

/**
 * struct token_bind - a BIND that waits for its token
 */
struct token_bind {
	struct userfault fault;
	struct vfio_cdev_bind_iommufd arg;
	struct task task;
};

void token_bind_start(struct token_bind *bind, struct set *set);
void token_bind_go_on(struct token_bind *bind);

/* The device wants no token, but that is for the end. */
void token_bind_end(struct token_bind *bind);

void test_token(void **state);

#endif
