// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver of the mock IOMMU: its domains for the kernel, what devices are
 * attached to, and that it is there at all.
 *
 * No lock: the kernel attaches a device, or a PASID of it, once at a time.
 */
#include <linux/compiler.h>
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/stddef.h>

#include "compat/mock.h"
#include "selftest/abi.h"
#include "selftest/mock/domain.h"
#include "selftest/mock/driver.h"
#include "selftest/mock/manners.h"
#include "selftest/mock/map.h"
#include "selftest/mock/nested.h"

static void mock_leave(struct compat_mock_device *device)
{
	if (device->domain)
		atomic_dec(&mock_domain_of(device->domain)->attached);
	device->domain = NULL;
}

static int mock_attach(COMPAT_MOCK_ATTACH_ARGS)
{
	struct compat_mock_device *device = dev_get_drvdata(dev);
	struct mock_domain *mock = mock_domain_of(domain);

	if (mock->marks && device->unmarked)
		return -EINVAL;
	atomic_inc(&mock->attached);
	mock_leave(device);
	device->domain = domain;
	if (!mock->parent)
		mock_domain_settle(mock);
	return 0;
}

static int blocked_attach(COMPAT_MOCK_ATTACH_ARGS)
{
	mock_leave(dev_get_drvdata(dev));
	return 0;
}

static void __maybe_unused mock_detach(struct iommu_domain *domain,
				       struct device *dev)
{
	mock_leave(dev_get_drvdata(dev));
}

/* ---- PASIDs ---- */

static void mock_leave_pasid(struct compat_mock_device *device, u32 pasid,
			     struct iommu_domain *old)
{
	struct iommu_domain *domain = xa_erase(&device->pasids, pasid);

	WARN_ON(domain != old);
	if (domain)
		atomic_dec(&mock_domain_of(domain)->attached);
}

/* Of one PASID every second call that is not to block it fails. */
static int __maybe_unused mock_set_pasid(struct iommu_domain *domain,
					 struct device *dev, unsigned int pasid,
					 struct iommu_domain *old)
{
	struct compat_mock_device *device = dev_get_drvdata(dev);
	struct mock_domain *mock = mock_domain_of(domain);
	void *before;

	if (pasid == MOCK_PASID_FAILS && device->pasid_sets++ % 2)
		return -ENOMEM;
	before = xa_store(&device->pasids, pasid, domain, GFP_KERNEL);
	if (xa_is_err(before))
		return xa_err(before);
	WARN_ON(before != old);
	atomic_inc(&mock->attached);
	if (before)
		atomic_dec(&mock_domain_of(before)->attached);
	if (!mock->parent)
		mock_domain_settle(mock);
	return 0;
}

static int __maybe_unused blocked_set_pasid(struct iommu_domain *domain,
					    struct device *dev,
					    unsigned int pasid,
					    struct iommu_domain *old)
{
	mock_leave_pasid(dev_get_drvdata(dev), pasid, old);
	return 0;
}

static void mock_free(struct iommu_domain *domain)
{
	mock_domain_free(mock_domain_of(domain));
}

static const struct iommu_domain_ops mock_ops = {
	.attach_dev = mock_attach,
	COMPAT_MOCK_DETACH(mock_detach)
	COMPAT_MOCK_PASID(mock_set_pasid)
	.map_pages = mock_map_pages,
	.unmap_pages = mock_unmap_pages,
	.flush_iotlb_all = mock_flush_all,
	.iotlb_sync_map = compat_mock_sync_map,
	.iotlb_sync = mock_sync,
	.iova_to_phys = mock_iova_to_phys,
	.free = mock_free,
};

static void nested_free(struct iommu_domain *domain)
{
	mock_nested_free(mock_domain_of(domain));
}

static const struct iommu_domain_ops nested_ops = {
	.attach_dev = mock_attach,
	COMPAT_MOCK_DETACH(mock_detach)
	COMPAT_MOCK_PASID(mock_set_pasid)
	COMPAT_MOCK_INVALIDATE
	.free = nested_free,
};

static void blocked_free(struct iommu_domain *domain)
{
}

static const struct iommu_domain_ops blocked_ops = {
	.attach_dev = blocked_attach,
	COMPAT_MOCK_DETACH(mock_detach)
	COMPAT_MOCK_PASID(blocked_set_pasid)
	.free = blocked_free,
};

static struct iommu_domain blocked = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &blocked_ops,
};

static struct iommu_domain *mock_alloc(bool huge, bool marks)
{
	struct mock_domain *mock = mock_domain_alloc(huge);

	if (!mock)
		return NULL;
	mock->marks = marks;
	mock->domain.ops = &mock_ops;
	return &mock->domain;
}

static struct iommu_domain *mock_alloc_nested(struct iommu_domain *parent,
					      const void *data)
{
	struct mock_domain *mock = mock_nested_alloc(mock_domain_of(parent),
						     data);

	if (!mock)
		return NULL;
	mock->domain.ops = &nested_ops;
	return &mock->domain;
}

static void mock_track(struct iommu_domain *domain, bool enable)
{
	WRITE_ONCE(mock_domain_of(domain)->tracks, enable);
}

static int mock_invalidate(struct iommu_domain *domain, const void *entry)
{
	return mock_nested_invalidate(mock_domain_of(domain), entry);
}

/**
 * mock_is - is this a domain of the mock IOMMU
 * @domain: any domain that pages
 */
bool mock_is(const struct iommu_domain *domain)
{
	return domain->ops == &mock_ops;
}

/**
 * mock_is_nested - is this a nested domain of the mock IOMMU
 * @domain: any domain
 */
bool mock_is_nested(const struct iommu_domain *domain)
{
	return domain->ops == &nested_ops;
}

static const struct iommu_test_hw_info mock_hw_info = {
	.test_reg = IOMMU_HW_INFO_SELFTEST_REGVAL,
};

static const struct compat_mock_driver driver = {
	.name = MOCK_NAME,
	.sync_map = mock_sync_map,
	.alloc = mock_alloc,
	.track = mock_track,
	.read_dirty = mock_read_dirty,
	.nested_data = {
		.type = IOMMU_HWPT_DATA_SELFTEST,
		.size = sizeof(struct iommu_hwpt_selftest),
		.min_size = offsetofend(struct iommu_hwpt_selftest, iotlb),
	},
	.alloc_nested = mock_alloc_nested,
	.entry_data = {
		.type = IOMMU_HWPT_INVALIDATE_DATA_SELFTEST,
		.size = sizeof(struct iommu_hwpt_invalidate_selftest),
		.min_size = sizeof(struct iommu_hwpt_invalidate_selftest),
	},
	.invalidate = mock_invalidate,
	.blocked = &blocked,
	.hw_info = &mock_hw_info,
	.hw_info_size = sizeof(mock_hw_info),
	.hw_info_type = IOMMU_HW_INFO_TYPE_SELFTEST,
};

/**
 * mock_start - let there be a mock IOMMU
 *
 * Return: 0; -EINVAL for manners that there are not; -errno.
 */
int mock_start(void)
{
	int rc = mock_manners_start();

	if (!rc)
		rc = compat_mock_start(&driver);
	if (!rc)
		mock_manners_tell();
	return rc;
}

/** mock_stop - undo mock_start(); no device is left */
void mock_stop(void)
{
	mock_manners_forget();
	compat_mock_stop();
}
