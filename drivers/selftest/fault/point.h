/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions with a probe at their entry.
 */
#ifndef __SELFTEST_FAULT_POINT_H
#define __SELFTEST_FAULT_POINT_H

#include <linux/kprobes.h>

#include "selftest/fault/function.h"

/**
 * struct fault_point - a function with a probe
 * @probe: at its entry
 * @function: the function, NULL where there is no probe
 */
struct fault_point {
	struct kprobe probe;
	const struct fault_function *function;
};

/**
 * struct fault_points - a point for each row of fault_functions[]
 * @all: they are
 */
struct fault_points {
	struct fault_point all[FAULT_FUNCTIONS_MAX];
};

int fault_points_start(struct fault_points *points, kprobe_pre_handler_t hit);
bool fault_points_stop(struct fault_points *points);
struct fault_point *fault_points_at(struct fault_points *points,
				    unsigned long target);

#endif /* __SELFTEST_FAULT_POINT_H */
