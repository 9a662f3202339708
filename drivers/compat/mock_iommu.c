// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mock IOMMU itself, as both kinds of devices have it: see mock_bus.c and
 * mock_platform.c, of which a kernel has one.
 *
 * No lock: the driver is set before there is a device.
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "compat/mock.h"
#include "compat/mock_iommu.h"

const struct compat_mock_driver *compat_mock_driver;
struct iommu_device compat_mock_iommu;

/**
 * compat_mock_iommu_add - let the IOMMU be seen in sysfs
 * @driver: its driver, valid until compat_mock_iommu_remove()
 *
 * Return: 0 or -errno.
 */
int compat_mock_iommu_add(const struct compat_mock_driver *driver)
{
	compat_mock_driver = driver;
	return iommu_device_sysfs_add(&compat_mock_iommu, NULL, NULL, "%s",
				      driver->name);
}

/** compat_mock_iommu_remove - undo compat_mock_iommu_add() */
void compat_mock_iommu_remove(void)
{
	iommu_device_sysfs_remove(&compat_mock_iommu);
}

/**
 * compat_mock_capable - for the row capable of the IOMMU's ops
 * @dev: a device behind it
 * @cap: what is asked
 */
bool compat_mock_capable(struct device *dev, enum iommu_cap cap)
{
	const struct compat_mock_device *mock __maybe_unused =
		dev_get_drvdata(dev);

#ifdef HAVE_DIRTY_OPS
	if (cap == IOMMU_CAP_DIRTY_TRACKING)
		return !mock->unmarked;
#endif
#ifndef HAVE_GROUP_ISOLATED_MSI
	if (cap == IOMMU_CAP_INTR_REMAP)
		return !mock->exposed;
#endif
	return cap == IOMMU_CAP_CACHE_COHERENCY;
}

bool compat_mock_is_device(struct device *dev)
{
	return dev->iommu && dev->iommu->iommu_dev == &compat_mock_iommu;
}

/**
 * compat_mock_param_alloc - what the kernel keeps of a device and its IOMMU
 * @dev: a new device
 *
 * Return: 0 or -ENOMEM.
 */
int compat_mock_param_alloc(struct device *dev)
{
	struct dev_iommu *param = kzalloc(sizeof(*param), GFP_KERNEL);

	if (!param)
		return -ENOMEM;
	mutex_init(&param->lock);
	dev->iommu = param;
	return 0;
}

/**
 * compat_mock_sync_map - the driver's @sync_map, for its domains' ops
 * @domain: one of them
 * @iova: first IOVA
 * @size: bytes
 */
#ifdef HAVE_SYNC_MAP_ERROR
int compat_mock_sync_map(struct iommu_domain *domain, unsigned long iova,
			 size_t size)
{
	compat_mock_driver->sync_map(domain, iova, size);
	return 0;
}
#else
void compat_mock_sync_map(struct iommu_domain *domain, unsigned long iova,
			  size_t size)
{
	compat_mock_driver->sync_map(domain, iova, size);
}
#endif
