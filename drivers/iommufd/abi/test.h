/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The door through which iommufd_selftest.ko, and no other module, reaches
 * what is private to iommufd.ko.
 */
#ifndef __IOMMUFD_ABI_TEST_H
#define __IOMMUFD_ABI_TEST_H

#include <linux/types.h>

#include "iommufd/base/object.h"

struct compat_iommu_driver;
struct device;
struct ioas;
struct iommufd_ctx;
struct iommufd_device;
struct module;

/**
 * struct iommufd_test_ops - who serves the test command
 * @owner: stays loaded for as long as a call runs or a test object exists
 * @run: one call; @user is its struct in user memory
 */
struct iommufd_test_ops {
	struct module *owner;
	long (*run)(struct iommufd_ctx *ictx, void __user *user);
};

/**
 * struct iommufd_test_object - an object of the test module, named by an id
 * @obj: of type OBJECT_TEST; its file goes after it
 * @owner: set by iommufd_test_object_reserve()
 * @destroy: frees what the object holds, but for the object itself
 */
struct iommufd_test_object {
	struct object obj;
	struct module *owner;
	void (*destroy)(struct iommufd_test_object *test);
};

int iommufd_test_register(const struct iommufd_test_ops *ops);
void iommufd_test_unregister(void);

int iommufd_test_object_reserve(struct iommufd_ctx *ictx,
				struct iommufd_test_object *test,
				struct module *owner);
void iommufd_test_object_publish(struct iommufd_test_object *test);
void iommufd_test_object_abort(struct iommufd_test_object *test);

struct object *iommufd_test_get(struct iommufd_ctx *ictx, u32 id,
				enum object_type type);
void iommufd_test_put(struct object *obj);
int iommufd_test_reserve(struct ioas *ioas, unsigned long first,
			 unsigned long last);
struct iommufd_device *iommufd_test_bind(struct iommufd_ctx *ictx,
					 struct device *dev, u32 *id);
void iommufd_test_unbind(struct iommufd_device *idev);
void iommufd_test_limit_fill(unsigned int npages);
void iommufd_test_introduce(const struct compat_iommu_driver *driver);

/* For ioctl.c. */
long test_run(struct iommufd_ctx *ictx, void __user *user);

#endif /* __IOMMUFD_ABI_TEST_H */
