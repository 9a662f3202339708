/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vfio.ko wants of a backend for containers, as in its private header.
 * scripts/vfio-btf compares this with the vfio.ko of the target kernel.
 */
#ifndef __COMPAT_CONTAINER_H
#define __COMPAT_CONTAINER_H

#include <linux/types.h>

struct file;
struct iommu_domain;
struct iommu_group;
struct module;
struct page;
struct vfio_container;
struct vfio_device;

/**
 * enum vfio_group_type - what stands behind a group
 * @VFIO_IOMMU: devices behind an IOMMU
 * @VFIO_EMULATED_IOMMU: mediated devices, which do no DMA themselves
 * @VFIO_NO_IOMMU: devices whose DMA nothing stops; never seen by a backend
 */
enum vfio_group_type {
	VFIO_IOMMU,
	VFIO_EMULATED_IOMMU,
	VFIO_NO_IOMMU,
};

/**
 * struct vfio_iommu_driver_ops - a backend for containers
 * @name: of it
 * @owner: its module, kept loaded while a container uses it
 * @open: a container chose it, by VFIO_SET_IOMMU with this argument; returns
 *	what the other calls get, which vfio.ko never looks behind, or an ERR_PTR
 * @release: the container's last group has left
 * @ioctl: an ioctl of the container; the data is NULL where VFIO_CHECK_EXTENSION
 *	comes before @open
 * @attach_group: vfio.ko, which owns the DMA of the group, adds it
 * @detach_group: undoes @attach_group
 * @pin_pages: for a mediated device; returns how many
 * @unpin_pages: undoes @pin_pages, page by page
 * @register_device: a device was opened; with @unregister_device or not at all
 * @unregister_device: it was closed
 * @dma_rw: for a mediated device
 * @group_iommu_domain: called by neither kernel
 * @tail: 6.1 has one more callback, which need not be there
 */
struct vfio_iommu_driver_ops {
	char *name;
	struct module *owner;
	void *(*open)(unsigned long arg);
	void (*release)(void *data);
	long (*ioctl)(void *data, unsigned int nr, unsigned long arg);
	int (*attach_group)(void *data, struct iommu_group *iommu,
			    enum vfio_group_type type);
	void (*detach_group)(void *data, struct iommu_group *iommu);
	int (*pin_pages)(void *data, struct iommu_group *iommu,
			 dma_addr_t iova, int npages, int prot,
			 struct page **pages);
	void (*unpin_pages)(void *data, dma_addr_t iova, int npages);
	void (*register_device)(void *data, struct vfio_device *vdev);
	void (*unregister_device)(void *data, struct vfio_device *vdev);
	int (*dma_rw)(void *data, dma_addr_t iova, void *buffer, size_t length,
		      bool write);
	struct iommu_domain *(*group_iommu_domain)(void *data,
						   struct iommu_group *iommu);
	void *tail;
};

/* Exported by vfio.ko. */
int vfio_register_iommu_driver(const struct vfio_iommu_driver_ops *ops);
void vfio_unregister_iommu_driver(const struct vfio_iommu_driver_ops *ops);

/* Not exported: redirected, and never called. */
struct vfio_container *vfio_container_from_file(struct file *file);

#endif /* __COMPAT_CONTAINER_H */
