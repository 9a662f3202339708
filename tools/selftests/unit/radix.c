// SPDX-License-Identifier: GPL-2.0
/*
 * Readers of the kernel's generic page tables against tables that are made here, with
 * pages of each size that a format has, and against what is known of them. AMD-Vi's marks
 * are in no emulator, so nothing else shows that they are read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <linux/iommu.h>

#define phys_to_virt(address) ((void *)(uintptr_t)(address))
#define ffz(word) ((unsigned long)__builtin_ctzl(~(word)))
#define clear_bit(bit, word) (*(word) &= ~BIT(bit))
#define MODULE_IMPORT_NS(...) extern int no_name_space

#include <compat/dirty_amdv1.c>
#include <compat/dirty_vtdss.c>
#include <cmocka.h>

#include "random.h"

/* 2 GiB of IOVA in pages of 4 KiB, across a table of the third level. */
#define FIRST (BIT(39) - BIT(30))
#define PAGES BIT(19)
#define OPERATIONS 60

struct model {
	const struct compat_walker *walker;
	struct iommu_domain *domain;
	bool amd;
	u64 *root;
	unsigned int levels;
	unsigned long starts[PAGES];	/* of IO pages */
	unsigned long count;
	u8 lg2[PAGES];		/* of the IO page there; 0: nothing */
	bool dirty[PAGES];	/* at the first page of an IO page */
	bool told[PAGES];
	bool want[PAGES];
};

static struct model model;
static struct pt_iommu_vtdss vtdss_table_of;
static struct pt_iommu_amdv1 amdv1_table_of;

void pt_iommu_vtdss_hw_info(struct pt_iommu_vtdss *table,
			    struct pt_iommu_vtdss_hw_info *info)
{
	info->ssptptr = table->iommu.root;
	info->aw = table->iommu.level - 1;
}

void pt_iommu_amdv1_hw_info(struct pt_iommu_amdv1 *table,
			    struct pt_iommu_amdv1_hw_info *info)
{
	info->host_pt_root = table->iommu.root;
	info->mode = table->iommu.level + 1;
}

int pt_iommu_vtdss_read_and_clear_dirty(struct iommu_domain *domain,
					unsigned long iova, size_t size,
					unsigned long flags,
					struct iommu_dirty_bitmap *bitmap)
{
	return -EOPNOTSUPP;
}

int pt_iommu_amdv1_read_and_clear_dirty(struct iommu_domain *domain,
					unsigned long iova, size_t size,
					unsigned long flags,
					struct iommu_dirty_bitmap *bitmap)
{
	return -EOPNOTSUPP;
}

/* ---- tables ---- */

static u64 *new_table(void)
{
	u64 *table = aligned_alloc(PAGE_SIZE, PAGE_SIZE);

	memset(table, 0, PAGE_SIZE);
	return table;
}

static void free_tables(u64 *table, unsigned int level)
{
	unsigned int i;

	for (i = 0; level && i < 512; i++) {
		bool below = model.amd ? (table[i] >> 9 & 7) % 7 :
					 table[i] && !(table[i] & BIT(7));

		if (below)
			free_tables((u64 *)(table[i] & GENMASK(51, 12)),
				    level - 1);
	}
	free(table);
}

/* The entries of @level for @iova. */
static u64 *table_for(unsigned long iova, unsigned int level)
{
	u64 *table = model.root, *entry;
	unsigned int at;

	for (at = model.levels - 1; at > level; at--) {
		entry = &table[iova >> (12 + 9 * at) & 511];
		if (!*entry)
			*entry = (u64)(uintptr_t)new_table() |
				 (model.amd ? BIT(0) | (u64)at << 9 |
					      BIT(61) | BIT(62) : 3);
		table = (u64 *)(uintptr_t)(*entry & GENMASK(51, 12));
	}
	return table;
}

/* An IO page of 2^@lg2 bytes; AMD-Vi's may be several entries. */
static void set_page(unsigned long iova, unsigned int lg2)
{
	unsigned int level = (lg2 - 12) / 9, item = 12 + 9 * level, i;
	unsigned int count = BIT(lg2 - item);
	u64 *entry = &table_for(iova, level)[iova >> item & 511];
	u64 where = random_below(BIT(20)) << 31;

	for (i = 0; i < count; i++) {
		if (!model.amd)
			entry[i] = where | 3 | (level ? BIT(7) : 0);
		else if (count == 1)
			entry[i] = where | BIT(0) | BIT(61) | BIT(62);
		else
			entry[i] = where | (BIT(lg2 - 13) - 1) << 12 | 7 << 9 |
				   BIT(0) | BIT(61) | BIT(62);
	}
}

/* As hardware does: in any of the entries. */
static void write_page(unsigned long iova, unsigned int lg2)
{
	unsigned int level = (lg2 - 12) / 9, item = 12 + 9 * level;
	u64 *entry = &table_for(iova, level)[iova >> item & 511];

	entry[random_below(BIT(lg2 - item))] |= BIT(model.amd ? 6 : 9);
}

static unsigned int random_lg2(void)
{
	static const u8 vtd[] = { 12, 12, 12, 21, 21, 30 };

	if (!model.amd)
		return vtd[random_below(ARRAY_SIZE(vtd))];
	return random_below(2) ? 12 + random_below(10) : 12 + random_below(19);
}

/* Pages of any size, each where it may be; and holes. */
static void fill(void)
{
	unsigned long at = 0;

	while (at < PAGES) {
		unsigned int lg2 = random_lg2();

		while ((FIRST + at * PAGE_SIZE) & (BIT(lg2) - 1) ||
		       at + BIT(lg2 - 12) > PAGES)
			lg2 = model.amd ? lg2 - 1 : lg2 - 9;
		if (random_below(20)) {
			set_page(FIRST + at * PAGE_SIZE, lg2);
			model.lg2[at] = lg2;
			model.starts[model.count++] = at;
		}
		at += BIT(lg2 - 12);
	}
}

/* ---- reads ---- */

static void record(struct compat_dirty *dirty, unsigned long first,
		   unsigned long last)
{
	assert_true(first >= dirty->first && last <= dirty->last);
	for (; first <= last; first += PAGE_SIZE) {
		unsigned long n = (first - FIRST) / PAGE_SIZE;

		assert_false(model.told[n]);
		model.told[n] = true;
	}
}

/* What a read of these pages should tell, and take away. */
static void expect(unsigned long first, unsigned long last, bool clear,
		   struct iommu_iotlb_gather *gather)
{
	unsigned long at, n;

	for (at = 0; at < PAGES; at++) {
		unsigned long end = at + (model.lg2[at] ?
					  BIT(model.lg2[at] - 12) : 1) - 1;

		if (!model.dirty[at] || end < first || at > last)
			continue;
		for (n = max(at, first); n <= min(end, last); n++)
			model.want[n] = true;
		if (!clear || at < first || end > last)
			continue;
		model.dirty[at] = false;
		iommu_iotlb_gather_add_range(gather, FIRST + at * PAGE_SIZE,
					     (end - at + 1) * PAGE_SIZE);
	}
}

static void read_some(void)
{
	unsigned long first = random_below(PAGES);
	unsigned long last = first + random_below(PAGES - first);
	struct iommu_iotlb_gather gather = { .start = ULONG_MAX };
	struct compat_dirty dirty = {
		.domain = model.domain, .record = record,
		.first = FIRST + first * PAGE_SIZE,
		.last = FIRST + (last + 1) * PAGE_SIZE - 1,
		.clear = random_below(3), .gather = gather,
	};

	memset(model.told, 0, sizeof(model.told));
	memset(model.want, 0, sizeof(model.want));
	expect(first, last, dirty.clear, &gather);
	model.walker->read(&dirty, dirty.first, dirty.last);
	assert_memory_equal(model.told, model.want, sizeof(model.want));
	assert_int_equal(dirty.gather.start, gather.start);
	assert_int_equal(dirty.gather.end, gather.end);
}

static void run(const struct compat_walker *walker, struct pt_iommu *table,
		unsigned int levels)
{
	unsigned int i, n;

	memset(&model, 0, sizeof(model));
	model.walker = walker;
	model.domain = &table->domain;
	model.amd = walker == &compat_amdv1_walker;
	model.levels = levels;
	model.root = new_table();
	table->root = (u64)(uintptr_t)model.root;
	table->level = levels - 1;
	fill();
	for (i = 0; i < OPERATIONS; i++) {
		for (n = random_below(40); n; n--) {
			unsigned long at =
				model.starts[random_below(model.count)];

			write_page(FIRST + at * PAGE_SIZE, model.lg2[at]);
			model.dirty[at] = true;
		}
		read_some();
	}
	free_tables(model.root, levels - 1);
}

static void test_vtdss(void **state)
{
	run(&compat_vtdss_walker, &vtdss_table_of.iommu, 4);
	run(&compat_vtdss_walker, &vtdss_table_of.iommu, 5);
}

static void test_amdv1(void **state)
{
	run(&compat_amdv1_walker, &amdv1_table_of.iommu, 4);
	run(&compat_amdv1_walker, &amdv1_table_of.iommu, 5);
}

static void test_serves(void **state)
{
	const struct iommu_dirty_ops vtd = {
		.read_and_clear_dirty = pt_iommu_vtdss_read_and_clear_dirty,
	}, amd = {
		.read_and_clear_dirty = pt_iommu_amdv1_read_and_clear_dirty,
	};
	struct iommu_domain domain = { .dirty_ops = &vtd };

	assert_true(compat_vtdss_walker.serves(&domain));
	assert_false(compat_amdv1_walker.serves(&domain));
	domain.dirty_ops = &amd;
	assert_false(compat_vtdss_walker.serves(&domain));
	assert_true(compat_amdv1_walker.serves(&domain));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_serves),
		cmocka_unit_test(test_vtdss),
		cmocka_unit_test(test_amdv1),
	};

	random_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
