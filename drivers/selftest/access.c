// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that hold an in-kernel access, as the driver of a mediated device
 * would, and the commands on them.  What is pinned is dropped when the IOVA behind
 * it goes.
 *
 * No lock here: the file keeps the access, and pins have their own.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "iommufd/abi/test.h"
#include "iommufd/base/span.h"
#include "iommufd/ioas/ioas.h"
#include "selftest/access.h"
#include "selftest/call.h"
#include "selftest/pins.h"

/* One call pins, reads or writes no more than this. */
#define ACCESS_MAX SZ_16M

static_assert(MOCK_ACCESS_RW_WRITE == IOMMUFD_ACCESS_RW_WRITE);
static_assert(MOCK_ACCESS_RW_SLOW_PATH == __IOMMUFD_ACCESS_RW_SLOW_PATH);

/**
 * struct test_access - what a file of ours holds
 * @access: the access; NULL where it could not be made
 * @pins: what it has pinned
 */
struct test_access {
	struct iommufd_access *access;
	struct test_pins pins;
};

static void access_unmap(void *data, unsigned long iova, unsigned long length)
{
	struct test_access *test = data;

	test_pins_drop_range(&test->pins, test->access, iova, length);
}

static const struct iommufd_access_ops rw_ops = {
	.unmap = access_unmap,
};

static const struct iommufd_access_ops pin_ops = {
	.needs_pin_pages = 1,
	.unmap = access_unmap,
};

/* ---- the file ---- */

static int access_release(struct inode *inode, struct file *file)
{
	struct test_access *test = file->private_data;

	if (test->access) {
		access_unmap(test, 0, ULONG_MAX);
		iommufd_access_destroy(test->access);
	}
	kfree(test);
	return 0;
}

static const struct file_operations access_fops = {
	.owner = THIS_MODULE,
	.release = access_release,
};

static struct file *access_open(void)
{
	struct test_access *test = kzalloc(sizeof(*test), GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!test)
		return ERR_PTR(-ENOMEM);
	test_pins_init(&test->pins);
	file = anon_inode_getfile("[iommufd_selftest]", &access_fops, test,
				  O_RDWR);
	if (IS_ERR(file))
		kfree(test);
	return file;
}

/* Run a call for the access that it names by its file, which stays meanwhile. */
static int access_run(struct test_call *call,
		      int (*run)(struct test_access *test,
				 struct test_call *call))
{
	struct file *file = fget(call->cmd.id);
	int rc = -EBADFD;

	if (!file)
		return rc;
	if (file->f_op == &access_fops)
		rc = run(file->private_data, call);
	fput(file);
	return rc;
}

static int access_start(struct test_access *test, struct iommufd_ctx *ictx,
			u32 ioas_id, bool pins)
{
	struct iommufd_access *access;
	u32 id;

	access = iommufd_access_create(ictx, pins ? &pin_ops : &rw_ops, test,
				       &id);
	if (IS_ERR(access))
		return PTR_ERR(access);
	test->access = access;
	return iommufd_access_attach(access, ioas_id);
}

/**
 * test_create_access - CREATE_ACCESS
 * @call: the call
 */
int test_create_access(struct test_call *call)
{
	u32 flags = call->cmd.create_access.flags;
	struct file *file;
	int fd, rc;

	if (flags & ~MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES)
		return -EOPNOTSUPP;
	file = access_open();
	if (IS_ERR(file))
		return PTR_ERR(file);
	rc = access_start(file->private_data, call->ictx, call->cmd.id, flags);
	if (rc)
		goto err_file;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		rc = fd;
		goto err_file;
	}
	call->cmd.create_access.out_access_fd = fd;
	rc = test_respond(call);
	if (rc)
		goto err_fd;
	fd_install(fd, file);
	return 0;

err_fd:
	put_unused_fd(fd);
err_file:
	fput(file);
	return rc;
}

static int access_replace(struct test_access *test, struct test_call *call)
{
	return iommufd_access_replace(test->access,
				      call->cmd.access_replace_ioas.ioas_id);
}

/**
 * test_access_replace - ACCESS_REPLACE_IOAS
 * @call: the call
 */
int test_access_replace(struct test_call *call)
{
	return access_run(call, access_replace);
}

/*
 * For fuzzers, which don't know where anything is mapped: the low half of the
 * IOVA is the number of an area, the high half an offset in it.
 */
static unsigned long access_area_iova(struct test_access *test, u64 encoded)
{
	struct rb_node *rb;
	u32 n = lower_32_bits(encoded);
	unsigned long iova = 0;
	struct ioas *ioas;

	mutex_lock(&test->access->lock);
	ioas = test->access->ioas;
	if (ioas) {
		spin_lock(&ioas->tree_lock);
		rb = rb_first(&ioas->areas.root);
		while (rb && n--)
			rb = rb_next(rb);
		if (rb)
			iova = rb_entry(rb, struct span, rb)->start +
			       upper_32_bits(encoded);
		spin_unlock(&ioas->tree_lock);
	}
	mutex_unlock(&test->access->lock);
	return iova;
}

/* ---- pin, unpin ---- */

static int access_pin(struct test_access *test, struct test_call *call)
{
	unsigned long iova = call->cmd.access_pages.iova;
	u64 length = call->cmd.access_pages.length;
	struct page **pages;
	size_t npages;
	int rc;

	if (test->access->ops != &pin_ops)
		return -EOPNOTSUPP;
	if (call->cmd.access_pages.flags & MOCK_FLAGS_ACCESS_SYZ)
		iova = access_area_iova(test, iova);
	npages = DIV_ROUND_UP(offset_in_page(iova) + length, PAGE_SIZE);
	pages = kvcalloc(npages, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;
	rc = test_pins_take(&test->pins, test->access, call, iova, pages,
			    npages);
	kvfree(pages);
	return rc;
}

/**
 * test_access_pages - ACCESS_PAGES
 * @call: the call
 */
int test_access_pages(struct test_call *call)
{
	if (call->cmd.access_pages.length > ACCESS_MAX)
		return -ENOMEM;
	if (call->cmd.access_pages.flags &
	    ~(MOCK_FLAGS_ACCESS_WRITE | MOCK_FLAGS_ACCESS_SYZ))
		return -EOPNOTSUPP;
	return access_run(call, access_pin);
}

static int access_unpin(struct test_access *test, struct test_call *call)
{
	return test_pins_drop(&test->pins, test->access,
			      call->cmd.destroy_access_pages.access_pages_id);
}

/**
 * test_destroy_access_pages - DESTROY_ACCESS_PAGES
 * @call: the call
 */
int test_destroy_access_pages(struct test_call *call)
{
	return access_run(call, access_unpin);
}

/* ---- read, write ---- */

static int access_copy(struct test_access *test, struct test_call *call,
		       void *data)
{
	void __user *user = u64_to_user_ptr(call->cmd.access_rw.uptr);
	unsigned long iova = call->cmd.access_rw.iova;
	size_t length = call->cmd.access_rw.length;
	u32 flags = call->cmd.access_rw.flags;
	int rc;

	if (flags & MOCK_FLAGS_ACCESS_SYZ) {
		iova = access_area_iova(test, iova);
		flags &= ~MOCK_FLAGS_ACCESS_SYZ;
	}
	if ((flags & MOCK_ACCESS_RW_WRITE) &&
	    copy_from_user(data, user, length))
		return -EFAULT;
	rc = iommufd_access_rw(test->access, iova, data, length, flags);
	if (!rc && !(flags & MOCK_ACCESS_RW_WRITE) &&
	    copy_to_user(user, data, length))
		rc = -EFAULT;
	return rc;
}

static int access_rw(struct test_access *test, struct test_call *call)
{
	int rc = -ENOMEM;
	void *data;

	data = kvzalloc(call->cmd.access_rw.length, GFP_KERNEL_ACCOUNT);
	if (data)
		rc = access_copy(test, call, data);
	kvfree(data);
	return rc;
}

/**
 * test_access_rw - ACCESS_RW
 * @call: the call
 */
int test_access_rw(struct test_call *call)
{
	if (call->cmd.access_rw.length > ACCESS_MAX)
		return -ENOMEM;
	if (call->cmd.access_rw.flags &
	    ~(MOCK_ACCESS_RW_WRITE | MOCK_ACCESS_RW_SLOW_PATH |
	      MOCK_FLAGS_ACCESS_SYZ))
		return -EOPNOTSUPP;
	return access_run(call, access_rw);
}
