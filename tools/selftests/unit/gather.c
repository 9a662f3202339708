// SPDX-License-Identifier: GPL-2.0
/*
 * What devices have written, read by what drivers note to be flushed: against a driver
 * that is made here, as those of 6.12 are, with pages of any size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <linux/iommu.h>

/* In the place of compat/domain.h and compat/iommu.h. */
#define __COMPAT_DOMAIN_H
#define __COMPAT_IOMMU_H

struct compat_iommu_traits {
	bool unused;
};

struct iommu_domain *compat_domain_alloc(struct device *dev, u32 flags,
					 struct compat_iommu_traits *traits);

#define HAVE_DIRTY_OPS

/* Drivers that read by themselves are what is tested here. */
static bool compat_domain_is_generic(struct iommu_domain *domain)
{
	return false;
}

#include <compat/dirty.c>
#include <cmocka.h>

#include "random.h"

/* Not at 0, so that numbers of pages are not mistaken for addresses. */
#define FIRST BIT(33)
#define PAGES BIT(14)
#define OPERATIONS 2000

struct page_of_io {
	unsigned long first;
	unsigned long count;
	bool dirty;
	bool flushed;
};

static struct model {
	struct page_of_io pages[PAGES];
	unsigned long count;
	unsigned long at[PAGES];	/* which IO page it is in */
	bool told[PAGES];
	bool want[PAGES];
	unsigned long calls;
} model;

struct iommu_domain *compat_domain_alloc(struct device *dev, u32 flags,
					 struct compat_iommu_traits *traits)
{
	return ERR_PTR(-ENOMEM);
}

/* ---- the driver ---- */

/* What begins amid a page goes on as far behind that as it is long. */
static int fake_read(struct iommu_domain *domain, unsigned long iova,
		     size_t size, unsigned long flags,
		     struct iommu_dirty_bitmap *bitmap)
{
	unsigned long end = iova + size - 1;

	model.calls++;
	do {
		struct page_of_io *page =
			&model.pages[model.at[(iova - FIRST) / PAGE_SIZE]];
		size_t length = page->count * PAGE_SIZE;

		if (page->dirty)
			iommu_iotlb_gather_add_range(bitmap->gather, iova,
						     length);
		if (!(flags & IOMMU_DIRTY_NO_CLEAR))
			page->dirty = false;
		iova += length;
	} while (iova < end);
	return 0;
}

/* As an SMMU may: of other sizes than it is told nothing is flushed. */
void iommu_iotlb_sync(struct iommu_domain *domain,
		      struct iommu_iotlb_gather *gather)
{
	unsigned long i;

	for (i = 0; i < model.count; i++) {
		struct page_of_io *page = &model.pages[i];
		unsigned long iova = FIRST + page->first * PAGE_SIZE;
		size_t size = page->count * PAGE_SIZE;

		page->flushed |= size == gather->pgsize &&
				 gather->start <= iova &&
				 gather->end >= iova + size - 1;
	}
	iommu_iotlb_gather_init(gather);
}

static int fake_track(struct iommu_domain *domain, bool enable)
{
	return 0;
}

static const struct iommu_dirty_ops ops = {
	.set_dirty_tracking = fake_track,
	.read_and_clear_dirty = fake_read,
};

static struct iommu_domain domain = {
	.dirty_ops = &ops, .pgsize_bitmap = ~(PAGE_SIZE - 1),
};

/* Pages of up to 2^@most pages of ours. */
static void fill(unsigned int most)
{
	unsigned long at = 0, n;

	memset(&model, 0, sizeof(model));
	while (at < PAGES) {
		unsigned long count = BIT(random_below(2) ? 0 :
					  random_below(most + 1));

		while (at & (count - 1))
			count /= 2;
		for (n = at; n < at + count; n++)
			model.at[n] = model.count;
		model.pages[model.count++] = (struct page_of_io){
			.first = at, .count = count,
		};
		at += count;
	}
}

/* ---- reads ---- */

static void record(struct compat_dirty *dirty, unsigned long first,
		   unsigned long last)
{
	assert_true(first >= dirty->first && last <= dirty->last);
	for (; first <= last; first += PAGE_SIZE)
		model.told[(first - FIRST) / PAGE_SIZE] = true;
}

static void expect(unsigned long first, unsigned long last, bool *left)
{
	unsigned long i, n;

	for (i = model.at[first]; i <= model.at[last]; i++) {
		const struct page_of_io *page = &model.pages[i];
		unsigned long end = page->first + page->count - 1;

		if (!page->dirty)
			continue;
		for (n = max(page->first, first); n <= min(end, last); n++)
			model.want[n] = true;
		if (page->first >= first && end <= last)
			left[i] = false;
	}
}

static void read_some(void)
{
	unsigned long first = random_below(PAGES);
	unsigned long last = first + random_below(PAGES - first), i, at;
	bool whole = random_below(2), clear = random_below(3);
	struct compat_dirty dirty = {
		.domain = &domain, .record = record, .whole = whole,
		.clear = clear, .gather = { .start = ULONG_MAX },
		/* As after another part of the same read. */
		.probe = random_below(2) * 64 * PAGE_SIZE,
	};
	static bool left[PAGES], ignored[PAGES];

	if (whole) {
		first = model.pages[model.at[first]].first;
		last = model.pages[model.at[last]].first +
		       model.pages[model.at[last]].count - 1;
	}
	for (i = 0; i < model.count; i++) {
		left[i] = model.pages[i].dirty;
		model.pages[i].flushed = false;
	}
	memset(model.told, 0, sizeof(model.told));
	memset(model.want, 0, sizeof(model.want));
	expect(first, last, clear ? left : ignored);
	dirty.first = FIRST + first * PAGE_SIZE;
	dirty.last = FIRST + (last + 1) * PAGE_SIZE - 1;
	/* As callers do: in grains. */
	for (at = dirty.first; at <= dirty.last; at = i + 1) {
		i = min(dirty.last, at | (4096 * PAGE_SIZE - 1));
		assert_int_equal(compat_dirty_read(&dirty, at, i), 0);
	}
	iommu_iotlb_sync(&domain, &dirty.gather);
	assert_memory_equal(model.told, model.want, sizeof(model.want));
	for (i = 0; i < model.count; i++) {
		struct page_of_io *page = &model.pages[i];

		/* What was taken away is flushed. */
		if (page->first >= first && page->first <= last &&
		    model.want[page->first] && !left[i])
			assert_true(page->flushed);
		assert_int_equal(page->dirty, left[i]);
	}
}

static void run(unsigned int most)
{
	unsigned int i;

	fill(most);
	for (i = 0; i < OPERATIONS / 10; i++) {
		unsigned long n = random_below(3) ? random_below(model.count) :
						    random_below(20);

		/* In a row, or anywhere. */
		if (random_below(2)) {
			unsigned long at = random_below(model.count);

			for (; n && at < model.count; n--, at++)
				model.pages[at].dirty = true;
		} else {
			for (; n; n--)
				model.pages[random_below(model.count)].dirty =
					true;
		}
		read_some();
		read_some();
	}
}

static void test_small_pages(void **state)
{
	run(0);
}

static void test_all_sizes(void **state)
{
	run(4);
	run(9);
	run(13);
}

/* What the reads cost: not a call for each page where all is clean. */
static void test_calls(void **state)
{
	struct compat_dirty dirty = {
		.domain = &domain, .record = record, .whole = true,
		.clear = true, .gather = { .start = ULONG_MAX },
		.first = FIRST, .last = FIRST + PAGES * PAGE_SIZE - 1,
	};
	unsigned long i;

	fill(0);
	assert_int_equal(compat_dirty_read(&dirty, dirty.first, dirty.last), 0);
	assert_true(model.calls < PAGES / 100);
	for (i = 0; i < PAGES; i += 100)
		model.pages[i].dirty = true;
	model.calls = 0;
	assert_int_equal(compat_dirty_read(&dirty, dirty.first, dirty.last), 0);
	assert_true(model.calls < PAGES / 20);
	for (i = 0; i < PAGES; i++)
		model.pages[i].dirty = true;
	model.calls = 0;
	assert_int_equal(compat_dirty_read(&dirty, dirty.first, dirty.last), 0);
	assert_true(model.calls < PAGES + PAGES / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small_pages),
		cmocka_unit_test(test_all_sizes),
		cmocka_unit_test(test_calls),
	};

	random_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
