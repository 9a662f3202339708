// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mock IOMMU.  Its page table is an array of entries of 2 KiB, half a page
 * on purpose, and it watches its caller: whatever no driver should be asked
 * to do is a warning of the kernel.
 *
 * An entry that was unmapped is kept, stale, until the caller syncs: as the
 * IOTLB of real hardware would.  As long as an entry is there, stale or not,
 * the page behind it must be pinned: that is checked when it goes, by sync or
 * with the domain.  An entry that is new translates once it was synced, as
 * hardware may not see it before.
 *
 * By default the mock behaves as well as a driver can.  The parameter manners
 * makes it behave as drivers do that are less easy to live with, in one way or
 * in several; iommufd is told, as it knows real drivers.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "compat/iommu.h"
#include "compat/mock.h"
#include "iommufd/abi/test.h"
#include "selftest.h"

#define MOCK_NAME "iommufd_mock"

/* Entries in a page of the table. */
#define MOCK_TABLE 512UL

/* How the mock behaves; that does not change once there is a domain. */
static struct compat_iommu_driver introduction = {
	.prefix = MOCK_NAME,
	.traits = {
		.settled = true,
		.truthful = true,
		.parallel = true,
		.charged = true,
		.size = MOCK_DOMAIN_SIZE,
	},
};

static struct compat_iommu_traits *const traits = &introduction.traits;

/*
 * What one map call has mapped is one piece, which goes only as a whole: as with
 * virtio-iommu, or as where page tables make an IO page of whatever a call
 * covers.  And huge pages are of any power of two, also above 1 GiB.
 */
static bool indivisible;

/*
 * A manner may have more than one row.  What is @untold can't be guessed by who is
 * not told: all do not have it.
 */
static const struct {
	const char *name;
	bool *setting;
	bool value;
	bool untold;
} manner_table[] = {
	{ "unsettled", &introduction.traits.settled, false },
	{ "untruthful", &introduction.traits.truthful, false },
	{ "serial", &introduction.traits.parallel, false },
	{ "uncharged", &introduction.traits.charged, false },
	{ "by_call", &introduction.traits.charged, false, true },
	{ "by_call", &introduction.traits.by_call, true, true },
	{ "merges", &introduction.traits.merges, true },
	{ "indivisible", &introduction.traits.merges, true },
	{ "indivisible", &indivisible, true },
};

static char *manners[ARRAY_SIZE(manner_table)];
static unsigned int manners_count;
module_param_array(manners, charp, &manners_count, 0444);
MODULE_PARM_DESC(manners,
		 "Of the mock IOMMU, a list: unsettled, untruthful, serial, uncharged, by_call, merges, indivisible; or all but by_call: all, and iommufd is not told");

static unsigned int fail_map;
module_param(fail_map, uint, 0644);
MODULE_PARM_DESC(fail_map,
		 "Which page of a table, counted from now on, can't be had by a map call");
static DEFINE_SPINLOCK(fail_lock);	/* a leaf; guards fail_map */

/**
 * struct mock_domain - a page table
 * @domain: the kernel's
 * @entries: by IOVA / MOCK_PAGE
 * @tables: those that a driver would have for them which nobody is charged for,
 *	by table_key(); none where it is a struct for each call
 * @attached: devices
 * @changing: calls that change it
 * @huge: it will have huge pages, once it is settled
 * @tracks: devices that write leave a mark
 */
struct mock_domain {
	struct iommu_domain domain;
	struct xarray entries;
	struct xarray tables;
	atomic_t attached;
	atomic_t changing;
	bool huge;
	bool tracks;
};

static struct mock_domain *mock_of(struct iommu_domain *domain)
{
	return container_of(domain, struct mock_domain, domain);
}

/* ---- entries ---- */

#define ENTRY_READ	MOCK_ENTRY_READ
#define ENTRY_WRITE	MOCK_ENTRY_WRITE
#define ENTRY_DIRTY	MOCK_ENTRY_DIRTY
#define ENTRY_HUGE	MOCK_ENTRY_HUGE	/* part of a huge page */
#define ENTRY_NEW	BIT(4)		/* mapped, not yet synced */
#define ENTRY_STALE	BIT(5)		/* unmapped, not yet synced */
#define ENTRY_REST	BIT(6)		/* of one piece with the one before */
#define ENTRY_FIRST	BIT(7)		/* of what one call mapped */
#define ENTRY_FLAGS	8

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

/* Change the flags of an entry; false where there is none. */
static bool entry_change(struct mock_domain *mock, unsigned long index,
			 unsigned long set, unsigned long clear)
{
	unsigned long value;
	void *entry;

	xa_lock(&mock->entries);
	entry = xa_load(&mock->entries, index);
	if (entry) {
		value = (xa_to_value(entry) & ~clear) | set;
		/* In the place of another, so no memory is needed. */
		__xa_store(&mock->entries, index, xa_mk_value(value), 0);
	}
	xa_unlock(&mock->entries);
	return entry;
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

/* ---- tables that the entries would be in ---- */

/* Levels above the entries, but for the root. */
#define TABLE_LEVELS 4

/* Level 1 has the entries of MOCK_PAGE. */
static unsigned long table_span(unsigned int level)
{
	unsigned long span = MOCK_PAGE;

	while (level--)
		span *= MOCK_TABLE;
	return span;
}

static unsigned long table_key(unsigned long iova, unsigned int level)
{
	return iova / table_span(level) * (TABLE_LEVELS + 1) + level;
}

static bool tables_are_kept(void)
{
	return !traits->charged && !traits->by_call;
}

/* Before a page is mapped; what there is then stays, whatever comes of it. */
static int tables_make(struct mock_domain *mock, unsigned long iova,
		       size_t pgsize)
{
	unsigned int level = pgsize == MOCK_PAGE ? 1 : 2;
	int rc = 0;

	for (; level <= TABLE_LEVELS && !rc; level++)
		rc = xa_err(xa_store(&mock->tables, table_key(iova, level),
				     xa_mk_value(level), GFP_KERNEL));
	return rc;
}

/* What one unmap call covers as a whole goes, with all below it. */
static void tables_drop(struct mock_domain *mock, unsigned long iova,
			size_t size)
{
	unsigned long span, at, end = iova + size;
	unsigned int level;

	for (level = 1; level <= TABLE_LEVELS; level++) {
		span = table_span(level);
		for (at = round_up(iova, span); at < end && end - at >= span;
		     at += span)
			xa_erase(&mock->tables, table_key(at, level));
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
	mock->domain.pgsize_bitmap = MOCK_PAGE;
	if (mock->huge)
		mock->domain.pgsize_bitmap |= indivisible ?
			~(MOCK_HUGE_PAGE - 1) : MOCK_HUGE_PAGE;
}

static int mock_attach(COMPAT_MOCK_ATTACH_ARGS)
{
	struct compat_mock_device *device = dev_get_drvdata(dev);
	struct mock_domain *mock = mock_of(domain);

	atomic_inc(&mock->attached);
	mock_leave(device);
	device->domain = domain;
	mock_settle(mock);
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

/* ---- map, unmap ---- */

static void mock_change_begin(struct mock_domain *mock)
{
	int others = atomic_inc_return(&mock->changing) - 1;

	if (traits->parallel)
		return;
	WARN(others, "iommufd_mock: called while it was busy\n");
	/* Another one that comes too early shall be seen. */
	usleep_range(10, 50);
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
		flags |= ENTRY_REST;
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

/* What the entry at @iova is made of: what was asked, or a page that is larger. */
static size_t mock_pick(struct mock_domain *mock, unsigned long iova,
			phys_addr_t paddr, size_t size, size_t pgsize)
{
	if (traits->merges && mock->huge && size >= MOCK_HUGE_PAGE &&
	    !((iova | paddr) & (MOCK_HUGE_PAGE - 1)))
		return max(pgsize, MOCK_HUGE_PAGE);
	return pgsize;
}

static int mock_map(struct mock_domain *mock, unsigned long iova,
		    phys_addr_t paddr, size_t pgsize, size_t pgcount,
		    unsigned long flags, gfp_t gfp, size_t *mapped)
{
	size_t size = pgsize * pgcount, done, step;
	int rc = 0;

	for (done = 0; done < size; done += step) {
		unsigned long at = iova + done;

		step = mock_pick(mock, at, paddr + done, size - done, pgsize);
		/* The first page of the call, or the first of a table. */
		if (!done || !((at / pgsize) % MOCK_TABLE)) {
			if (mock_fails())
				rc = -ENOMEM;
			else if (tables_are_kept())
				rc = tables_make(mock, at, step);
		}
		if (!rc)
			rc = mock_map_page(mock, at, paddr + done, step,
					   step == MOCK_PAGE ?
					   flags : flags | ENTRY_HUGE, gfp);
		if (!rc && !done && traits->by_call)
			entry_change(mock, at / MOCK_PAGE, ENTRY_FIRST, 0);
		if (rc)
			break;
		if (indivisible)
			flags |= ENTRY_REST;
		cond_resched();
	}
	if (!rc || traits->truthful)
		*mapped += done;
	else
		mock_undo_table(mock, iova, iova + done, pgsize);
	return rc;
}

/* What the entries of a call are to have, or 0 where it makes no sense. */
static unsigned long mock_flags(int prot)
{
	unsigned long flags = ENTRY_NEW;

	if (!(prot & (IOMMU_READ | IOMMU_WRITE)) ||
	    (prot & ~(IOMMU_READ | IOMMU_WRITE)) != IOMMU_CACHE)
		return 0;
	if (prot & IOMMU_READ)
		flags |= ENTRY_READ;
	if (prot & IOMMU_WRITE)
		flags |= ENTRY_WRITE;
	return flags;
}

static int mock_map_pages(struct iommu_domain *domain, unsigned long iova,
			  phys_addr_t paddr, size_t pgsize, size_t pgcount,
			  int prot, gfp_t gfp, size_t *mapped)
{
	struct mock_domain *mock = mock_of(domain);
	unsigned long flags = mock_flags(prot);
	int rc;

	if (WARN_ON(!is_power_of_2(pgsize) ||
		    !(pgsize & domain->pgsize_bitmap) || !pgcount ||
		    ((iova | paddr) & (pgsize - 1)) ||
		    !mock_contains(mock, iova, pgsize * pgcount) ||
		    !flags || !(gfp & __GFP_ACCOUNT)))
		return -EINVAL;
	if (WARN_ON(!domain->geometry.force_aperture))
		return -ENODEV;
	if (!traits->charged)
		gfp &= ~__GFP_ACCOUNT;

	mock_change_begin(mock);
	rc = mock_map(mock, iova, paddr, pgsize, pgcount, flags, gfp, mapped);
	mock_change_end(mock);
	return rc;
}

static void mock_sync_map(struct iommu_domain *domain, unsigned long iova,
			  size_t size)
{
	struct mock_domain *mock = mock_of(domain);
	unsigned long first = iova / MOCK_PAGE, index;
	unsigned long last = (iova + size - 1) / MOCK_PAGE;
	void *entry;

	if (WARN_ON(!mock_contains(mock, iova, size)))
		return;
	/* One sync may stand for several ranges, so there can be gaps. */
	WARN(!xa_load(&mock->entries, first) || !xa_load(&mock->entries, last),
	     "iommufd_mock: synced, but not mapped at %#lx or the end\n",
	     iova);
	xa_for_each_range(&mock->entries, index, entry, first, last) {
		entry_change(mock, index, 0, ENTRY_NEW);
		cond_resched();
	}
}

/* The bytes of the piece that is mapped at @iova, or 0. */
static size_t mock_unmap_piece(struct mock_domain *mock, unsigned long iova)
{
	unsigned long index = iova / MOCK_PAGE, first = index;
	void *entry = xa_load(&mock->entries, index);

	if (WARN(!entry || entry_is(entry, ENTRY_STALE),
		 "iommufd_mock: not mapped at %#lx\n", iova))
		return 0;
	if (WARN(entry_is(entry, ENTRY_REST),
		 "iommufd_mock: not the start of what is one piece at %#lx\n",
		 iova))
		return 0;
	do {
		entry_change(mock, index, ENTRY_STALE, ENTRY_FIRST);
		cond_resched();
		entry = xa_load(&mock->entries, ++index);
	} while (entry && entry_is(entry, ENTRY_REST));
	return (index - first) * MOCK_PAGE;
}

static size_t mock_unmap_pages(struct iommu_domain *domain, unsigned long iova,
			       size_t pgsize, size_t pgcount,
			       struct iommu_iotlb_gather *gather)
{
	struct mock_domain *mock = mock_of(domain);
	size_t size = pgsize * pgcount, done = 0, piece;

	if (WARN_ON(!(pgsize & domain->pgsize_bitmap) ||
		    (iova & (pgsize - 1)) || !mock_contains(mock, iova, size)))
		return 0;

	mock_change_begin(mock);
	while (done < size) {
		piece = mock_unmap_piece(mock, iova + done);
		if (!piece)
			break;
		done += piece;
	}
	mock_change_end(mock);
	/*
	 * The kernel makes several calls of one, but cuts no IO page.  What one
	 * map call has mapped goes with the first of them.
	 */
	WARN(done > size && !indivisible,
	     "iommufd_mock: a huge page would be cut at %#lx\n", iova + size);
	if (done && tables_are_kept())
		tables_drop(mock, iova, done);
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

/* The entry that a device would use, or NULL. */
static void *mock_find(struct iommu_domain *domain, unsigned long iova)
{
	void *entry = xa_load(&mock_of(domain)->entries, iova / MOCK_PAGE);

	if (!entry || entry_is(entry, ENTRY_NEW | ENTRY_STALE))
		return NULL;
	return entry;
}

static phys_addr_t mock_iova_to_phys(struct iommu_domain *domain,
				     dma_addr_t iova)
{
	void *entry = mock_find(domain, iova);

	return entry ? entry_paddr(entry) + iova % MOCK_PAGE : 0;
}

/* ---- what tests may see and do ---- */

/**
 * mock_entry_flags - what an entry is like
 * @domain: a domain of the mock
 * @iova: an IOVA
 *
 * Return: MOCK_ENTRY_*, or 0 where nothing is mapped.
 */
u32 mock_entry_flags(struct iommu_domain *domain, unsigned long iova)
{
	void *entry = mock_find(domain, iova);

	return entry ? xa_to_value(entry) & MOCK_ENTRY_FLAGS : 0;
}

/**
 * mock_track - shall devices that write leave a mark
 * @domain: a domain of the mock
 * @enable: they shall
 */
void mock_track(struct iommu_domain *domain, bool enable)
{
	WRITE_ONCE(mock_of(domain)->tracks, enable);
}

/**
 * mock_tracks - do devices that write leave a mark
 * @domain: a domain of the mock
 */
bool mock_tracks(struct iommu_domain *domain)
{
	return READ_ONCE(mock_of(domain)->tracks);
}

/**
 * mock_mark - leave the mark of a device that has written
 * @domain: a domain of the mock
 * @iova: an IOVA
 *
 * Return: whether something is mapped there.
 */
bool mock_mark(struct iommu_domain *domain, unsigned long iova)
{
	return mock_find(domain, iova) &&
	       entry_change(mock_of(domain), iova / MOCK_PAGE, ENTRY_DIRTY, 0);
}

/**
 * mock_taken - what a driver would have allocated that nobody is charged for
 * @domain: a domain of the mock
 *
 * Return: bytes.
 */
u64 mock_taken(struct iommu_domain *domain)
{
	struct mock_domain *mock = mock_of(domain);
	u64 taken = MOCK_DOMAIN_SIZE;
	unsigned long index;
	void *entry;

	xa_for_each(&mock->tables, index, entry)
		taken += PAGE_SIZE;
	if (!traits->by_call)
		return taken;
	xa_for_each(&mock->entries, index, entry) {
		taken += entry_is(entry, ENTRY_FIRST) ? MOCK_CALL_SIZE : 0;
		cond_resched();
	}
	return taken;
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
	xa_destroy(&mock->tables);
	kfree(mock);
}

static const struct iommu_domain_ops mock_ops = {
	.attach_dev = mock_attach,
	COMPAT_MOCK_DETACH(mock_detach)
	.map_pages = mock_map_pages,
	.unmap_pages = mock_unmap_pages,
	.flush_iotlb_all = mock_flush_all,
	.iotlb_sync_map = compat_mock_sync_map,
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
	xa_init_flags(&mock->entries, traits->charged ? XA_FLAGS_ACCOUNT : 0);
	xa_init(&mock->tables);
	mock->huge = huge;
	mock->domain.ops = &mock_ops;
	if (traits->settled) {
		mock_settle(mock);
	} else {
		/* Numbers of VT-d, which change when it is attached. */
		mock->domain.geometry.aperture_end = BIT(57) - 1;
		mock->domain.pgsize_bitmap = PAGE_SIZE;
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

static const struct compat_mock_driver driver = {
	.name = MOCK_NAME,
	.sync_map = mock_sync_map,
	.alloc = mock_alloc,
	.blocked = &blocked,
	.hw_info = &mock_hw_info,
	.hw_info_size = sizeof(mock_hw_info),
	.hw_info_type = IOMMU_HW_INFO_TYPE_SELFTEST,
};

/* Take a word of the list, which may be all of them: then set *@all. */
static int manner_take(const char *word, bool *all)
{
	bool every = !strcmp(word, "all"), known = every;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(manner_table); i++) {
		if (every ? manner_table[i].untold :
			    strcmp(word, manner_table[i].name))
			continue;
		*manner_table[i].setting = manner_table[i].value;
		known = true;
	}
	*all |= every;
	if (known)
		return 0;
	pr_err("iommufd_selftest: manners=%s: unknown; see modinfo\n", word);
	return -EINVAL;
}

/**
 * mock_start - let there be a mock IOMMU
 *
 * Return: 0; -EINVAL for manners that there are not; -errno.
 */
int mock_start(void)
{
	bool all = false;
	unsigned int i;
	int rc;

	for (i = 0; i < manners_count; i++) {
		rc = manner_take(manners[i], &all);
		if (rc)
			return rc;
	}
	rc = compat_mock_start(&driver);
	if (rc)
		return rc;
	/* Of a driver that it does not know iommufd expects all of them. */
	if (!all)
		iommufd_test_introduce(&introduction);
	return 0;
}

/** mock_stop - undo mock_start(); no device is left */
void mock_stop(void)
{
	iommufd_test_introduce(NULL);
	compat_mock_stop();
}
