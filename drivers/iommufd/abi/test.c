// SPDX-License-Identifier: GPL-2.0-only
/*
 * The door for iommufd_selftest.ko: it takes the test command, has objects of
 * its own in the table of ids, and reaches a few functions that are private
 * otherwise.  What it tests stays free of test code.
 */
#include <linux/module.h>

#include "compat/iommu.h"
#include "iommufd/abi/test.h"
#include "iommufd/base/object.h"
#include "iommufd/device/device.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/topo.h"
#include "iommufd/memory/fill.h"

static DEFINE_MUTEX(test_lock);
static const struct iommufd_test_ops *test_ops;

/**
 * iommufd_test_register() - serve the test command
 * @ops: valid until iommufd_test_unregister(), by the exit of its owner
 *
 * Return: 0, or -EBUSY where somebody does already.
 */
int iommufd_test_register(const struct iommufd_test_ops *ops)
{
	int rc = 0;

	mutex_lock(&test_lock);
	if (test_ops)
		rc = -EBUSY;
	else
		test_ops = ops;
	mutex_unlock(&test_lock);
	return rc;
}
EXPORT_SYMBOL_GPL(iommufd_test_register);

/**
 * iommufd_test_unregister() - undo iommufd_test_register()
 *
 * Each call that runs keeps the owner loaded, so at its exit there is none.
 */
void iommufd_test_unregister(void)
{
	mutex_lock(&test_lock);
	test_ops = NULL;
	mutex_unlock(&test_lock);
}
EXPORT_SYMBOL_GPL(iommufd_test_unregister);

/**
 * test_run - run the test command
 * @ictx: the context
 * @user: its struct in user memory
 *
 * Return: 0 or -errno; -ENOTTY where no test module is loaded.
 */
long test_run(struct iommufd_ctx *ictx, void __user *user)
{
	const struct iommufd_test_ops *ops;
	long rc;

	mutex_lock(&test_lock);
	ops = test_ops;
	if (ops && !try_module_get(ops->owner))
		ops = NULL;
	mutex_unlock(&test_lock);
	if (!ops)
		return -ENOTTY;
	rc = ops->run(ictx, user);
	module_put(ops->owner);
	return rc;
}

/* ---- objects ---- */

static void test_object_destroy(struct object *obj)
{
	struct iommufd_test_object *test =
		container_of(obj, struct iommufd_test_object, obj);
	struct module *owner = test->owner;

	test->destroy(test);
	module_put(owner);
}

/**
 * iommufd_test_object_reserve() - give an id to a test object
 * @ictx: the context
 * @test: zeroed but for its destroy, from kmalloc()
 * @owner: the calling module
 *
 * Followed by iommufd_test_object_publish() or iommufd_test_object_abort().
 *
 * Return: 0 or -ENOMEM.
 */
int iommufd_test_object_reserve(struct iommufd_ctx *ictx,
				struct iommufd_test_object *test,
				struct module *owner)
{
	int rc;

	rc = object_reserve(ictx, &test->obj, OBJECT_TEST,
			    test_object_destroy);
	if (rc)
		return rc;
	test->owner = owner;
	__module_get(owner);
	return 0;
}
EXPORT_SYMBOL_GPL(iommufd_test_object_reserve);

/**
 * iommufd_test_object_publish() - hand a test object over to user space
 * @test: from iommufd_test_object_reserve(); the caller is done with it
 */
void iommufd_test_object_publish(struct iommufd_test_object *test)
{
	object_publish(&test->obj);
	object_unuse(&test->obj);
}
EXPORT_SYMBOL_GPL(iommufd_test_object_publish);

/**
 * iommufd_test_object_abort() - undo iommufd_test_object_reserve()
 * @test: never published; its memory stays with the caller
 */
void iommufd_test_object_abort(struct iommufd_test_object *test)
{
	object_abort(&test->obj);
	module_put(test->owner);
}
EXPORT_SYMBOL_GPL(iommufd_test_object_abort);

/**
 * iommufd_test_get() - find an object
 * @ictx: the context
 * @id: its id
 * @type: its type, or OBJECT_ANY
 *
 * Return: the object, for iommufd_test_put(), or ERR_PTR(-ENOENT).
 */
struct object *iommufd_test_get(struct iommufd_ctx *ictx, u32 id,
				enum object_type type)
{
	return object_get(ictx, id, type);
}
EXPORT_SYMBOL_GPL(iommufd_test_get);

/**
 * iommufd_test_put() - end a use
 * @obj: from iommufd_test_get()
 */
void iommufd_test_put(struct object *obj)
{
	object_put(obj);
}
EXPORT_SYMBOL_GPL(iommufd_test_put);

/* ---- what is private otherwise ---- */

/**
 * iommufd_test_reserve() - reserve IOVA, for as long as the IOAS exists
 * @ioas: where
 * @first: first byte
 * @last: last byte, inclusive
 *
 * Return: as ioas_reserve(), or -EINTR.
 */
int iommufd_test_reserve(struct ioas *ioas, unsigned long first,
			 unsigned long last)
{
	int rc;

	if (down_write_killable(&ioas->topo))
		return -EINTR;
	rc = ioas_reserve(ioas, first, last, &test_lock);
	up_write(&ioas->topo);
	return rc;
}
EXPORT_SYMBOL_GPL(iommufd_test_reserve);

/**
 * iommufd_test_bind() - iommufd_device_bind() for an object of the context
 * @ictx: the context; no reference is taken, or it would hold itself
 * @dev: the device
 * @id: set to its id
 *
 * Return: as iommufd_device_bind().
 */
struct iommufd_device *iommufd_test_bind(struct iommufd_ctx *ictx,
					 struct device *dev, u32 *id)
{
	return idev_bind(ictx, dev, id);
}
EXPORT_SYMBOL_GPL(iommufd_test_bind);

/**
 * iommufd_test_unbind() - undo iommufd_test_bind()
 * @idev: the device, detached
 */
void iommufd_test_unbind(struct iommufd_device *idev)
{
	idev_unbind(idev);
}
EXPORT_SYMBOL_GPL(iommufd_test_unbind);

/**
 * iommufd_test_limit_fill() - pin and map so many pages at a time
 * @npages: how many, not 0; UINT_MAX for no limit
 */
void iommufd_test_limit_fill(unsigned int npages)
{
	mem_limit_fill(npages);
}
EXPORT_SYMBOL_GPL(iommufd_test_limit_fill);

/**
 * iommufd_test_introduce() - compat_iommu_introduce() the mock IOMMU
 * @driver: as there
 */
void iommufd_test_introduce(const struct compat_iommu_driver *driver)
{
	compat_iommu_introduce(driver);
}
EXPORT_SYMBOL_GPL(iommufd_test_introduce);
