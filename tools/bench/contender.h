/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Those who map memory for a device, and are compared. A new one is one new
 * file, and one entry in bench.c.
 */
#ifndef _BENCH_CONTENDER_H
#define _BENCH_CONTENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "pci.h"

/* Devices that a contender is given; each has an IOMMU group of its own. */
#define DEVICES 3
extern char devices[DEVICES][PCI_NAME_MAX];

/* Ranges of one call that takes many. */
#define BULK 64

/**
 * struct contender - a way to map memory
 * @name: as it stands at the head of its column
 * @module: what has to be loaded, and last of all
 * @bare: it keeps no record of what is mapped, and there is nothing to weigh
 * @open: take the first device, attached to an empty address space
 * @close: give all of it back
 * @map: memory at @va to @iova, to be read and written by the device
 * @map_file: the same with a file of memory, from its start on
 * @unmap: a range that was mapped by one or more calls
 * @map_bulk: BULK pages from @va on, to every second page from @iova on, by a call
 * @unmap_bulk: unmap these by a call
 * @copy: map what is mapped at @from to @to, too
 * @uncopy: unmap a range that was mapped by one or more copies
 * @join: attach a device, by a page table of its own
 * @leave: detach a device that joined; or the first one, with its page table
 * @nothing: the shortest way into the kernel and back
 * @device: another fd of the first device, to drive it
 * @access: let the kernel use the address space, by tools/bench/kernel/access.c
 *
 * All return 0 or a negative errno. There is one address space at a time. What
 * a contender can't do is NULL.
 */
struct contender {
	const char *name;
	const char *module;
	bool bare;
	int (*open)(void);
	void (*close)(void);
	int (*map)(uint64_t iova, void *va, uint64_t length);
	int (*map_file)(uint64_t iova, int file, uint64_t length);
	int (*unmap)(uint64_t iova, uint64_t length);
	int (*map_bulk)(uint64_t iova, char *va);
	int (*unmap_bulk)(uint64_t iova);
	int (*copy)(uint64_t to, uint64_t from, uint64_t length);
	int (*uncopy)(uint64_t iova, uint64_t length);
	int (*join)(unsigned int device);
	int (*leave)(unsigned int device);
	int (*nothing)(void);
	int (*device)(void);
	int (*access)(int node);
};

/* The kernel's own means without any bookkeeping: tools/bench/kernel/floor.c. */
extern const struct contender contender_floor;

/* An IOAS of /dev/iommu, devices by their character devices. */
extern const struct contender contender_iommufd;

/* The same on a kernel that has its own. */
extern const struct contender contender_mainline;

/* A container, the device by its group: of the stock vfio_iommu_type1; ours. */
extern const struct contender contender_type1;
extern const struct contender contender_container;

#endif
