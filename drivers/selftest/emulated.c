// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_emulated.ko: a VFIO device without hardware, as mediated devices are:
 * it pins, reads and writes the memory of its container or IOAS when it is told
 * to.
 *
 * Never installed.  emulated->lock guards the table of pins.  It is held over
 * pins and unpins as well: when dma_unmap() has returned none may be left, nor
 * be on its way.
 */
#include <linux/highmem.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/xarray.h>

#include "compat/vfio.h"
#include "selftest/emulated.h"

#define MOST_PAGES 16

/**
 * struct emulated - the device
 * @vdev: for vfio.ko
 * @lock: guards the rest; held while pins change
 * @pins: a page by the number of its page of IOVA
 * @unmaps: how often it was asked to unpin
 * @unmapped: bytes of the ranges
 */
struct emulated {
	struct vfio_device vdev;
	struct mutex lock;	/* see above */
	struct xarray pins;
	int unmaps;
	u64 unmapped;
};

static struct emulated *emulated_of(struct vfio_device *vdev)
{
	return container_of(vdev, struct emulated, vdev);
}

/* ---- pins ---- */

static void emulated_unpin(struct emulated *emulated, unsigned long first,
			   unsigned long last)
{
	unsigned long i;
	int n;

	lockdep_assert_held(&emulated->lock);

	/* As many at a time as stand side by side. */
	for (i = first; xa_find(&emulated->pins, &i, last, XA_PRESENT); i += n) {
		for (n = 0; n < MOST_PAGES && i + n <= last; n++)
			if (!xa_erase(&emulated->pins, i + n))
				break;
		vfio_unpin_pages(&emulated->vdev, i << PAGE_SHIFT, n);
	}
}

static int emulated_pin(struct emulated *emulated, u64 iova, int npages,
			bool write)
{
	int prot = IOMMU_READ | (write ? IOMMU_WRITE : 0);
	unsigned long first = iova >> PAGE_SHIFT;
	struct page *pages[MOST_PAGES], *old;
	int i, n;

	n = vfio_pin_pages(&emulated->vdev, iova, npages, prot, pages);
	for (i = 0; i < n; i++) {
		old = xa_store(&emulated->pins, first + i, pages[i],
			       GFP_KERNEL);
		WARN_ON(xa_is_err(old));
		/* It is pinned twice now. */
		if (old)
			vfio_unpin_pages(&emulated->vdev,
					 (first + i) << PAGE_SHIFT, 1);
	}
	return n;
}

static void emulated_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
	struct emulated *emulated = emulated_of(vdev);

	mutex_lock(&emulated->lock);
	emulated->unmaps++;
	emulated->unmapped += length;
	emulated_unpin(emulated, iova >> PAGE_SHIFT,
		       (iova + length - 1) >> PAGE_SHIFT);
	mutex_unlock(&emulated->lock);
}

static int emulated_open(struct vfio_device *vdev)
{
	struct emulated *emulated = emulated_of(vdev);

	emulated->unmaps = 0;
	emulated->unmapped = 0;
	return 0;
}

static void emulated_close(struct vfio_device *vdev)
{
	struct emulated *emulated = emulated_of(vdev);

	mutex_lock(&emulated->lock);
	emulated_unpin(emulated, 0, ULONG_MAX >> PAGE_SHIFT);
	mutex_unlock(&emulated->lock);
}

/* ---- the ioctls ---- */

static int emulated_peek(struct emulated *emulated,
			 const struct emulated_arg *arg)
{
	unsigned int offset = offset_in_page(arg->iova);
	struct page *page;
	void *address;
	int rc = 0;

	page = xa_load(&emulated->pins, arg->iova >> PAGE_SHIFT);
	if (!page || arg->length > PAGE_SIZE - offset)
		return -EINVAL;
	address = kmap_local_page(page);
	if (copy_to_user(u64_to_user_ptr(arg->data), address + offset,
			 arg->length))
		rc = -EFAULT;
	kunmap_local(address);
	return rc;
}

static int emulated_rw(struct emulated *emulated,
		       const struct emulated_arg *arg, bool write)
{
	void __user *user = u64_to_user_ptr(arg->data);
	void *data;
	int rc = 0;

	if (!arg->length || arg->length > MOST_PAGES * PAGE_SIZE)
		return -EINVAL;
	data = kvzalloc(arg->length, GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	if (write && copy_from_user(data, user, arg->length))
		rc = -EFAULT;
	if (!rc)
		rc = vfio_dma_rw(&emulated->vdev, arg->iova, data, arg->length,
				 write);
	if (!rc && !write && copy_to_user(user, data, arg->length))
		rc = -EFAULT;
	kvfree(data);
	return rc;
}

static int emulated_unmaps(struct emulated *emulated, struct emulated_arg *arg)
{
	int unmaps = emulated->unmaps;

	arg->length = emulated->unmapped;
	emulated->unmaps = 0;
	emulated->unmapped = 0;
	return unmaps;
}

static long emulated_run(struct emulated *emulated, unsigned int nr,
			 struct emulated_arg *arg)
{
	unsigned long first = arg->iova >> PAGE_SHIFT;
	unsigned long npages = arg->length >> PAGE_SHIFT;

	if (!npages || npages > MOST_PAGES)
		npages = 1;
	switch (nr) {
	case EMULATED_PIN:
		return emulated_pin(emulated, arg->iova, npages, arg->write);
	case EMULATED_UNPIN:
		emulated_unpin(emulated, first, first + npages - 1);
		return 0;
	case EMULATED_READ:
		return emulated_rw(emulated, arg, false);
	case EMULATED_WRITE:
		return emulated_rw(emulated, arg, true);
	case EMULATED_PEEK:
		return emulated_peek(emulated, arg);
	case EMULATED_UNMAPS:
		return emulated_unmaps(emulated, arg);
	default:
		return -ENOTTY;
	}
}

static long emulated_ioctl(struct vfio_device *vdev, unsigned int nr,
			   unsigned long user)
{
	struct emulated *emulated = emulated_of(vdev);
	struct emulated_arg arg;
	long rc;

	if (copy_from_user(&arg, (void __user *)user, sizeof(arg)))
		return -EFAULT;
	mutex_lock(&emulated->lock);
	rc = emulated_run(emulated, nr, &arg);
	mutex_unlock(&emulated->lock);
	if (rc >= 0 && nr == EMULATED_UNMAPS &&
	    copy_to_user((void __user *)user, &arg, sizeof(arg)))
		return -EFAULT;
	return rc;
}

/* ---- the device ---- */

static int emulated_init_device(struct vfio_device *vdev)
{
	struct emulated *emulated = emulated_of(vdev);

	mutex_init(&emulated->lock);
	xa_init(&emulated->pins);
	return 0;
}

static const struct vfio_device_ops emulated_ops = {
	.name = EMULATED_NAME,
	.init = emulated_init_device,
	COMPAT_VFIO_RELEASE
	.open_device = emulated_open,
	.close_device = emulated_close,
	.ioctl = emulated_ioctl,
	.dma_unmap = emulated_dma_unmap,
};

static int emulated_probe(struct platform_device *pdev)
{
	struct emulated *emulated;
	int rc;

	emulated = vfio_alloc_device(emulated, vdev, &pdev->dev,
				     &emulated_ops);
	if (IS_ERR(emulated))
		return PTR_ERR(emulated);
	rc = vfio_register_emulated_iommu_dev(&emulated->vdev);
	if (rc)
		vfio_put_device(&emulated->vdev);
	else
		platform_set_drvdata(pdev, emulated);
	return rc;
}

static struct platform_driver emulated_driver = {
	.driver.name = EMULATED_NAME,
	.driver.suppress_bind_attrs = true,
};

static struct platform_device *emulated_device;

static int __init emulated_init(void)
{
	int rc;

	emulated_device =
		platform_device_register_simple(EMULATED_NAME,
						PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(emulated_device))
		return PTR_ERR(emulated_device);
	rc = platform_driver_probe(&emulated_driver, emulated_probe);
	if (rc)
		platform_device_unregister(emulated_device);
	return rc;
}

static void __exit emulated_exit(void)
{
	struct emulated *emulated = platform_get_drvdata(emulated_device);

	vfio_unregister_group_dev(&emulated->vdev);
	vfio_put_device(&emulated->vdev);
	platform_driver_unregister(&emulated_driver);
	platform_device_unregister(emulated_device);
}

module_init(emulated_init);
module_exit(emulated_exit);

MODULE_DESCRIPTION("For tests: a VFIO device without hardware");
MODULE_LICENSE("GPL");
