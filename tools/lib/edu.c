// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU's "edu" PCI device, see edu.h. Its registers are described in QEMU's
 * own documentation of the device.
 */
#include <errno.h>
#include <unistd.h>

#include "clock.h"
#include "edu.h"
#include "mmio.h"

#define EDU_RAISE 0x60
#define EDU_ACKNOWLEDGE 0x64
#define EDU_DMA_SOURCE 0x80
#define EDU_DMA_DEST 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98
#define EDU_PASID 0xa0
#define EDU_DMA_START 0x1
#define EDU_DMA_TO_MEMORY 0x2

/* Where the device's own buffer is, as it counts addresses. */
#define EDU_BUFFER 0x40000

#define EDU_LIMIT_MS 2000

int edu_open_device(struct edu *edu, int dev)
{
	int rc;

	edu->dev = dev;
	edu->bar.base = NULL;
	rc = vfio_bar_map(dev, 0, &edu->bar);
	if (!rc)
		rc = vfio_enable(dev, 1);
	if (rc)
		edu_close(edu);
	return rc;
}

int edu_open(struct edu *edu, int n, int iommufd)
{
	int dev, rc = pci_find_id(EDU_VENDOR, EDU_DEVICE, n, edu->bdf);

	if (!rc)
		rc = pci_bind(edu->bdf, "vfio-pci");
	if (rc)
		return rc;
	dev = vfio_cdev_open(edu->bdf);
	if (dev < 0)
		return dev;
	rc = vfio_bind(dev, iommufd, &edu->devid);
	if (!rc)
		return edu_open_device(edu, dev);
	close(dev);
	return rc;
}

void edu_close(struct edu *edu)
{
	if (edu->bar.base)
		vfio_bar_unmap(&edu->bar);
	close(edu->dev);
}

int edu_end(struct edu *edu)
{
	uint64_t end = clock_ms() + EDU_LIMIT_MS;

	while (mmio_read32(edu->bar.base, EDU_DMA_COMMAND) & EDU_DMA_START) {
		if (clock_ms() > end)
			return -ETIMEDOUT;
		clock_pause_us(500);
	}
	return 0;
}

static int edu_begin(struct edu *edu, uint64_t source, uint64_t dest,
		     unsigned int length, uint32_t command)
{
	int rc = edu_end(edu);

	if (rc)
		return rc;
	mmio_write64(edu->bar.base, EDU_DMA_SOURCE, source);
	mmio_write64(edu->bar.base, EDU_DMA_DEST, dest);
	mmio_write32(edu->bar.base, EDU_DMA_COUNT, length);
	mmio_write32(edu->bar.base, EDU_DMA_COMMAND, command | EDU_DMA_START);
	return 0;
}

int edu_load_begin(struct edu *edu, uint64_t iova, unsigned int offset,
		   unsigned int length)
{
	if (offset + length > EDU_TRANSFER_MAX)
		return -ERANGE;
	return edu_begin(edu, iova, EDU_BUFFER + offset, length, 0);
}

int edu_load(struct edu *edu, uint64_t iova, unsigned int offset,
	     unsigned int length)
{
	int rc = edu_load_begin(edu, iova, offset, length);

	return rc ? rc : edu_end(edu);
}

int edu_store(struct edu *edu, uint64_t iova, unsigned int offset,
	      unsigned int length)
{
	int rc;

	if (offset + length > EDU_TRANSFER_MAX)
		return -ERANGE;
	rc = edu_begin(edu, EDU_BUFFER + offset, iova, length,
		       EDU_DMA_TO_MEMORY);
	return rc ? rc : edu_end(edu);
}

void edu_set_pasid(struct edu *edu, uint32_t pasid)
{
	mmio_write32(edu->bar.base, EDU_PASID, pasid);
}

void edu_interrupt(struct edu *edu)
{
	mmio_write32(edu->bar.base, EDU_RAISE, 1);
}

void edu_acknowledge(struct edu *edu)
{
	mmio_write32(edu->bar.base, EDU_ACKNOWLEDGE, 1);
}
