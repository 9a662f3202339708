// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommufd_selftest.ko: the test command of /dev/iommu.  It reaches into the
 * kernel in ways that no other program may: for machines that run tests.
 */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/uaccess.h>

#include "iommufd/abi/test.h"
#include "iommufd/ioas/ioas.h"
#include "selftest/access.h"
#include "selftest/call.h"
#include "selftest/check.h"
#include "selftest/device.h"
#include "selftest/fault/session.h"
#include "selftest/mock/driver.h"
#include "selftest/stopped.h"
#include "selftest/table.h"

static int test_add_reserved(struct test_call *call)
{
	unsigned long first = call->cmd.add_reserved.start, last;
	struct object *obj;
	int rc;

	if (!call->cmd.add_reserved.length)
		return -EINVAL;
	if (check_add_overflow(first,
			       (unsigned long)
			       call->cmd.add_reserved.length - 1, &last))
		return -EOVERFLOW;
	obj = iommufd_test_get(call->ictx, call->cmd.id, OBJECT_IOAS);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	rc = iommufd_test_reserve(container_of(obj, struct ioas, obj), first,
				  last);
	iommufd_test_put(obj);
	return rc;
}

/* In bytes of pointers to pages, as mainline has it; 65536 is its default. */
static int test_set_memory_limit(struct test_call *call)
{
	u32 limit = call->cmd.memory_limit.limit;

	if (limit >= 65536)
		iommufd_test_limit_fill(UINT_MAX);
	else
		iommufd_test_limit_fill(max_t(u32, 1, limit / sizeof(void *)));
	return 0;
}

static int (* const test_ops[])(struct test_call *call) = {
	[IOMMU_TEST_OP_ADD_RESERVED] = test_add_reserved,
	[IOMMU_TEST_OP_MOCK_DOMAIN] = test_mock_domain,
	[IOMMU_TEST_OP_MD_CHECK_MAP] = test_check_map,
	[IOMMU_TEST_OP_MD_CHECK_REFS] = test_check_refs,
	[IOMMU_TEST_OP_CREATE_ACCESS] = test_create_access,
	[IOMMU_TEST_OP_DESTROY_ACCESS_PAGES] = test_destroy_access_pages,
	[IOMMU_TEST_OP_ACCESS_PAGES] = test_access_pages,
	[IOMMU_TEST_OP_ACCESS_RW] = test_access_rw,
	[IOMMU_TEST_OP_SET_TEMP_MEMORY_LIMIT] = test_set_memory_limit,
	[IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE] = test_mock_domain_replace,
	[IOMMU_TEST_OP_ACCESS_REPLACE_IOAS] = test_access_replace,
	[IOMMU_TEST_OP_MOCK_DOMAIN_FLAGS] = test_mock_domain_flags,
	[IOMMU_TEST_OP_DIRTY] = test_dirty,
	[IOMMU_TEST_OP_MD_CHECK_IOTLB] = test_check_iotlb,
	[IOMMU_TEST_OP_DEV_CHECK_CACHE] = test_check_dev_cache,
	[IOMMU_TEST_OP_PASID_ATTACH] = test_pasid_attach,
	[IOMMU_TEST_OP_PASID_REPLACE] = test_pasid_replace,
	[IOMMU_TEST_OP_PASID_DETACH] = test_pasid_detach,
	[IOMMU_TEST_OP_PASID_CHECK_HWPT] = test_pasid_check,
	[IOMMU_TEST_OP_MD_ENTRY] = test_md_entry,
	[IOMMU_TEST_OP_MD_TRACK] = test_md_track,
	[IOMMU_TEST_OP_MD_TAKEN] = test_md_taken,
};

static long test_call(struct iommufd_ctx *ictx, void __user *user)
{
	struct test_call call = { .ictx = ictx, .user = user };
	u32 size, op;
	int rc;

	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < sizeof(call.cmd))
		return -EINVAL;
	rc = copy_struct_from_user(&call.cmd, sizeof(call.cmd), user, size);
	if (rc)
		return rc;
	op = call.cmd.op;
	if (op >= ARRAY_SIZE(test_ops) || !test_ops[op])
		return -EOPNOTSUPP;
	return test_ops[op](&call);
}

static const struct iommufd_test_ops ops = {
	.owner = THIS_MODULE,
	.run = test_call,
};

static struct dentry *directory;	/* in debugfs */

static int __init selftest_init(void)
{
	int rc;

	rc = mock_start();
	if (rc)
		return rc;
	rc = iommufd_user_register(NULL);
	if (rc)
		goto err_mock;
	/* Last: from here on calls may run, and must not be cut off. */
	rc = iommufd_test_register(&ops);
	if (rc)
		goto err_user;
	directory = debugfs_create_dir(KBUILD_MODNAME, NULL);
	fault_start(directory);
	stopped_start(directory);
	pr_warn("iommufd_selftest: for tests only: programs that may open /dev/iommu can now disturb the kernel\n");
	return 0;

err_user:
	iommufd_user_unregister(NULL);
err_mock:
	mock_stop();
	return rc;
}

static void __exit selftest_exit(void)
{
	debugfs_remove(directory);
	stopped_stop();
	iommufd_test_unregister();
	iommufd_test_limit_fill(UINT_MAX);
	iommufd_user_unregister(NULL);
	mock_stop();
}

module_init(selftest_init);
module_exit(selftest_exit);

MODULE_DESCRIPTION("Tests of /dev/iommu: do not load on a machine with other work");
MODULE_LICENSE("GPL");
/* The kernel is marked as one that ran tests. */
MODULE_INFO(test, "Y");
