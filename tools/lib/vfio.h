/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VFIO device by its character device: find, open, bind, attach, registers.
 *
 * All return 0 (the opening ones: the fd), or a negative errno.
 */
#ifndef _LIB_VFIO_H
#define _LIB_VFIO_H

#include <stddef.h>
#include <stdint.h>

#define VFIO_NODE_MAX 64

/* A part of the device's address space, mapped into the process. */
struct vfio_map {
	void *base;
	size_t size;
};

/*
 * "/dev/vfio/devices/vfioN" of a PCI device that a VFIO driver has; of any
 * device, by its directory in sysfs.
 */
int vfio_cdev_node(const char *bdf, char *node);
int vfio_cdev_node_at(const char *sysfs, char *node);
int vfio_cdev_open(const char *bdf);

int vfio_bind(int dev, int iommufd, uint32_t *devid);

/* With a VF token, of 16 bytes. */
int vfio_bind_token(int dev, int iommufd, const uint8_t *token);

/* @pt: in an IOAS or a page table, out the page table that is in use. */
int vfio_attach(int dev, uint32_t *pt);
int vfio_detach(int dev);

/* The same with DMA of a PASID. */
int vfio_attach_pasid(int dev, uint32_t pasid, uint32_t pt);
int vfio_detach_pasid(int dev, uint32_t pasid);

int vfio_reset(int dev);

struct vfio_pci_hot_reset_info;

/* @info: of @size bytes; has the count even with -ENOSPC. */
int vfio_hot_reset_info(int dev, struct vfio_pci_hot_reset_info *info,
			uint32_t size);
int vfio_hot_reset(int dev);

int vfio_bar_map(int dev, unsigned int bar, struct vfio_map *map);
void vfio_bar_unmap(struct vfio_map *map);

int vfio_config_read(int dev, unsigned int offset, void *data, size_t size);
int vfio_config_write(int dev, unsigned int offset, const void *data,
		      size_t size);

/* A PCI device's first MSI goes to the eventfd @event, or all are off. */
int vfio_msi_on(int dev, int event);
int vfio_msi_off(int dev);

/* Memory decoding and DMA of a PCI device, both on or both off. */
int vfio_enable(int dev, int on);

/* Memory decoding alone. */
int vfio_decode(int dev, int on);

/* D0 or D3hot, by the capability that a PCI device has; -ENOENT if none. */
int vfio_power(int dev, int on);

/*
 * The first @size bytes of BAR @bar as a dma-buf, in one or two ranges; that is returned.
 * -ENOTTY where vfio-pci exports none.
 */
int vfio_dma_buf(int dev, unsigned int bar, uint64_t size, unsigned int ranges);

/* VFIO_DEVICE_FEATURE_SET of a feature without data. */
int vfio_feature_set(int dev, uint32_t feature);

#endif
