/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device of vfio_emulated.ko, which pins by the CPU as mediated devices do:
 * how to open it, and its commands.
 */
#ifndef _GUEST_EMULATED_H
#define _GUEST_EMULATED_H

#include <stdbool.h>
#include <stdint.h>

#include "../../../drivers/selftest/emulated.h"

#define EMULATED "/sys/devices/platform/" EMULATED_NAME

/* The fd, or a negative errno. */
int emulated_open_group(void);

/* The same, where none may fail: by its group, by its character device. */
int emulated_group(void);
int emulated_cdev(void);

/* How many pages, or 0; or a negative errno. */
int emulated_call(int dev, unsigned long nr, uint64_t iova, uint64_t length,
		  const void *data, bool write);

/* To be written. */
int pin(int dev, uint64_t iova, uint64_t length);
int unpin(int dev, uint64_t iova, uint64_t length);

/* Whether the device has this pinned at @iova. */
bool peeks(int dev, uint64_t iova, const void *va);

/* How often its driver was asked to unpin since, and how many bytes. */
int unmaps(int dev, uint64_t *bytes);

/* Of the whole process, in bytes. */
uint64_t all_pinned(void);

#endif
