// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where each device names its IOMMU: mock devices are platform devices that name
 * the mock, so that the machine may have another.  Their interrupts count as
 * isolated, as they have none: the domain of a device's interrupts says so.
 */
#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd.h>

#include "compat/mock.h"
#include "compat/mock_iommu.h"

#ifndef HAVE_BUS_IOMMU_OPS

static struct irq_domain *mock_msi;

static struct iommu_device *mock_probe(struct device *dev)
{
	return &compat_mock_iommu;
}

static int mock_track(struct iommu_domain *domain, bool enable)
{
	compat_mock_driver->track(domain, enable);
	return 0;
}

static int mock_read_dirty(struct iommu_domain *domain, unsigned long iova,
			   size_t size, unsigned long flags,
			   struct iommu_dirty_bitmap *dirty)
{
	unsigned long last = iova + size - 1;
	bool is_dirty;

	do {
		size = compat_mock_driver->read_dirty(domain, iova,
				!(flags & IOMMU_DIRTY_NO_CLEAR), &is_dirty);
		if (is_dirty)
			iommu_dirty_bitmap_record(dirty, iova, size);
		iova += size;
	} while (iova <= last);
	return 0;
}

static const struct iommu_dirty_ops dirty_ops = {
	.set_dirty_tracking = mock_track,
	.read_and_clear_dirty = mock_read_dirty,
};

static struct iommu_domain *alloc_domain(struct device *dev, bool marks)
{
	struct compat_mock_device *mock = dev_get_drvdata(dev);
	struct iommu_domain *domain;

	domain = compat_mock_driver->alloc(mock->huge, marks);
	if (domain && marks)
		domain->dirty_ops = &dirty_ops;
	return domain;
}

static struct iommu_domain *domain_alloc(struct device *dev)
{
	return alloc_domain(dev, false);
}

/*
 * Any of its domains may have others nested on it.  /tests/fault lets some of these fail
 * by their names.
 */
static struct iommu_domain *
domain_alloc_flags(struct device *dev, u32 flags,
		   const struct iommu_user_data *user_data)
{
	const struct compat_mock_device *mock = dev_get_drvdata(dev);
	bool marks = flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
	struct iommu_domain *domain;

	flags &= ~(IOMMU_HWPT_ALLOC_NEST_PARENT |
		   IOMMU_HWPT_ALLOC_DIRTY_TRACKING | IOMMU_HWPT_ALLOC_PASID);
	if (flags || user_data || (marks && mock->unmarked))
		return ERR_PTR(-EOPNOTSUPP);
	domain = alloc_domain(dev, marks);
	return domain ? domain : ERR_PTR(-ENOMEM);
}

#ifdef HAVE_DOMAIN_ALLOC_NESTED
static struct iommu_domain *
mock_domain_alloc_nested(struct device *dev, struct iommu_domain *parent,
			 u32 flags, const struct iommu_user_data *user_data)
{
	if (flags & ~IOMMU_HWPT_ALLOC_PASID)
		return ERR_PTR(-EOPNOTSUPP);
	return compat_mock_nested_alloc(parent, user_data);
}
#else
static struct iommu_domain *
mock_domain_alloc_user(struct device *dev, u32 flags,
		       struct iommu_domain *parent,
		       const struct iommu_user_data *user_data)
{
	struct iommu_domain *domain;

	if (parent)
		return flags ? ERR_PTR(-EOPNOTSUPP) :
			       compat_mock_nested_alloc(parent, user_data);
	domain = domain_alloc_flags(dev, flags, user_data);
	if (!IS_ERR(domain))
		domain->type = IOMMU_DOMAIN_UNMANAGED;
	return domain;
}
#endif

#ifdef HAVE_HW_INFO_TYPE_ENUM
static void *mock_hw_info(struct device *dev, u32 *length,
			  enum iommu_hw_info_type *type)
#else
static void *mock_hw_info(struct device *dev, u32 *length, u32 *type)
#endif
{
	const struct compat_mock_driver *driver = compat_mock_driver;
	void *info;

#ifdef HAVE_HW_INFO_TYPE_ENUM
	if (*type != IOMMU_HW_INFO_TYPE_DEFAULT &&
	    *type != driver->hw_info_type)
		return ERR_PTR(-EOPNOTSUPP);
#endif
	info = kmemdup(driver->hw_info, driver->hw_info_size, GFP_KERNEL);
	if (!info)
		return ERR_PTR(-ENOMEM);
	*length = driver->hw_info_size;
	*type = driver->hw_info_type;
	return info;
}

/* Elsewhere the kernel gives a PASID that is detached the domain by itself. */
#ifdef HAVE_REMOVE_DEV_PASID
static void mock_remove_pasid(struct device *dev, ioasid_t pasid,
			      struct iommu_domain *old)
{
	struct iommu_domain *blocked = compat_mock_driver->blocked;

	blocked->ops->set_dev_pasid(blocked, dev, pasid, old);
}
#endif

static struct iommu_ops mock_ops = {
	.capable = compat_mock_capable,
	.hw_info = mock_hw_info,
	.domain_alloc_paging = domain_alloc,
#ifdef HAVE_DOMAIN_ALLOC_NESTED
	.domain_alloc_paging_flags = domain_alloc_flags,
	.domain_alloc_nested = mock_domain_alloc_nested,
#else
	.domain_alloc_user = mock_domain_alloc_user,
#endif
#ifdef HAVE_REMOVE_DEV_PASID
	.remove_dev_pasid = mock_remove_pasid,
#endif
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

	mock_ops.default_domain = driver->blocked;
	mock_ops.blocked_domain = driver->blocked;
	rc = msi_start();
	if (rc)
		return rc;
	rc = compat_mock_iommu_add(driver);
	if (rc)
		goto err_msi;
	/* With a name, so that it is nobody's by default. */
	compat_mock_iommu.fwnode = fwnode_create_software_node(NULL, NULL);
	if (IS_ERR(compat_mock_iommu.fwnode)) {
		rc = PTR_ERR(compat_mock_iommu.fwnode);
		goto err_sysfs;
	}
	rc = iommu_device_register(&compat_mock_iommu, &mock_ops, NULL);
	if (rc)
		goto err_fwnode;
	return 0;

err_fwnode:
	fwnode_remove_software_node(compat_mock_iommu.fwnode);
err_sysfs:
	compat_mock_iommu_remove();
err_msi:
	msi_stop();
	return rc;
}

void compat_mock_stop(void)
{
	iommu_device_unregister(&compat_mock_iommu);
	fwnode_remove_software_node(compat_mock_iommu.fwnode);
	compat_mock_iommu_remove();
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
	rc = compat_mock_param_alloc(dev);
	if (rc) {
		kfree(fwspec);
		return rc;
	}
	fwspec->iommu_fwnode = fwnode_handle_get(compat_mock_iommu.fwnode);
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
	/* As if a property of the device had said so: the kernel has looked for it. */
	if (mock->has_pasids)
		pdev->dev.iommu->max_pasids = BIT(COMPAT_MOCK_PASID_BITS);
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

#endif /* HAVE_BUS_IOMMU_OPS */
