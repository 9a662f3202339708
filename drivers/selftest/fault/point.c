// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probes: one at the entry of each function that can fail and that this kernel
 * has.
 *
 * The caller's lock guards the points: they change while no probe is hit.
 */
#include <linux/printk.h>

#include "compat/probe.h"
#include "selftest/fault/point.h"

static int point_start(struct fault_point *point,
		       const struct fault_function *function,
		       kprobe_pre_handler_t hit)
{
	int rc;

	point->probe.symbol_name = function->name;
	point->probe.pre_handler = hit;
	point->probe.post_handler = compat_probe_passed;
	point->function = function;
	rc = register_kprobe(&point->probe);
	if (rc) {
		point->function = NULL;
		if (rc != -ENOENT)
			pr_warn("iommufd_selftest: no probe at %s: %d\n",
				function->name, rc);
	}
	return rc == -ENOENT ? 0 : rc;
}

/**
 * fault_points_start - probe all functions
 * @points: zeroed
 * @hit: called at the entry of each
 *
 * Return: 0, or -errno; fault_points_stop() has to be called in any case.
 */
int fault_points_start(struct fault_points *points, kprobe_pre_handler_t hit)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < fault_functions_count && !rc; i++)
		rc = point_start(&points->all[i], &fault_functions[i], hit);
	return rc;
}

/**
 * fault_points_stop - undo fault_points_start()
 * @points: the points
 *
 * Return: false where the kernel keeps a probe, so that @points has to stay: the
 * kernel then forgets where the probe stood.
 */
bool fault_points_stop(struct fault_points *points)
{
	struct kprobe *probes[FAULT_FUNCTIONS_MAX];
	int i, n = 0;

	for (i = 0; i < fault_functions_count; i++)
		if (points->all[i].function)
			probes[n++] = &points->all[i].probe;
	unregister_kprobes(probes, n);
	for (i = 0; i < n; i++)
		if (!probes[i]->addr)
			return false;
	return true;
}

/**
 * fault_points_at - what function is it
 * @points: the points
 * @target: its address
 *
 * Return: its point, or NULL where it has none.
 */
struct fault_point *fault_points_at(struct fault_points *points,
				    unsigned long target)
{
	struct fault_point *point;
	unsigned int i;

	for (i = 0; i < fault_functions_count; i++) {
		point = &points->all[i];
		if (point->function &&
		    (unsigned long)point->probe.addr - target <=
		    COMPAT_PROBE_OFFSET_MAX)
			return point;
	}
	return NULL;
}
