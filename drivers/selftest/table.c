// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables of the mock IOMMU, as tests look at them and change them.
 */
#include <linux/bitmap.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "iommufd/abi/test.h"
#include "iommufd/device/hwpt.h"
#include "mock/driver.h"
#include "mock/view.h"
#include "selftest.h"

/*
 * The domain of the page table that a call names.  *@obj is to be put.
 * -ENOENT; -EINVAL where it is not the mock's.
 */
static struct iommu_domain *mock_get(struct test_call *call,
				     struct object **obj)
{
	struct iommu_domain *domain;

	*obj = iommufd_test_get(call->ictx, call->cmd.id, OBJECT_HWPT);
	if (IS_ERR(*obj))
		return ERR_CAST(*obj);
	domain = container_of(*obj, struct hwpt, obj)->domain.iommu;
	if (mock_is(domain))
		return domain;
	iommufd_test_put(*obj);
	return ERR_PTR(-EINVAL);
}

/* Is what the process sees at @address mapped at @iova? */
static int domain_check_map(struct iommu_domain *domain, unsigned long iova,
			    unsigned long address)
{
	phys_addr_t paddr = iommu_iova_to_phys(domain, iova);
	int rc;

	if (!paddr || offset_in_page(paddr) != offset_in_page(address))
		return -EINVAL;
	rc = test_check_page(address, pfn_to_page(PHYS_PFN(paddr)));
	return rc == -EBADE ? -EINVAL : rc;
}

static int domain_check(struct iommu_domain *domain, unsigned long iova,
			unsigned long length, unsigned long address)
{
	int rc = 0;

	for (; length && !rc; length -= MOCK_PAGE) {
		rc = domain_check_map(domain, iova, address);
		if (fatal_signal_pending(current))
			return -EINTR;
		iova += MOCK_PAGE;
		address += MOCK_PAGE;
		cond_resched();
	}
	return rc;
}

/**
 * test_check_map - MD_CHECK_MAP
 * @call: the call
 *
 * Return: 0, -EINVAL where something else is mapped, or nothing, or where the
 * page table is not the mock's; -ENOENT, -EFAULT.
 */
int test_check_map(struct test_call *call)
{
	unsigned long iova = call->cmd.check_map.iova;
	unsigned long length = call->cmd.check_map.length;
	unsigned long address = call->cmd.check_map.uptr, end;
	struct iommu_domain *domain;
	struct object *obj;
	int rc;

	if (((iova | length | address) & (MOCK_PAGE - 1)) ||
	    check_add_overflow(address, length, &end))
		return -EINVAL;
	domain = mock_get(call, &obj);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	rc = domain_check(domain, iova, length, address);
	iommufd_test_put(obj);
	return rc;
}

/**
 * test_check_iotlb - MD_CHECK_IOTLB
 * @call: the call
 *
 * Return: -ENOENT, as no page table is nested yet.
 */
int test_check_iotlb(struct test_call *call)
{
	return -ENOENT;
}

/**
 * test_md_entry - MD_ENTRY
 * @call: the call
 *
 * Return: 0, -ENOENT, -EINVAL, -EFAULT.
 */
int test_md_entry(struct test_call *call)
{
	struct iommu_domain *domain;
	struct object *obj;

	domain = mock_get(call, &obj);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	call->cmd.md_entry.out_flags =
		mock_view_flags(domain, call->cmd.md_entry.iova);
	iommufd_test_put(obj);
	return test_respond(call);
}

/**
 * test_md_taken - MD_TAKEN
 * @call: the call
 *
 * Return: 0, -ENOENT, -EINVAL, -EFAULT.
 */
int test_md_taken(struct test_call *call)
{
	struct iommu_domain *domain;
	struct object *obj;

	domain = mock_get(call, &obj);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	call->cmd.md_taken.out_counted =
		READ_ONCE(container_of(obj, struct hwpt, obj)->domain.tables.bytes);
	call->cmd.md_taken.out_taken = mock_view_taken(domain);
	iommufd_test_put(obj);
	return test_respond(call);
}

/* ---- dirty marks ---- */

/**
 * test_md_track - MD_TRACK
 * @call: the call
 *
 * Return: 0, -ENOENT, -EINVAL.
 */
int test_md_track(struct test_call *call)
{
	struct iommu_domain *domain;
	struct object *obj;

	domain = mock_get(call, &obj);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	mock_view_track(domain, call->cmd.md_track.enable);
	iommufd_test_put(obj);
	return 0;
}

static u64 dirty_set(struct iommu_domain *domain, struct test_call *call,
		     const unsigned long *bitmap, unsigned long npages)
{
	unsigned long i;
	u64 count = 0;

	for_each_set_bit(i, bitmap, npages) {
		count += mock_view_mark(domain, call->cmd.dirty.iova +
					i * call->cmd.dirty.page_size);
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
	return count;
}

static int dirty_copy(struct iommu_domain *domain, struct test_call *call,
		      unsigned long npages)
{
	void __user *user = u64_to_user_ptr(call->cmd.dirty.uptr);
	unsigned long *bitmap;
	int rc = -EFAULT;

	if (!mock_view_tracks(domain))
		return -EINVAL;
	bitmap = kvcalloc(BITS_TO_LONGS(npages), sizeof(*bitmap),
			  GFP_KERNEL_ACCOUNT);
	if (!bitmap)
		return -ENOMEM;
	if (!copy_from_user(bitmap, user, DIV_ROUND_UP(npages, BITS_PER_BYTE))) {
		call->cmd.dirty.out_nr_dirty =
			dirty_set(domain, call, bitmap, npages);
		rc = test_respond(call);
	}
	kvfree(bitmap);
	return rc;
}

/**
 * test_dirty - DIRTY
 * @call: the call
 *
 * Return: 0; -EINVAL, also where the page table does not track; -EOVERFLOW,
 * -ENOENT, -ENOMEM, -EFAULT.
 */
int test_dirty(struct test_call *call)
{
	u64 page_size = call->cmd.dirty.page_size;
	u64 length = call->cmd.dirty.length;
	struct iommu_domain *domain;
	struct object *obj;
	int rc;

	if (!page_size || !length || call->cmd.dirty.iova % page_size ||
	    length % page_size || !call->cmd.dirty.uptr)
		return -EINVAL;
	if (length / page_size > SZ_16M * BITS_PER_BYTE)
		return -EOVERFLOW;
	domain = mock_get(call, &obj);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	rc = dirty_copy(domain, call, length / page_size);
	iommufd_test_put(obj);
	return rc;
}
