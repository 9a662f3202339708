// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mediated devices: they do no DMA, so what stands for one in the iommufd is an
 * access, through which its driver pins, reads and writes the memory of the IOAS
 * that the device is attached to.
 *
 * Drivers ask vfio.ko for that, see redirect.c.  They do so while the device is
 * open, and unpin until the access is detached; f->access is fixed all that time,
 * so no lock.
 */
#include <linux/iommufd.h>

#include "compat/vfio.h"
#include "vfio/pins.h"
#include "vfio/vfio_cdev.h"

static void access_unmap(void *data, unsigned long iova, unsigned long length)
{
	struct vfio_device *vdev = data;

	/* A driver that never pins need not have it. */
	if (vdev->ops->dma_unmap)
		vdev->ops->dma_unmap(vdev, iova, length);
}

static const struct iommufd_access_ops access_ops = {
	.needs_pin_pages = 1,
	.unmap = access_unmap,
};

/**
 * vfio_access_open() - let a device have an access, which is not attached
 * @f: the file that is being bound, with the lock of the device set held
 *
 * Return: 0 or -ENOMEM.
 */
int vfio_access_open(struct vfio_cdev_file *f)
{
	struct iommufd_access *access;

	access = iommufd_access_create(f->ictx, &access_ops, f->vdev,
				       &f->devid);
	if (IS_ERR(access))
		return PTR_ERR(access);
	f->access = access;
	return 0;
}

/**
 * vfio_access_close() - undo vfio_access_open()
 * @f: the file, whose access is detached, so that nothing is pinned
 */
void vfio_access_close(struct vfio_cdev_file *f)
{
	iommufd_access_destroy(f->access);
	f->access = NULL;
}

/**
 * vfio_access_pin_pages() - vfio_pin_pages() of a bound device
 * @f: the file that it is bound by
 * @iova: where the first page is
 * @npages: how many
 * @prot: IOMMU_READ, IOMMU_WRITE
 * @pages: out, the pages
 *
 * Return: @npages; -EINVAL for a device that may not pin, -E2BIG, or what
 * iommufd_access_pin_pages() returns, with nothing pinned.
 */
int vfio_access_pin_pages(struct vfio_cdev_file *f, dma_addr_t iova,
			  int npages, int prot, struct page **pages)
{
	if (!f->access || !f->vdev->ops->dma_unmap || !pages || npages <= 0)
		return -EINVAL;
	if (npages > VFIO_PIN_PAGES_MAX_ENTRIES)
		return -E2BIG;
	return pins_take(f->access, iova, npages, prot, pages);
}

/**
 * vfio_access_unpin_pages() - vfio_unpin_pages() of a bound device
 * @f: the file that it is bound by
 * @iova: where the first page is
 * @npages: how many, each of which has been pinned
 */
void vfio_access_unpin_pages(struct vfio_cdev_file *f, dma_addr_t iova,
			     int npages)
{
	if (!WARN_ON(!f->access))
		pins_drop(f->access, iova, npages);
}

/**
 * vfio_access_rw() - vfio_dma_rw() of a bound device
 * @f: the file that it is bound by
 * @iova: the first IOVA
 * @data: kernel memory
 * @len: bytes
 * @write: to the IOVA, or from it
 *
 * Return: 0, -EINVAL for a device that may not, or what iommufd_access_rw()
 * returns.
 */
int vfio_access_rw(struct vfio_cdev_file *f, dma_addr_t iova, void *data,
		   size_t len, bool write)
{
	if (!f->access || !data)
		return -EINVAL;
	return pins_rw(f->access, iova, data, len, write);
}
