/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hot reset.
 */
#ifndef __SELFTEST_EDU_RESET_H
#define __SELFTEST_EDU_RESET_H

#include <linux/compiler.h>

struct vfio_device;
struct vfio_pci_hot_reset;

long edu_hot_reset(struct vfio_device *vdev,
		   const struct vfio_pci_hot_reset __user *arg);

#endif /* __SELFTEST_EDU_RESET_H */
