/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The demo's disk: an NVMe controller in the hands of this process. Reads it
 * by DMA, and shows what happens to DMA that nobody allowed.
 */
#ifndef _DEMO_DISK_H
#define _DEMO_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "memory.h"
#include "nvme.h"
#include "pci.h"
#include "vfio.h"

struct disk {
	char bdf[PCI_NAME_MAX];
	int dev;
	struct vfio_map bar;
	struct nvme nvme;
	struct memory page[NVME_BUFFERS];
	struct memory data;
};

/* Which device: an address, or "auto". @take: also from another driver. */
void disk_choose(struct disk *disk, const char *name, bool take);

/* Binds and attaches it, maps its memory, starts the controller. */
void disk_open(struct disk *disk, int iommufd, uint32_t ioas);
void disk_close(struct disk *disk);

/* Reads the first @bytes, 0 for all; compares with @sha256 unless NULL. */
void disk_show_read(struct disk *disk, uint64_t bytes, const char *sha256);

/*
 * The same read, aimed at an IOVA that is not mapped any more. The log has a report
 * of it, unless @kmsg is negative.
 */
void disk_show_blocked(struct disk *disk, int kmsg);

#endif
