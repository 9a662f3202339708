// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mock IOMMU.  Its page table is an array of entries of 2 KiB, half a page
 * on purpose, and it watches its caller: whatever no driver should be asked
 * to do is a warning of the kernel.
 *
 * An entry that was unmapped is kept, stale, until the caller syncs: as the
 * IOTLB of real hardware would.  As long as an entry is there, stale or not,
 * the page behind it must be pinned: that is checked when it goes, by sync or
 * with the domain.
 *
 * By default the mock behaves as well as a driver can.  With awkward=1 it has
 * the manners of those that do not: aperture and page sizes are final only
 * after an attach, nothing can be mapped before, a failing map call does not
 * say what it wrote, adjacent entries become a large one, and calls must not
 * run in parallel.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "compat/mock.h"
#include "selftest.h"

/* compat_iommu_traits() knows the first, and believes nothing of the other. */
#define MOCK_NAME "iommufd_mock"
#define MOCK_AWKWARD_NAME "awkward_iommufd_mock"

/* Entries in a page of the table. */
#define MOCK_TABLE 512UL

static bool awkward;
module_param(awkward, bool, 0444);
MODULE_PARM_DESC(awkward, "The mock IOMMU has the manners of awkward drivers");

static unsigned int fail_map;
module_param(fail_map, uint, 0644);
MODULE_PARM_DESC(fail_map,
		 "Which page of a table, counted from now on, can't be had by a map call");
static DEFINE_SPINLOCK(fail_lock);	/* a leaf; guards fail_map */

/**
 * struct mock_domain - a page table
 * @domain: the kernel's
 * @entries: by IOVA / MOCK_PAGE
 * @attached: devices
 * @changing: calls that change it
 * @huge: it will have huge pages, once it is settled
 */
struct mock_domain {
	struct iommu_domain domain;
	struct xarray entries;
	atomic_t attached;
	atomic_t changing;
	bool huge;
};

static struct mock_domain *mock_of(struct iommu_domain *domain)
{
	return container_of(domain, struct mock_domain, domain);
}

/* ---- entries ---- */

#define ENTRY_STALE	BIT(0)	/* unmapped, not yet synced */
#define ENTRY_HUGE	BIT(1)	/* part of a huge page */
#define ENTRY_FLAGS	2

static void *entry_make(phys_addr_t paddr, unsigned long flags)
{
	return xa_mk_value(((paddr / MOCK_PAGE) << ENTRY_FLAGS) | flags);
}

static bool entry_is(void *entry, unsigned long flag)
{
	return xa_to_value(entry) & flag;
}

static phys_addr_t entry_paddr(void *entry)
{
	return (phys_addr_t)(xa_to_value(entry) >> ENTRY_FLAGS) * MOCK_PAGE;
}

/* An entry goes, and until now a device could reach its page. */
static void entry_check_pinned(void *entry)
{
	phys_addr_t paddr = entry_paddr(entry);
	struct page *page;

	if (!pfn_valid(PHYS_PFN(paddr)))
		return;
	page = pfn_to_page(PHYS_PFN(paddr));
	WARN(!folio_maybe_dma_pinned(page_folio(page)),
	     "iommufd_mock: a device could reach %pa after it was unpinned\n",
	     &paddr);
}

/* Drop what is stale in a range. */
static void mock_flush(struct mock_domain *mock, unsigned long first,
		       unsigned long last)
{
	unsigned long index;
	void *entry;

	xa_for_each_range(&mock->entries, index, entry, first / MOCK_PAGE,
			  last / MOCK_PAGE) {
		if (!entry_is(entry, ENTRY_STALE))
			continue;
		entry_check_pinned(entry);
		xa_erase(&mock->entries, index);
		cond_resched();
	}
}

/* ---- attach ---- */

static void mock_leave(struct compat_mock_device *device)
{
	if (device->domain)
		atomic_dec(&mock_of(device->domain)->attached);
	device->domain = NULL;
}

static void mock_settle(struct mock_domain *mock)
{
	mock->domain.geometry.aperture_start = MOCK_APERTURE_START;
	mock->domain.geometry.aperture_end = MOCK_APERTURE_LAST;
	mock->domain.geometry.force_aperture = true;
	mock->domain.pgsize_bitmap = MOCK_PAGE |
				     (mock->huge ? MOCK_HUGE_PAGE : 0);
}

static int mock_attach(struct iommu_domain *domain, struct device *dev)
{
	struct compat_mock_device *device = dev_get_drvdata(dev);
	struct mock_domain *mock = mock_of(domain);

	atomic_inc(&mock->attached);
	mock_leave(device);
	device->domain = domain;
	mock_settle(mock);
	return 0;
}

static int blocked_attach(struct iommu_domain *domain, struct device *dev)
{
	mock_leave(dev_get_drvdata(dev));
	return 0;
}

static void __maybe_unused mock_detach(struct iommu_domain *domain,
				       struct device *dev)
{
	mock_leave(dev_get_drvdata(dev));
}

/* ---- map, unmap ---- */

static void mock_change_begin(struct mock_domain *mock)
{
	int others = atomic_inc_return(&mock->changing) - 1;

	WARN_ON(awkward && others);
}

static void mock_change_end(struct mock_domain *mock)
{
	atomic_dec(&mock->changing);
}

static bool mock_fails(void)
{
	bool fails;

	spin_lock(&fail_lock);
	fails = fail_map && !--fail_map;
	spin_unlock(&fail_lock);
	return fails;
}

static bool mock_contains(struct mock_domain *mock, unsigned long iova,
			  size_t size)
{
	struct iommu_domain_geometry *geometry = &mock->domain.geometry;

	return size && iova >= geometry->aperture_start &&
	       size - 1 <= geometry->aperture_end - iova &&
	       iova <= geometry->aperture_end;
}

/* One page of @size, all of it or nothing. */
static int mock_map_page(struct mock_domain *mock, unsigned long iova,
			 phys_addr_t paddr, size_t size, unsigned long flags,
			 gfp_t gfp)
{
	size_t done;
	void *old;
	int rc;

	for (done = 0; done < size; done += MOCK_PAGE) {
		old = xa_cmpxchg(&mock->entries, (iova + done) / MOCK_PAGE,
				 NULL, entry_make(paddr + done, flags), gfp);
		if (!old)
			continue;
		rc = xa_err(old);
		if (WARN(!rc, "iommufd_mock: mapped twice, or before a sync, at %#lx\n",
			 iova + done))
			rc = -EEXIST;
		goto err_undo;
	}
	return 0;

err_undo:
	while (done) {
		done -= MOCK_PAGE;
		xa_erase(&mock->entries, (iova + done) / MOCK_PAGE);
	}
	return rc;
}

/* Of what one call wrote into the table of @end, nothing is left. */
static void mock_undo_table(struct mock_domain *mock, unsigned long first,
			    unsigned long end, size_t pgsize)
{
	first = max(first, round_down(end, pgsize * MOCK_TABLE));
	for (; first < end; first += MOCK_PAGE)
		xa_erase(&mock->entries, first / MOCK_PAGE);
}

/* The largest page that fits; an awkward driver does not take what is asked. */
static size_t mock_pick(struct mock_domain *mock, unsigned long iova,
			phys_addr_t paddr, size_t size, size_t pgsize)
{
	if (awkward && mock->huge && size >= MOCK_HUGE_PAGE &&
	    !((iova | paddr) & (MOCK_HUGE_PAGE - 1)))
		return MOCK_HUGE_PAGE;
	return pgsize;
}

static int mock_map(struct mock_domain *mock, unsigned long iova,
		    phys_addr_t paddr, size_t pgsize, size_t pgcount,
		    gfp_t gfp, size_t *mapped)
{
	size_t size = pgsize * pgcount, done, step;
	int rc = 0;

	for (done = 0; done < size; done += step) {
		unsigned long at = iova + done;

		step = mock_pick(mock, at, paddr + done, size - done, pgsize);
		/* The first page of the call, or the first of a table. */
		if ((!done || !((at / pgsize) % MOCK_TABLE)) && mock_fails())
			rc = -ENOMEM;
		if (!rc)
			rc = mock_map_page(mock, at, paddr + done, step,
					   step == MOCK_PAGE ? 0 : ENTRY_HUGE,
					   gfp);
		if (rc)
			break;
		cond_resched();
	}
	if (!rc || !awkward)
		*mapped += done;
	else
		mock_undo_table(mock, iova, iova + done, pgsize);
	return rc;
}

static int mock_map_pages(struct iommu_domain *domain, unsigned long iova,
			  phys_addr_t paddr, size_t pgsize, size_t pgcount,
			  int prot, gfp_t gfp, size_t *mapped)
{
	struct mock_domain *mock = mock_of(domain);
	int rc;

	if (WARN_ON(!is_power_of_2(pgsize) ||
		    !(pgsize & domain->pgsize_bitmap) || !pgcount ||
		    ((iova | paddr) & (pgsize - 1)) ||
		    !mock_contains(mock, iova, pgsize * pgcount) ||
		    !(prot & (IOMMU_READ | IOMMU_WRITE))))
		return -EINVAL;
	if (WARN_ON(awkward && !domain->geometry.force_aperture))
		return -ENODEV;

	mock_change_begin(mock);
	rc = mock_map(mock, iova, paddr, pgsize, pgcount, gfp, mapped);
	mock_change_end(mock);
	return rc;
}

/* The bytes of the page that is mapped at @iova, or 0. */
static size_t mock_unmap_page(struct mock_domain *mock, unsigned long iova,
			      size_t size)
{
	size_t page = MOCK_PAGE, done;
	void *entry;

	entry = xa_load(&mock->entries, iova / MOCK_PAGE);
	if (WARN(!entry || entry_is(entry, ENTRY_STALE),
		 "iommufd_mock: not mapped at %#lx\n", iova))
		return 0;
	if (entry_is(entry, ENTRY_HUGE))
		page = MOCK_HUGE_PAGE;
	if (WARN((iova & (page - 1)) || size < page,
		 "iommufd_mock: a huge page would be cut at %#lx\n", iova))
		return 0;

	for (done = 0; done < page; done += MOCK_PAGE) {
		unsigned long index = (iova + done) / MOCK_PAGE;

		entry = xa_load(&mock->entries, index);
		/* There is an entry already, so no memory is needed. */
		xa_store(&mock->entries, index,
			 xa_mk_value(xa_to_value(entry) | ENTRY_STALE),
			 GFP_KERNEL);
	}
	return page;
}

static size_t mock_unmap_pages(struct iommu_domain *domain, unsigned long iova,
			       size_t pgsize, size_t pgcount,
			       struct iommu_iotlb_gather *gather)
{
	struct mock_domain *mock = mock_of(domain);
	size_t size = pgsize * pgcount, done = 0, page;

	if (WARN_ON(!(pgsize & domain->pgsize_bitmap) ||
		    (iova & (pgsize - 1)) || !mock_contains(mock, iova, size)))
		return 0;

	mock_change_begin(mock);
	while (done < size) {
		page = mock_unmap_page(mock, iova + done, size - done);
		if (!page)
			break;
		done += page;
		cond_resched();
	}
	mock_change_end(mock);
	if (done)
		iommu_iotlb_gather_add_range(gather, iova, done);
	return done;
}

static void mock_flush_all(struct iommu_domain *domain)
{
	mock_flush(mock_of(domain), 0, ULONG_MAX);
}

static void mock_sync(struct iommu_domain *domain,
		      struct iommu_iotlb_gather *gather)
{
	if (gather->start <= gather->end)
		mock_flush(mock_of(domain), gather->start, gather->end);
}

static phys_addr_t mock_iova_to_phys(struct iommu_domain *domain,
				     dma_addr_t iova)
{
	void *entry = xa_load(&mock_of(domain)->entries, iova / MOCK_PAGE);

	if (!entry || entry_is(entry, ENTRY_STALE))
		return 0;
	return entry_paddr(entry) + iova % MOCK_PAGE;
}

/* ---- domains ---- */

/* What is still mapped goes with it, so it must still be pinned. */
static void mock_free(struct iommu_domain *domain)
{
	struct mock_domain *mock = mock_of(domain);
	unsigned long index;
	void *entry;

	WARN_ON(atomic_read(&mock->attached) || atomic_read(&mock->changing));
	xa_for_each(&mock->entries, index, entry) {
		WARN(entry_is(entry, ENTRY_STALE),
		     "iommufd_mock: never synced at %#lx\n", index * MOCK_PAGE);
		entry_check_pinned(entry);
		cond_resched();
	}
	xa_destroy(&mock->entries);
	kfree(mock);
}

static const struct iommu_domain_ops mock_ops = {
	.attach_dev = mock_attach,
	COMPAT_MOCK_DETACH(mock_detach)
	.map_pages = mock_map_pages,
	.unmap_pages = mock_unmap_pages,
	.flush_iotlb_all = mock_flush_all,
	.iotlb_sync = mock_sync,
	.iova_to_phys = mock_iova_to_phys,
	.free = mock_free,
};

static void blocked_free(struct iommu_domain *domain)
{
}

static const struct iommu_domain_ops blocked_ops = {
	.attach_dev = blocked_attach,
	COMPAT_MOCK_DETACH(mock_detach)
	.free = blocked_free,
};

static struct iommu_domain blocked = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &blocked_ops,
};

static struct iommu_domain *mock_alloc(bool huge)
{
	struct mock_domain *mock = kzalloc(sizeof(*mock), GFP_KERNEL_ACCOUNT);

	if (!mock)
		return NULL;
	xa_init_flags(&mock->entries, XA_FLAGS_ACCOUNT);
	mock->huge = huge;
	mock->domain.ops = &mock_ops;
	if (awkward) {
		/* Numbers of VT-d, which change when it is attached. */
		mock->domain.geometry.aperture_end = BIT(57) - 1;
		mock->domain.pgsize_bitmap = PAGE_SIZE;
	} else {
		mock_settle(mock);
	}
	return &mock->domain;
}

/**
 * mock_is - is this a domain of the mock IOMMU
 * @domain: any domain that pages
 */
bool mock_is(const struct iommu_domain *domain)
{
	return domain->ops == &mock_ops;
}

static const struct iommu_test_hw_info mock_hw_info = {
	.test_reg = IOMMU_HW_INFO_SELFTEST_REGVAL,
};

static struct compat_mock_driver driver = {
	.name = MOCK_NAME,
	.alloc = mock_alloc,
	.blocked = &blocked,
	.hw_info = &mock_hw_info,
	.hw_info_size = sizeof(mock_hw_info),
	.hw_info_type = IOMMU_HW_INFO_TYPE_SELFTEST,
};

/**
 * mock_start - let there be a mock IOMMU
 *
 * Return: 0 or -errno.
 */
int mock_start(void)
{
	if (awkward)
		driver.name = MOCK_AWKWARD_NAME;
	return compat_mock_start(&driver);
}

/** mock_stop - undo mock_start(); no device is left */
void mock_stop(void)
{
	compat_mock_stop();
}
