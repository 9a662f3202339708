/* SPDX-License-Identifier: GPL-2.0 */
/*
 * QEMU's "edu" PCI device: a 4 KiB buffer that it fills from memory, and
 * copies to memory, by DMA. The smallest device that shows what an IOMMU does.
 *
 * It does not tell whether a transfer was blocked: whoever wants to know
 * compares the bytes. A transfer takes 100 ms.
 */
#ifndef _LIB_EDU_H
#define _LIB_EDU_H

#include <stdint.h>

#include "pci.h"
#include "vfio.h"

#define EDU_VENDOR 0x1234
#define EDU_DEVICE 0x11e8
#define EDU_BUFFER_SIZE 4096

/* QEMU 7.2 ends itself when a transfer touches the buffer's last byte. */
#define EDU_TRANSFER_MAX (EDU_BUFFER_SIZE - 1)

/* Without dma_mask= on QEMU's command line it reaches 28 bits of address. */
#define EDU_IOVA_LAST ((1ULL << 28) - 1)

struct edu {
	char bdf[PCI_NAME_MAX];
	int dev;
	uint32_t devid;
	struct vfio_map bar;
};

/* The n-th (from 0) edu: bound to vfio-pci, opened, bound, DMA enabled. */
int edu_open(struct edu *edu, int n, int iommufd);
void edu_close(struct edu *edu);

/* The same with a device that is open: @dev is closed by edu_close(). */
int edu_open_device(struct edu *edu, int dev);

/* Memory at @iova to the buffer at @offset. -ETIMEDOUT after two seconds. */
int edu_load(struct edu *edu, uint64_t iova, unsigned int offset,
	     unsigned int length);

/* The same in two: what the edu reads it reads at the end of those 100 ms. */
int edu_load_begin(struct edu *edu, uint64_t iova, unsigned int offset,
		   unsigned int length);
int edu_end(struct edu *edu);

/* The buffer at @offset to memory at @iova. */
int edu_store(struct edu *edu, uint64_t iova, unsigned int offset,
	      unsigned int length);

/*
 * Of the QEMU of scripts/emulator, where it is told to (scripts/vm --iommu vtd-pasid): all
 * DMA from now on has this PASID, or EDU_NO_PASID.
 */
#define EDU_NO_PASID UINT32_MAX

void edu_set_pasid(struct edu *edu, uint32_t pasid);

/* Ask for an interrupt, and take the request back. */
void edu_interrupt(struct edu *edu);
void edu_acknowledge(struct edu *edu);

#endif
