// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VFIO driver for QEMU's edu device, which pretends what no emulated device
 * can: migration, a log of its DMA, low power, not to open, and to share its reset
 * with all others that the driver has, whatever their IOMMU groups.
 *
 * Never installed.  A device is given to it by driver_override.
 *
 * edu->lock guards low power here; see edu.h.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/vfio.h>

#include "compat/vfio.h"
#include "selftest/edu/edu.h"
#include "selftest/edu/log.h"
#include "selftest/edu/migration.h"
#include "selftest/edu/reset.h"

/* How long it takes to find out that a device does not open. */
#define EDU_OPEN_MS 1000

static bool open_fails;
module_param(open_fails, bool, 0644);
MODULE_PARM_DESC(open_fails, "No device opens, which takes a second");

static long edu_ioctl(struct vfio_device *vdev, unsigned int cmd,
		      unsigned long arg)
{
	if (cmd == VFIO_DEVICE_PCI_HOT_RESET)
		return edu_hot_reset(vdev, (void __user *)arg);
	return -ENOTTY;
}

static int edu_set_power(struct edu *edu, bool low)
{
	int ret = 0;

	mutex_lock(&edu->lock);
	if (low && edu->low_power)
		ret = -EBUSY;
	edu->low_power = low;
	mutex_unlock(&edu->lock);
	return ret;
}

static int edu_feature(struct vfio_device *vdev, u32 flags, void __user *arg,
		       size_t size)
{
	u32 feature = flags & VFIO_DEVICE_FEATURE_MASK;
	int ret;

	if (feature != VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY &&
	    feature != VFIO_DEVICE_FEATURE_LOW_POWER_EXIT)
		return -ENOTTY;

	ret = vfio_check_feature(flags, size, VFIO_DEVICE_FEATURE_SET, 0);
	if (ret != 1)
		return ret;
	return edu_set_power(edu_of(vdev),
			     feature == VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY);
}

static int edu_open(struct vfio_device *vdev)
{
	struct edu *edu = edu_of(vdev);

	if (READ_ONCE(open_fails)) {
		msleep(EDU_OPEN_MS);
		return -EIO;
	}
	edu->state = VFIO_DEVICE_STATE_RUNNING;
	edu->low_power = false;
	return 0;
}

static void edu_close(struct vfio_device *vdev)
{
	struct edu *edu = edu_of(vdev);

	mutex_lock(&edu->lock);
	edu_migration_end(edu);
	edu_log_end(edu);
	mutex_unlock(&edu->lock);
}

static const struct vfio_device_ops edu_ops = {
	.name = "vfio-selftest",
	.open_device = edu_open,
	.close_device = edu_close,
	.ioctl = edu_ioctl,
	.device_feature = edu_feature,
	COMPAT_VFIO_RELEASE
};

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu;
	int ret;

	edu = vfio_alloc_device(edu, vdev, &pdev->dev, &edu_ops);
	if (IS_ERR(edu))
		return PTR_ERR(edu);

	mutex_init(&edu->lock);
	edu_migration_init(edu);
	edu_log_init(edu);

	ret = vfio_assign_device_set(&edu->vdev, THIS_MODULE);
	if (!ret)
		ret = vfio_register_group_dev(&edu->vdev);
	if (ret) {
		vfio_put_device(&edu->vdev);
		return ret;
	}
	pci_set_drvdata(pdev, edu);
	return 0;
}

static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	vfio_unregister_group_dev(&edu->vdev);
	vfio_put_device(&edu->vdev);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x1234, 0x11e8) },
	{}
};

static struct pci_driver edu_driver = {
	.name = "vfio-selftest",
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
	.driver_managed_dma = true,
};
module_pci_driver(edu_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("VFIO driver for tests of vfio_cdev");
