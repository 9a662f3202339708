// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices behind the mock IOMMU, bound and attached, and their PASIDs: what user space
 * names by a "stdev" id goes with its file, or by DESTROY.
 */
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "compat/mock.h"
#include "iommufd/abi/test.h"
#include "iommufd/device/device.h"
#include "iommufd/device/hwpt.h"
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
	WARN_ON(stdev->mock.domain || !xa_empty(&stdev->mock.pasids));
	compat_mock_device_remove(&stdev->mock);
	ida_free(&device_numbers, stdev->number);
}

/* Nobody else uses it. */
static void stdev_leave(struct stdev *stdev)
{
	unsigned long pasid;
	void *entry;

	xa_for_each(&stdev->idev->pasids, pasid, entry)
		iommufd_device_detach(stdev->idev, pasid);
	iommufd_device_detach(stdev->idev, IOMMUFD_NO_PASID);
	iommufd_test_unbind(stdev->idev);
}

static void stdev_destroy_object(struct iommufd_test_object *object)
{
	struct stdev *stdev =
		container_of(object, struct stdev, object);

	stdev_leave(stdev);
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
	rc = iommufd_device_attach(stdev->idev, IOMMUFD_NO_PASID, &pt_id);
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

	if (flags & ~(MOCK_FLAGS_DEVICE_NO_DIRTY |
		      MOCK_FLAGS_DEVICE_HUGE_IOVA | MOCK_FLAGS_DEVICE_PASID |
		      MOCK_FLAGS_DEVICE_EXPOSED))
		return -EINVAL;
	stdev = kzalloc(sizeof(*stdev), GFP_KERNEL_ACCOUNT);
	if (!stdev)
		return -ENOMEM;
	stdev->mock.huge = flags & MOCK_FLAGS_DEVICE_HUGE_IOVA;
	stdev->mock.unmarked = flags & MOCK_FLAGS_DEVICE_NO_DIRTY;
	stdev->mock.exposed = flags & MOCK_FLAGS_DEVICE_EXPOSED;
	stdev->mock.has_pasids = flags & MOCK_FLAGS_DEVICE_PASID;
	xa_init(&stdev->mock.pasids);
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
	stdev_leave(stdev);
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

/* The device that a call names. */
static struct stdev *stdev_get(struct test_call *call)
{
	struct object *obj;

	obj = iommufd_test_get(call->ictx, call->cmd.id, OBJECT_TEST);
	return IS_ERR(obj) ? ERR_CAST(obj) :
			     container_of(obj, struct stdev, object.obj);
}

static void stdev_put(struct stdev *stdev)
{
	iommufd_test_put(&stdev->object.obj);
}

/**
 * test_mock_domain_replace - MOCK_DOMAIN_REPLACE
 * @call: the call
 */
int test_mock_domain_replace(struct test_call *call)
{
	struct stdev *stdev = stdev_get(call);
	u32 pt_id;
	int rc;

	if (IS_ERR(stdev))
		return PTR_ERR(stdev);
	pt_id = call->cmd.mock_domain_replace.pt_id;
	rc = iommufd_device_replace(stdev->idev, IOMMUFD_NO_PASID, &pt_id);
	stdev_put(stdev);
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

/* ---- PASIDs ---- */

/**
 * test_pasid_attach - PASID_ATTACH
 * @call: the call
 *
 * Return: 0, -ENOENT, -EFAULT, or as iommufd_device_attach().
 */
int test_pasid_attach(struct test_call *call)
{
	u32 pasid = call->cmd.pasid_attach.pasid;
	struct stdev *stdev = stdev_get(call);
	int rc;

	if (IS_ERR(stdev))
		return PTR_ERR(stdev);
	rc = iommufd_device_attach(stdev->idev, pasid,
				   &call->cmd.pasid_attach.pt_id);
	if (!rc) {
		rc = test_respond(call);
		if (rc)
			iommufd_device_detach(stdev->idev, pasid);
	}
	stdev_put(stdev);
	return rc;
}

/**
 * test_pasid_replace - PASID_REPLACE
 * @call: the call
 *
 * Return: 0, -ENOENT, -EFAULT, or as iommufd_device_replace().
 */
int test_pasid_replace(struct test_call *call)
{
	struct stdev *stdev = stdev_get(call);
	int rc;

	if (IS_ERR(stdev))
		return PTR_ERR(stdev);
	rc = iommufd_device_replace(stdev->idev, call->cmd.pasid_attach.pasid,
				    &call->cmd.pasid_attach.pt_id);
	stdev_put(stdev);
	return rc ? rc : test_respond(call);
}

/**
 * test_pasid_detach - PASID_DETACH
 * @call: the call
 *
 * Return: 0, also where it is not attached, or -ENOENT.
 */
int test_pasid_detach(struct test_call *call)
{
	struct stdev *stdev = stdev_get(call);

	if (IS_ERR(stdev))
		return PTR_ERR(stdev);
	iommufd_device_detach(stdev->idev, call->cmd.pasid_detach.pasid);
	stdev_put(stdev);
	return 0;
}

/* Does the driver know that domain, or none, for the PASID? */
static int stdev_check_pasid(struct stdev *stdev, struct test_call *call)
{
	void *known = xa_load(&stdev->mock.pasids, call->cmd.pasid_check.pasid);
	struct object *obj;
	bool same = false;

	if (!call->cmd.pasid_check.hwpt_id)
		return known ? -EINVAL : 0;
	obj = iommufd_test_get(call->ictx, call->cmd.pasid_check.hwpt_id,
			       OBJECT_ANY);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	if (obj->type == OBJECT_HWPT || obj->type == OBJECT_NESTED)
		same = container_of(obj, struct hwpt, obj)->domain.iommu ==
		       known;
	iommufd_test_put(obj);
	return same ? 0 : -EINVAL;
}

/**
 * test_pasid_check - PASID_CHECK_HWPT
 * @call: the call
 *
 * Return: 0, -EINVAL where the PASID is attached to something else, -ENOENT.
 */
int test_pasid_check(struct test_call *call)
{
	struct stdev *stdev = stdev_get(call);
	int rc;

	if (IS_ERR(stdev))
		return PTR_ERR(stdev);
	rc = stdev_check_pasid(stdev, call);
	stdev_put(stdev);
	return rc;
}
