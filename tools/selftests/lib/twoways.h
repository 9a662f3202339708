/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The edu in two ways: by its character device and /dev/iommu, or by its group and
 * the kernel's own type1. For tests of what is to be the same in both.
 */
#ifndef _GUEST_TWOWAYS_H
#define _GUEST_TWOWAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edubed.h"

/**
 * struct twoways - the edu, with SCRATCH_IOVA mapped
 * @bed: for the questions of edubed.h; its fd is the container's in the second way
 * @group: the group's file; -1: it is the character device
 * @ours: our backend was loaded, and comes back
 */
struct twoways {
	struct edubed *bed;
	int group;
	bool ours;
};

/* For cmocka: @state is a struct twoways. */
int twoways_cdev(void **state);
int twoways_stock(void **state);
int twoways_close(void **state);

/* Readable and writable. 0, or a negative errno; for any thread. */
int twoways_map(struct twoways *way, uint64_t iova, const void *va,
		size_t length);

/* The same; -EIO if not all of it was mapped. */
int twoways_unmap(struct twoways *way, uint64_t iova, size_t length);

#endif
