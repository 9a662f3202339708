/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arguments of the torture in memory that comes late: a thread serves the fault,
 * and the call waits where it first touches its argument.
 */
#ifndef _GUEST_TORTURE_LATE_H
#define _GUEST_TORTURE_LATE_H

#include <stddef.h>

#include "world.h"

/* Makes a call, whose argument is @arg before and afterwards. */
int late_call(struct thread *t, int fd, unsigned long cmd, void *arg,
	      size_t size);

#endif
