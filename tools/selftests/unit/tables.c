// SPDX-License-Identifier: GPL-2.0
/*
 * What is counted of a driver's tables against a naive driver: VT-d's, asked as
 * pgtable.c and the kernel ask it. Random ranges are mapped by pages of all sizes
 * and unmapped, calls fail, memory and the quota run out; what is counted is what
 * the driver has, and where a large page has taken the place of a table one more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "kernel/kernel.h"
#include "random.h"

/* What is compiled here is the kernel's, with the kernel's warnings. */
#pragma GCC diagnostic ignored "-Wsign-compare"
#include <iommufd/iommu/pgsize.h>
#include <iommufd/base/span.c>
#include <iommufd/iommu/tables.c>

#define KIB 1024UL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* Where ranges are: on both sides of what one table of the third level spans. */
#define WINDOW (510 * GIB)
#define WINDOW_END (514 * GIB)

#define LOWEST ((WINDOW_END - WINDOW) / (2 * MIB))
#define SECOND 4
#define THIRD 2

#define DOMAIN 8192
#define AREAS 24
#define CALLS 4096
#define ROUNDS 300
#define STEPS 60

struct range {
	unsigned long iova;
	unsigned long size;
};

/* Of the one user that there is. */
static struct purse {
	unsigned long used;
	unsigned long max;
} purse;

/* What the driver has. */
static struct driver {
	enum tables_kind kind;
	unsigned long pgsizes;
	/* Of tables, at which place there is one; and where too many are counted. */
	bool lowest[LOWEST];
	bool replaced[LOWEST];
	bool second[SECOND];
	bool third[THIRD];
	bool fourth;
	/* Of calls, the first page. */
	unsigned long call[CALLS];
	unsigned int ncalls;
} driver;

static struct quota quota;
static struct tables tables;

int quota_charge(struct quota *quota, unsigned long bytes)
{
	if (purse.used + bytes > purse.max)
		return -ENOSPC;
	purse.used += bytes;
	return 0;
}

void quota_uncharge(struct quota *quota, unsigned long bytes)
{
	WARN_ON(purse.used < bytes);
	purse.used -= bytes;
}

struct quota *quota_get(struct quota *quota)
{
	return quota;
}

/* ---- the driver ---- */

static unsigned long driver_bytes(bool too_many)
{
	unsigned long n = driver.fourth, i;

	if (driver.kind == TABLES_CALLS)
		return DOMAIN + driver.ncalls * CALL_BYTES;
	for (i = 0; i < LOWEST; i++)
		n += driver.lowest[i] || (too_many && driver.replaced[i]);
	for (i = 0; i < SECOND; i++)
		n += driver.second[i];
	for (i = 0; i < THIRD; i++)
		n += driver.third[i];
	return DOMAIN + n * PAGE_SIZE;
}

/* The tables that one page needs. */
static void driver_map_page(unsigned long iova, size_t pgsize)
{
	unsigned long at = iova - WINDOW;

	driver.fourth = true;
	driver.third[iova / (512 * GIB)] = true;
	if (pgsize < GIB)
		driver.second[at / GIB] = true;
	if (pgsize < 2 * MIB) {
		driver.lowest[at / (2 * MIB)] = true;
	} else if (pgsize < GIB && driver.lowest[at / (2 * MIB)]) {
		driver.lowest[at / (2 * MIB)] = false;
		driver.replaced[at / (2 * MIB)] = true;
	}
}

static void driver_map(unsigned long iova, size_t pgsize, size_t count)
{
	if (driver.kind == TABLES_CALLS) {
		WARN_ON(driver.ncalls == CALLS);
		driver.call[driver.ncalls++] = iova;
		return;
	}
	for (; count; count--, iova += pgsize)
		driver_map_page(iova, pgsize);
}

static bool covers(unsigned long first, unsigned long end, unsigned long at,
		   unsigned long span)
{
	return first <= WINDOW + at * span && end >= WINDOW + (at + 1) * span;
}

/* One call to it. */
static void driver_unmap(unsigned long iova, size_t size)
{
	unsigned long end = iova + size;
	unsigned int i, n = 0;

	for (i = 0; i < LOWEST; i++)
		if (covers(iova, end, i, 2 * MIB))
			driver.lowest[i] = false;
	for (i = 0; i < LOWEST; i++)
		if (covers(iova, end, i, 2 * MIB))
			driver.replaced[i] = false;
	for (i = 0; i < SECOND; i++)
		if (covers(iova, end, i, GIB))
			driver.second[i] = false;
	for (i = 0; i < driver.ncalls; i++)
		if (driver.call[i] < iova || driver.call[i] >= end)
			driver.call[n++] = driver.call[i];
	driver.ncalls = n;
}

/* As iommu_unmap() does: what it cuts is by the sizes of pages. */
static void kernel_unmap(unsigned long iova, size_t size)
{
	size_t pgsize, count;

	for (; size; size -= pgsize * count, iova += pgsize * count) {
		pgsize = pgsize_pick(driver.pgsizes, iova, iova, size, &count);
		driver_unmap(iova, pgsize * count);
	}
}

/* ---- as pgtable.c does ---- */

static void unmap(unsigned long iova, size_t size)
{
	size_t freed = 0, part;

	for (; size; size -= part, iova += part) {
		part = min(size, GIB - iova % GIB);
		kernel_unmap(iova, part);
		freed += tables_unmap(&tables, iova, part);
	}
	/* Until the sync it is the user's. */
	assert_int_equal(purse.used, tables.bytes + freed);
	if (freed)
		tables_freed(&tables, freed);
}

/* What was mapped is taken back when a call fails; one in @fail_at does. */
static int map(unsigned long iova, u64 paddr, size_t size, bool small,
	       unsigned int fail_at)
{
	unsigned long pgsizes = small ? PAGE_SIZE : driver.pgsizes;
	size_t pgsize, count, done = 0;
	int rc = 0;

	while (done < size && !rc) {
		pgsize = pgsize_pick(pgsizes, iova + done, paddr + done,
				     size - done, &count);
		if (small && driver.kind == TABLES_CALLS)
			count = 1;
		count = min(count, pgsize_in_table(pgsize, iova + done));
		rc = tables_charge(&tables, iova + done, pgsize);
		if (rc)
			break;
		if (fail_at && !--fail_at) {
			rc = -EIO;
			/* Tables may have been made, or not. */
			if (driver.kind == TABLES_RADIX)
				driver_map(iova + done, pgsize, 1);
			tables_forget(&tables, iova + done);
			break;
		}
		driver_map(iova + done, pgsize, count);
		done += pgsize * count;
	}
	if (rc)
		unmap(iova, done);
	return rc;
}

/* ---- rounds ---- */

static struct range area[AREAS];

static bool is_free(unsigned long iova, unsigned long size)
{
	unsigned int i;

	for (i = 0; i < AREAS; i++)
		if (area[i].size && area[i].iova < iova + size &&
		    iova < area[i].iova + area[i].size)
			return false;
	return true;
}

static struct range random_range(void)
{
	static const unsigned long units[] = { PAGE_SIZE, 2 * MIB, GIB };
	unsigned long unit = units[random_below(3)];
	struct range range = { WINDOW, (1 + random_below(6)) * unit };

	if (unit == GIB)
		range.size = (1 + random_below(2)) * GIB;
	if (!random_below(3))
		range.size += random_below(600) * PAGE_SIZE;
	range.iova += random_below(4) * GIB + random_below(3) * 2 * MIB;
	if (random_below(2))
		range.iova += random_below(512) * PAGE_SIZE;
	return range;
}

static void check(void)
{
	assert_int_equal(tables.bytes, driver_bytes(true));
	assert_true(tables.bytes >= driver_bytes(false));
	assert_int_equal(purse.used, tables.bytes);
}

static void step_map(struct range *at)
{
	struct range range = random_range();
	bool small = !random_below(4);
	u64 paddr = random_below(2) ? range.iova : range.iova + PAGE_SIZE;
	unsigned long before = tables.bytes;
	int rc;

	/* So many pages that nobody wants to wait. */
	if (driver.kind == TABLES_CALLS && range.size > 8 * MIB)
		return;
	if (!is_free(range.iova, range.size) ||
	    range.iova + range.size > WINDOW_END)
		return;
	if ((small || paddr != range.iova) && range.size > 16 * MIB)
		range.size = 16 * MIB;
	if (driver.kind == TABLES_CALLS)
		range.size = min(range.size, 64 * PAGE_SIZE);
	purse.max = random_below(4) ? ~0UL :
		    purse.used + random_below(6) * PAGE_SIZE;
	allocations_left = random_below(6) ? -1 : (int)random_below(3);
	rc = map(range.iova, paddr, range.size, small,
		 random_below(5) ? 0 : 1 + random_below(3));
	allocations_left = -1;
	if (!rc)
		*at = range;
	else if (driver.kind == TABLES_CALLS)
		assert_int_equal(tables.bytes, before);
}

static void round_begin(enum tables_kind kind, unsigned long pgsizes)
{
	memset(&driver, 0, sizeof(driver));
	memset(&tables, 0, sizeof(tables));
	memset(area, 0, sizeof(area));
	driver.kind = kind;
	driver.pgsizes = pgsizes;
	purse.used = 0;
	purse.max = DOMAIN - 1;
	assert_int_equal(tables_init(&tables, &quota, kind, DOMAIN), -ENOSPC);
	purse.max = DOMAIN;
	assert_int_equal(tables_init(&tables, &quota, kind, DOMAIN), 0);
	tables_settle(&tables, PAGE_SIZE);
}

static void one_round(enum tables_kind kind, unsigned long pgsizes)
{
	struct range *at;
	unsigned int i;

	round_begin(kind, pgsizes);
	for (i = 0; i < STEPS; i++) {
		at = &area[random_below(AREAS)];
		if (at->size) {
			unmap(at->iova, at->size);
			at->size = 0;
		} else {
			step_map(at);
		}
		check();
	}
	tables_destroy(&tables, true);
	assert_int_equal(purse.used, 0);
}

static void test_tables(void **state)
{
	static const unsigned long pgsizes[] = {
		PAGE_SIZE, PAGE_SIZE | 2 * MIB, PAGE_SIZE | 2 * MIB | GIB,
	};
	unsigned int i;

	for (i = 0; i < ROUNDS; i++)
		one_round(TABLES_RADIX, pgsizes[i % 3]);
}

static void test_calls(void **state)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++)
		one_round(TABLES_CALLS, ~(PAGE_SIZE - 1) & (2 * GIB - 1));
}

/* Where it is paid for, only the domain itself is counted. */
static void test_paid(void **state)
{
	round_begin(TABLES_PAID, PAGE_SIZE);
	assert_int_equal(tables_charge(&tables, WINDOW, PAGE_SIZE), 0);
	assert_int_equal(tables_unmap(&tables, 0, GIB), 0);
	assert_int_equal(tables_worst(&tables), 0);
	assert_int_equal(purse.used, DOMAIN);
	/* The driver could not free it: the user goes on paying. */
	tables_destroy(&tables, false);
	assert_int_equal(purse.used, DOMAIN);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_paid),
	};

	random_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
