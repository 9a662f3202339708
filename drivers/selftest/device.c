// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices behind the mock IOMMU, bound and attached: what user space names by
 * a "stdev" id goes with its file, or by DESTROY.
 */
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "compat/mock.h"
#include "iommufd/abi/test.h"
#include "iommufd/device/device.h"
#include "selftest/call.h"
#include "selftest/device.h"

static DEFINE_IDA(device_numbers);

/**
 * struct stdev - a device behind the mock IOMMU and its binding
 * @object: names it
 * @mock: the device itself
 * @number: part of its name in sysfs
 * @idev: its binding
 */
struct stdev {
	struct iommufd_test_object object;
	struct compat_mock_device mock;
	int number;
	struct iommufd_device *idev;
};

static int stdev_start(struct stdev *stdev)
{
	int rc;

	stdev->number = ida_alloc(&device_numbers, GFP_KERNEL);
	if (stdev->number < 0)
		return stdev->number;
	rc = compat_mock_device_add(&stdev->mock, stdev->number);
	if (rc)
		ida_free(&device_numbers, stdev->number);
	return rc;
}

static void stdev_stop(struct stdev *stdev)
{
	WARN_ON(stdev->mock.domain);
	compat_mock_device_remove(&stdev->mock);
	ida_free(&device_numbers, stdev->number);
}

static void stdev_destroy_object(struct iommufd_test_object *object)
{
	struct stdev *stdev =
		container_of(object, struct stdev, object);

	iommufd_device_detach(stdev->idev);
	iommufd_test_unbind(stdev->idev);
	stdev_stop(stdev);
}

/* Bind and attach; the answer has all ids but that of the object. */
static int stdev_attach(struct stdev *stdev, struct test_call *call)
{
	u32 pt_id = call->cmd.id, id;
	int rc;

	stdev->idev = iommufd_test_bind(call->ictx, stdev->mock.dev, &id);
	if (IS_ERR(stdev->idev))
		return PTR_ERR(stdev->idev);
	rc = iommufd_device_attach(stdev->idev, &pt_id);
	if (rc) {
		iommufd_test_unbind(stdev->idev);
		return rc;
	}
	call->cmd.mock_domain.out_idev_id = id;
	call->cmd.mock_domain.out_hwpt_id = pt_id;
	return 0;
}

static int stdev_publish(struct stdev *stdev, struct test_call *call)
{
	int rc;

	stdev->object.destroy = stdev_destroy_object;
	rc = iommufd_test_object_reserve(call->ictx, &stdev->object,
					 THIS_MODULE);
	if (rc)
		return rc;
	call->cmd.mock_domain.out_stdev_id = stdev->object.obj.id;
	rc = test_respond(call);
	if (rc)
		iommufd_test_object_abort(&stdev->object);
	else
		iommufd_test_object_publish(&stdev->object);
	return rc;
}

static int stdev_create(struct test_call *call, u32 flags)
{
	struct stdev *stdev;
	int rc;

	/* Dirty bits and PASIDs: asked for or not, there are none yet. */
	if (flags & ~(MOCK_FLAGS_DEVICE_NO_DIRTY |
		      MOCK_FLAGS_DEVICE_HUGE_IOVA | MOCK_FLAGS_DEVICE_PASID |
		      MOCK_FLAGS_DEVICE_EXPOSED))
		return -EINVAL;
	stdev = kzalloc(sizeof(*stdev), GFP_KERNEL_ACCOUNT);
	if (!stdev)
		return -ENOMEM;
	stdev->mock.huge = flags & MOCK_FLAGS_DEVICE_HUGE_IOVA;
	stdev->mock.exposed = flags & MOCK_FLAGS_DEVICE_EXPOSED;
	rc = stdev_start(stdev);
	if (rc)
		goto err_free;
	rc = stdev_attach(stdev, call);
	if (rc)
		goto err_stop;
	rc = stdev_publish(stdev, call);
	if (rc)
		goto err_detach;
	return 0;

err_detach:
	iommufd_device_detach(stdev->idev);
	iommufd_test_unbind(stdev->idev);
err_stop:
	stdev_stop(stdev);
err_free:
	kfree(stdev);
	return rc;
}

/**
 * test_mock_domain - MOCK_DOMAIN
 * @call: the call
 */
int test_mock_domain(struct test_call *call)
{
	return stdev_create(call, 0);
}

/**
 * test_mock_domain_flags - MOCK_DOMAIN_FLAGS
 * @call: the call
 */
int test_mock_domain_flags(struct test_call *call)
{
	return stdev_create(call, call->cmd.mock_domain.dev_flags);
}

/**
 * test_mock_domain_replace - MOCK_DOMAIN_REPLACE
 * @call: the call
 */
int test_mock_domain_replace(struct test_call *call)
{
	struct stdev *stdev;
	struct object *obj;
	u32 pt_id;
	int rc;

	obj = iommufd_test_get(call->ictx, call->cmd.id, OBJECT_TEST);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	stdev = container_of(obj, struct stdev, object.obj);
	pt_id = call->cmd.mock_domain_replace.pt_id;
	rc = iommufd_device_replace(stdev->idev, &pt_id);
	iommufd_test_put(obj);
	if (rc)
		return rc;
	call->cmd.mock_domain_replace.pt_id = pt_id;
	return test_respond(call);
}

/**
 * test_check_dev_cache - DEV_CHECK_CACHE
 * @call: the call
 *
 * Nothing makes a device forget yet: only virtual IOMMUs ask for that.
 *
 * Return: 0, -EINVAL where the entry is another or the device not the mock's, -ENOENT.
 */
int test_check_dev_cache(struct test_call *call)
{
	struct iommufd_device *idev;
	struct object *obj;
	int rc = -EINVAL;

	obj = iommufd_test_get(call->ictx, call->cmd.id, OBJECT_DEVICE);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	idev = container_of(obj, struct iommufd_device, obj);
	if (compat_mock_is_device(idev->dev) &&
	    call->cmd.check_dev_cache.id < MOCK_DEV_CACHE_NUM &&
	    call->cmd.check_dev_cache.cache == IOMMU_TEST_DEV_CACHE_DEFAULT)
		rc = 0;
	iommufd_test_put(obj);
	return rc;
}
