/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What scenes on a device begin with that is bound, and not attached: an edu with
 * vfio_selftest.ko, or an NVMe disk with vfio-pci. Its edu is one by name only.
 */
#ifndef _GUEST_FAULT_VFIOBED_H
#define _GUEST_FAULT_VFIOBED_H

#include <stdbool.h>

#include "edubed.h"

void vfiobed_free(struct edubed *bed);
int selftest_setup(void **state);

/* A data file that is left somewhere would hold the driver's module. */
int selftest_teardown(void **state);

/* A disk has a bus of its own, which can be reset. */
int disk_setup(void **state);

int disk_teardown(void **state);

/* Hot resets by our modules, and mediated devices: not without ftrace. */
bool has_reset(void);

#endif
