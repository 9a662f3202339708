// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mock IOMMU beside the one that the machine may have.  Where a bus has one
 * IOMMU driver, the mock's devices are on a bus of their own; where each
 * device names its IOMMU, they are platform devices that name the mock.
 *
 * Their interrupts count as isolated, as they have none: an IOMMU says so
 * itself, or the domain of a device's interrupts does.
 */
#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "mock.h"

static const struct compat_mock_driver *mock_driver;
static struct iommu_device mock_iommu;

static bool mock_capable(struct device *dev, enum iommu_cap cap)
{
#ifndef HAVE_GROUP_ISOLATED_MSI
	const struct compat_mock_device *mock = dev_get_drvdata(dev);

	if (cap == IOMMU_CAP_INTR_REMAP)
		return !mock->exposed;
#endif
	return cap == IOMMU_CAP_CACHE_COHERENCY;
}

/* What the kernel keeps of a device and its IOMMU. */
static int device_add_iommu(struct device *dev)
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
	mock_driver->sync_map(domain, iova, size);
	return 0;
}
#else
void compat_mock_sync_map(struct iommu_domain *domain, unsigned long iova,
			  size_t size)
{
	mock_driver->sync_map(domain, iova, size);
}
#endif

#ifdef HAVE_BUS_IOMMU_OPS
/* ---- a bus of their own ---- */

static struct iommu_domain *domain_alloc(unsigned int type, bool huge)
{
	if (type == IOMMU_DOMAIN_BLOCKED)
		return mock_driver->blocked;
	if (type == IOMMU_DOMAIN_UNMANAGED)
		return mock_driver->alloc(huge);
	return NULL;
}

static struct iommu_domain *domain_alloc_small(unsigned int type)
{
	return domain_alloc(type, false);
}

static struct iommu_domain *domain_alloc_huge(unsigned int type)
{
	return domain_alloc(type, true);
}

/* A domain is made for a bus: so there is one for each kind of device. */
static const struct iommu_ops ops_small = {
	.capable = mock_capable,
	.domain_alloc = domain_alloc_small,
	.owner = THIS_MODULE,
};

static const struct iommu_ops ops_huge = {
	.capable = mock_capable,
	.domain_alloc = domain_alloc_huge,
	.owner = THIS_MODULE,
};

/* Where a bus has an IOMMU driver it is no constant yet. */
static typeof(platform_bus_type) bus_small = {
	.name = "iommufd_mock",
	.iommu_ops = &ops_small,
};

static typeof(platform_bus_type) bus_huge = {
	.name = "iommufd_mock_huge",
	.iommu_ops = &ops_huge,
};

/**
 * compat_mock_start - let there be a mock IOMMU
 * @driver: its driver, valid until compat_mock_stop()
 *
 * Return: 0 or -errno.
 */
int compat_mock_start(const struct compat_mock_driver *driver)
{
	int rc;

	mock_driver = driver;
	mock_iommu.ops = &ops_small;
	rc = iommu_device_sysfs_add(&mock_iommu, NULL, NULL, "%s",
				    driver->name);
	if (rc)
		return rc;
	rc = bus_register(&bus_small);
	if (rc)
		goto err_sysfs;
	rc = bus_register(&bus_huge);
	if (rc)
		goto err_small;
	return 0;

err_small:
	bus_unregister(&bus_small);
err_sysfs:
	iommu_device_sysfs_remove(&mock_iommu);
	return rc;
}

/** compat_mock_stop - undo compat_mock_start(); no device is left */
void compat_mock_stop(void)
{
	bus_unregister(&bus_huge);
	bus_unregister(&bus_small);
	iommu_device_sysfs_remove(&mock_iommu);
}

static void device_release(struct device *dev)
{
	kfree(dev->iommu);
	kfree(dev);
}

static struct device *device_alloc(bool huge, int id)
{
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	int rc;

	if (!dev)
		return ERR_PTR(-ENOMEM);
	device_initialize(dev);
	dev->release = device_release;
	dev->bus = huge ? &bus_huge : &bus_small;
	rc = dev_set_name(dev, "iommufd_mock.%d", id);
	if (!rc)
		rc = device_add_iommu(dev);
	if (rc) {
		put_device(dev);
		return ERR_PTR(rc);
	}
	dev->iommu->iommu_dev = &mock_iommu;
	return dev;
}

static int device_join_group(struct device *dev)
{
	struct iommu_group *group = iommu_group_alloc();
	int rc;

	if (IS_ERR(group))
		return PTR_ERR(group);
	rc = iommu_group_add_device(group, dev);
	/* The device holds it now. */
	iommu_group_put(group);
	return rc;
}

/**
 * compat_mock_device_add - let there be a device behind the mock IOMMU
 * @mock: the device, with its huge and exposed set
 * @id: its number
 *
 * Return: 0 or -errno.
 */
int compat_mock_device_add(struct compat_mock_device *mock, int id)
{
	struct device *dev;
	int rc;

	dev = device_alloc(mock->huge, id);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	dev_set_drvdata(dev, mock);
	rc = device_add(dev);
	if (rc)
		goto err_put;
	rc = device_join_group(dev);
	if (rc)
		goto err_del;
	mock->dev = dev;
	return 0;

err_del:
	device_del(dev);
err_put:
	put_device(dev);
	return rc;
}

/**
 * compat_mock_device_remove - undo compat_mock_device_add()
 * @mock: the device
 */
void compat_mock_device_remove(struct compat_mock_device *mock)
{
	iommu_group_remove_device(mock->dev);
	device_unregister(mock->dev);
}
#else
/* ---- platform devices ---- */

static struct irq_domain *mock_msi;

static struct iommu_device *mock_probe(struct device *dev)
{
	return &mock_iommu;
}

static struct iommu_domain *domain_alloc(struct device *dev)
{
	struct compat_mock_device *mock = dev_get_drvdata(dev);

	return mock_driver->alloc(mock->huge);
}

#ifdef HAVE_HW_INFO_TYPE_ENUM
static void *mock_hw_info(struct device *dev, u32 *length,
			  enum iommu_hw_info_type *type)
#else
static void *mock_hw_info(struct device *dev, u32 *length, u32 *type)
#endif
{
	void *info = kmemdup(mock_driver->hw_info, mock_driver->hw_info_size,
			     GFP_KERNEL);

	if (!info)
		return ERR_PTR(-ENOMEM);
	*length = mock_driver->hw_info_size;
	*type = mock_driver->hw_info_type;
	return info;
}

static struct iommu_ops mock_ops = {
	.capable = mock_capable,
	.hw_info = mock_hw_info,
	.domain_alloc_paging = domain_alloc,
	.probe_device = mock_probe,
	.device_group = generic_device_group,
	.owner = THIS_MODULE,
};

/* Interrupts of nobody, which are isolated. */
static int msi_start(void)
{
	static const struct irq_domain_ops none;
	struct fwnode_handle *fwnode;

	fwnode = irq_domain_alloc_named_fwnode("iommufd_mock");
	if (!fwnode)
		return -ENOMEM;
	mock_msi = irq_domain_create_linear(fwnode, 0, &none, NULL);
	if (!mock_msi) {
		irq_domain_free_fwnode(fwnode);
		return -ENOMEM;
	}
	mock_msi->flags |= IRQ_DOMAIN_FLAG_ISOLATED_MSI;
	return 0;
}

static void msi_stop(void)
{
	struct fwnode_handle *fwnode = mock_msi->fwnode;

	irq_domain_remove(mock_msi);
	irq_domain_free_fwnode(fwnode);
}

int compat_mock_start(const struct compat_mock_driver *driver)
{
	int rc;

	mock_driver = driver;
	mock_ops.default_domain = driver->blocked;
	mock_ops.blocked_domain = driver->blocked;
	rc = msi_start();
	if (rc)
		return rc;
	rc = iommu_device_sysfs_add(&mock_iommu, NULL, NULL, "%s",
				    driver->name);
	if (rc)
		goto err_msi;
	/* With a name, so that it is nobody's by default. */
	mock_iommu.fwnode = fwnode_create_software_node(NULL, NULL);
	if (IS_ERR(mock_iommu.fwnode)) {
		rc = PTR_ERR(mock_iommu.fwnode);
		goto err_sysfs;
	}
	rc = iommu_device_register(&mock_iommu, &mock_ops, NULL);
	if (rc)
		goto err_fwnode;
	return 0;

err_fwnode:
	fwnode_remove_software_node(mock_iommu.fwnode);
err_sysfs:
	iommu_device_sysfs_remove(&mock_iommu);
err_msi:
	msi_stop();
	return rc;
}

void compat_mock_stop(void)
{
	iommu_device_unregister(&mock_iommu);
	fwnode_remove_software_node(mock_iommu.fwnode);
	iommu_device_sysfs_remove(&mock_iommu);
	msi_stop();
}

/* As iommu_fwspec_init() does, which wants a lock that is private. */
static int device_name_iommu(struct device *dev)
{
	struct iommu_fwspec *fwspec;
	int rc;

	fwspec = kzalloc(struct_size(fwspec, ids, 1), GFP_KERNEL);
	if (!fwspec)
		return -ENOMEM;
	rc = device_add_iommu(dev);
	if (rc) {
		kfree(fwspec);
		return rc;
	}
	fwspec->iommu_fwnode = fwnode_handle_get(mock_iommu.fwnode);
	dev_iommu_fwspec_set(dev, fwspec);
	return 0;
}

/* Where the kernel had no occasion to. */
static void device_drop_iommu(struct device *dev)
{
	if (!dev->iommu)
		return;
	fwnode_handle_put(dev->iommu->fwspec->iommu_fwnode);
	kfree(dev->iommu->fwspec);
	kfree(dev->iommu);
	dev->iommu = NULL;
}

int compat_mock_device_add(struct compat_mock_device *mock, int id)
{
	struct platform_device *pdev;
	int rc;

	pdev = platform_device_alloc("iommufd_mock", id);
	if (!pdev)
		return -ENOMEM;
	platform_set_drvdata(pdev, mock);
	if (!mock->exposed)
		dev_set_msi_domain(&pdev->dev, mock_msi);
	rc = device_name_iommu(&pdev->dev);
	if (rc)
		goto err_put;
	/* The kernel finds the IOMMU from here. */
	rc = platform_device_add(pdev);
	/* So it calls a device that it had no memory to name. */
	if (rc == -EINVAL)
		rc = -ENOMEM;
	if (rc)
		goto err_drop;
	if (!pdev->dev.iommu_group) {
		rc = -ENOMEM;
		goto err_del;
	}
	mock->dev = &pdev->dev;
	return 0;

err_del:
	platform_device_del(pdev);
err_drop:
	device_drop_iommu(&pdev->dev);
err_put:
	platform_device_put(pdev);
	return rc;
}

void compat_mock_device_remove(struct compat_mock_device *mock)
{
	platform_device_unregister(to_platform_device(mock->dev));
}
#endif
