/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Those who map memory for a device, and are compared. A new one is one new
 * file, and one entry in bench.c.
 */
#ifndef _BENCH_CONTENDER_H
#define _BENCH_CONTENDER_H

#include <stdint.h>

/**
 * struct contender - a way to map memory
 * @name: as it stands at the head of its column
 * @open: take the device, attached to an empty address space
 * @close: give all of it back
 * @map: memory at @va to @iova, to be read and written by the device
 * @unmap: a range that was mapped by one or more calls
 * @nothing: the shortest way into the kernel and back
 *
 * All return 0 or a negative errno. There is one address space at a time.
 */
struct contender {
	const char *name;
	int (*open)(const char *bdf);
	void (*close)(void);
	int (*map)(uint64_t iova, void *va, uint64_t length);
	int (*unmap)(uint64_t iova, uint64_t length);
	int (*nothing)(void);
};

/* An IOAS of /dev/iommu, the device by its character device. */
extern const struct contender contender_iommufd;

/* A container of the stock vfio_iommu_type1, the device by its group. */
extern const struct contender contender_type1;

#endif
