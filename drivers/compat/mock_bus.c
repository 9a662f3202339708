// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a bus has one IOMMU driver: mock devices on a bus of their own, so that
 * the machine may have another.  Their interrupts count as isolated, as they have
 * none: the IOMMU says so.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "compat/mock.h"
#include "compat/mock_iommu.h"

#ifdef HAVE_BUS_IOMMU_OPS

static struct iommu_domain *domain_alloc(unsigned int type, bool huge)
{
	if (type == IOMMU_DOMAIN_BLOCKED)
		return compat_mock_driver->blocked;
	if (type == IOMMU_DOMAIN_UNMANAGED)
		return compat_mock_driver->alloc(huge, false);
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
	.capable = compat_mock_capable,
	.domain_alloc = domain_alloc_small,
	.owner = THIS_MODULE,
};

static const struct iommu_ops ops_huge = {
	.capable = compat_mock_capable,
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

int compat_mock_start(const struct compat_mock_driver *driver)
{
	int rc;

	compat_mock_iommu.ops = &ops_small;
	rc = compat_mock_iommu_add(driver);
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
	compat_mock_iommu_remove();
	return rc;
}

void compat_mock_stop(void)
{
	bus_unregister(&bus_huge);
	bus_unregister(&bus_small);
	compat_mock_iommu_remove();
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
		rc = compat_mock_param_alloc(dev);
	if (rc) {
		put_device(dev);
		return ERR_PTR(rc);
	}
	dev->iommu->iommu_dev = &compat_mock_iommu;
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

void compat_mock_device_remove(struct compat_mock_device *mock)
{
	iommu_group_remove_device(mock->dev);
	device_unregister(mock->dev);
}

#endif /* HAVE_BUS_IOMMU_OPS */
