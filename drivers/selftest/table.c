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
#include "selftest/call.h"
#include "selftest/check.h"
#include "selftest/mock/driver.h"
#include "selftest/mock/view.h"
#include "selftest/table.h"

typedef int (*table_fn)(struct hwpt *hwpt, struct test_call *call);

/*
 * Run a call for the page table that it names, which stays meanwhile.  -ENOENT;
 * -EINVAL where it is not the mock's.
 */
static int table_run_type(struct test_call *call, enum object_type type,
			  bool (*is)(const struct iommu_domain *domain),
			  table_fn run)
{
	struct object *obj;
	struct hwpt *hwpt;
	int rc = -EINVAL;

	obj = iommufd_test_get(call->ictx, call->cmd.id, type);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	hwpt = container_of(obj, struct hwpt, obj);
	if (is(hwpt->domain.iommu))
		rc = run(hwpt, call);
	iommufd_test_put(obj);
	return rc;
}

static int table_run(struct test_call *call, table_fn run)
{
	return table_run_type(call, OBJECT_HWPT, mock_is, run);
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

static int table_check(struct hwpt *hwpt, struct test_call *call)
{
	unsigned long address = call->cmd.check_map.uptr;
	unsigned long length = call->cmd.check_map.length;
	unsigned long iova = call->cmd.check_map.iova;
	int rc = 0;

	for (; length && !rc; length -= MOCK_PAGE) {
		rc = domain_check_map(hwpt->domain.iommu, iova, address);
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

	if (((iova | length | address) & (MOCK_PAGE - 1)) ||
	    check_add_overflow(address, length, &end))
		return -EINVAL;
	return table_run(call, table_check);
}

static int table_check_iotlb(struct hwpt *hwpt, struct test_call *call)
{
	u32 id = call->cmd.check_iotlb.id;

	if (id >= MOCK_NESTED_DOMAIN_IOTLB_NUM ||
	    mock_view_iotlb(hwpt->domain.iommu, id) !=
	    call->cmd.check_iotlb.iotlb)
		return -EINVAL;
	return 0;
}

/**
 * test_check_iotlb - MD_CHECK_IOTLB
 * @call: the call
 *
 * Return: 0, -EINVAL where the word is another, -ENOENT where the page table is not
 * nested.
 */
int test_check_iotlb(struct test_call *call)
{
	return table_run_type(call, OBJECT_NESTED, mock_is_nested,
			      table_check_iotlb);
}

static int table_entry(struct hwpt *hwpt, struct test_call *call)
{
	call->cmd.md_entry.out_flags = mock_view_flags(hwpt->domain.iommu,
						       call->cmd.md_entry.iova);
	return 0;
}

/**
 * test_md_entry - MD_ENTRY
 * @call: the call
 *
 * Return: 0, -ENOENT, -EINVAL, -EFAULT.
 */
int test_md_entry(struct test_call *call)
{
	int rc = table_run(call, table_entry);

	return rc ? rc : test_respond(call);
}

static int table_taken(struct hwpt *hwpt, struct test_call *call)
{
	call->cmd.md_taken.out_counted = READ_ONCE(hwpt->domain.tables.bytes);
	call->cmd.md_taken.out_taken = mock_view_taken(hwpt->domain.iommu);
	return 0;
}

/**
 * test_md_taken - MD_TAKEN
 * @call: the call
 *
 * Return: 0, -ENOENT, -EINVAL, -EFAULT.
 */
int test_md_taken(struct test_call *call)
{
	int rc = table_run(call, table_taken);

	return rc ? rc : test_respond(call);
}

/* ---- dirty marks ---- */

static int table_track(struct hwpt *hwpt, struct test_call *call)
{
	mock_view_track(hwpt->domain.iommu, call->cmd.md_track.enable);
	return 0;
}

/**
 * test_md_track - MD_TRACK
 * @call: the call
 *
 * Return: 0, -ENOENT, -EINVAL.
 */
int test_md_track(struct test_call *call)
{
	return table_run(call, table_track);
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

static int table_dirty(struct hwpt *hwpt, struct test_call *call)
{
	unsigned long npages = call->cmd.dirty.length /
			       call->cmd.dirty.page_size;
	void __user *user = u64_to_user_ptr(call->cmd.dirty.uptr);
	struct iommu_domain *domain = hwpt->domain.iommu;
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

	if (!page_size || !length || call->cmd.dirty.iova % page_size ||
	    length % page_size || !call->cmd.dirty.uptr)
		return -EINVAL;
	if (length / page_size > SZ_16M * BITS_PER_BYTE)
		return -EOVERFLOW;
	return table_run(call, table_dirty);
}
