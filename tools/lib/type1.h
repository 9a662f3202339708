/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The type1 ABI of VFIO's containers: one function for each ioctl. It is
 * spoken by /dev/vfio/vfio and by a file of /dev/iommu.
 *
 * All return 0, or a negative errno, where nothing else is said. Pointers that
 * take a result may be NULL.
 */
#ifndef _LIB_TYPE1_H
#define _LIB_TYPE1_H

#include <stdint.h>
#include <linux/vfio.h>

#define TYPE1_R VFIO_DMA_MAP_FLAG_READ
#define TYPE1_W VFIO_DMA_MAP_FLAG_WRITE
#define TYPE1_RW (TYPE1_R | TYPE1_W)

/* Of usable IOVA; more than any guest has. */
#define TYPE1_RANGES 16

struct type1_info {
	uint64_t page_sizes;
	uint32_t avail;		/* mappings that there may still be */
	unsigned int num_ranges;
	struct vfio_iova_range ranges[TYPE1_RANGES];
};

/*
 * A container, the group of a PCI device, and a device of a group in a
 * container: the fd. A group is in a container until type1_leave(), or until
 * its last fd and those of its devices are closed.
 */
int type1_container_open(void);
int type1_group_open(const char *bdf);
int type1_join(int group, int container);
int type1_leave(int group);
int type1_device_open(int group, const char *bdf);

/* These two: the answer. */
int type1_version(int fd);
int type1_extension(int fd, unsigned long extension);

int type1_set_iommu(int fd, unsigned long type);

/* -EPROTO where the chain of capabilities is broken. */
int type1_info(int fd, struct type1_info *info);

int type1_map(int fd, uint32_t flags, const void *va, uint64_t length,
	      uint64_t iova);
int type1_unmap(int fd, uint64_t iova, uint64_t length, uint64_t *unmapped);
int type1_unmap_all(int fd, uint64_t *unmapped);

#endif
