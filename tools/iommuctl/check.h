/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the doctor looks at, of the host and of a device. Each prints its verdicts.
 */
#ifndef _IOMMUCTL_CHECK_H
#define _IOMMUCTL_CHECK_H

#include <stdint.h>

#include "vdev.h"

/* @memory: bytes that are to be mapped, or 0. */
void check_host(uint64_t memory);
void check_device(const struct vdev *vdev);

#endif
