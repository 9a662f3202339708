// SPDX-License-Identifier: GPL-2.0
/*
 * Which IO page size fits where: whole extents, walked with what is picked,
 * against what is possible at each address.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/kernel.h"
#include <iommufd/iommu/pgsize.h>

#include "random.h"

#define KIB4 0x1000UL
#define MIB2 0x200000UL
#define GIB1 0x40000000UL

/* The largest size that is aligned here and does not go beyond the end. */
static size_t best_here(unsigned long sizes, unsigned long iova, u64 paddr,
			size_t left)
{
	size_t size, best = 0;

	for (size = KIB4; size; size <<= 1)
		if (sizes & size && !((iova | paddr) & (size - 1)) &&
		    size <= left)
			best = size;
	return best;
}

static void check_extent(unsigned long sizes, unsigned long iova, u64 paddr,
			 size_t left)
{
	while (left) {
		size_t count = 0, size, i;

		size = pgsize_pick(sizes, iova, paddr, left, &count);
		assert_true(count >= 1);
		assert_true(size * count <= left);
		/* None of these pages could have been a larger one. */
		for (i = 0; i < count; i += 1 + count / 7)
			assert_int_equal(best_here(sizes, iova + i * size,
						   paddr + i * size,
						   left - i * size), size);
		iova += count * size;
		paddr += count * size;
		left -= count * size;
		/* Nor would one call more of the same size have been needed. */
		assert_true(!left || best_here(sizes, iova, paddr, left) != size);
	}
}

static void test_random(void **state)
{
	static const unsigned long sizes[] = {
		KIB4, KIB4 | MIB2, KIB4 | MIB2 | GIB1,
		KIB4 | 1 << 16 | MIB2, ~0UL << 12,
	};
	int i;

	for (i = 0; i < 20000; i++) {
		unsigned long iova = random_below(1 << 20) << 12;
		u64 paddr = random_below(1 << 20) << 12;

		/* Often the two agree about a large page. */
		if (random_below(4))
			paddr = (paddr & ~(MIB2 - 1)) | (iova & (MIB2 - 1));
		if (random_below(2))
			paddr = (paddr & ~(GIB1 - 1)) | (iova & (GIB1 - 1));
		check_extent(sizes[random_below(5)], iova, paddr,
			     (1 + random_below(1 << 20)) << 12);
	}
}

/*
 * Bounded by what one page of the table takes: no call crosses from one page
 * of the table to the next, and the pieces still tile the extent.
 */
static void check_bounded(unsigned long sizes, unsigned long iova, u64 paddr,
			  size_t left)
{
	while (left) {
		size_t count, size, reach;

		size = pgsize_pick(sizes, iova, paddr, left, &count);
		count = min(count, pgsize_in_table(size, iova));
		reach = size * PGSIZE_TABLE_ENTRIES;
		assert_true(count >= 1 && size * count <= left);
		assert_int_equal((iova | paddr) % size, 0);
		assert_int_equal(iova / reach,
				 (iova + size * count - 1) / reach);
		/* As far as it could. */
		assert_true(size * count == left ||
			    !((iova + size * count) % reach) ||
			    best_here(sizes, iova + size * count,
				      paddr + size * count,
				      left - size * count) != size);
		iova += size * count;
		paddr += size * count;
		left -= size * count;
	}
}

static void test_random_bounded(void **state)
{
	static const unsigned long sizes[] = {
		KIB4, KIB4 | MIB2, KIB4 | MIB2 | GIB1,
	};
	int i;

	for (i = 0; i < 2000; i++) {
		unsigned long iova = random_below(1 << 20) << 12;
		u64 paddr = random_below(1 << 20) << 12;

		if (random_below(2))
			paddr = (paddr & ~(MIB2 - 1)) | (iova & (MIB2 - 1));
		if (random_below(2))
			paddr = (paddr & ~(GIB1 - 1)) | (iova & (GIB1 - 1));
		check_bounded(sizes[random_below(3)], iova, paddr,
			      (1 + random_below(1 << 20)) << 12);
	}
}

/*
 * Mapped by calls and unmapped by calls: each of the first lies in one of the
 * second, is as long as it can be, and no page is larger than a call.
 */
static void check_calls(unsigned long sizes, unsigned long iova, u64 paddr,
			size_t left)
{
	while (left) {
		size_t call = pgsize_in_call(iova, left), count, size;

		assert_true(call && call <= left);
		assert_int_equal(iova / PGSIZE_CALL,
				 (iova + call - 1) / PGSIZE_CALL);
		assert_true(call == left || !((iova + call) % PGSIZE_CALL));
		size = pgsize_pick(sizes, iova, paddr, call, &count);
		assert_int_equal(size, best_here(sizes, iova, paddr, left));
		assert_true(count >= 1 && size * count <= call);
		assert_true(size * count == call ||
			    best_here(sizes, iova + size * count,
				      paddr + size * count,
				      call - size * count) != size);
		iova += size * count;
		paddr += size * count;
		left -= size * count;
	}
}

static void test_random_calls(void **state)
{
	static const unsigned long sizes[] = {
		KIB4, KIB4 | MIB2, KIB4 | MIB2 | GIB1,
		(~0UL << 12) & (2 * GIB1 - 1),
	};
	int i;

	for (i = 0; i < 20000; i++) {
		unsigned long iova = random_below(1 << 20) << 12;
		u64 paddr = random_below(1 << 20) << 12;

		/* Often the two agree up to some bit. */
		if (random_below(8)) {
			u64 mask = (KIB4 << random_below(24)) - 1;

			paddr = (paddr & ~mask) | (iova & mask);
		}
		check_calls(sizes[random_below(4)], iova, paddr,
			    (1 + random_below(1 << 20)) << 12);
	}
}

/* The ends of what an address can be. */
static void test_extremes(void **state)
{
	unsigned long top = -GIB1, sizes = KIB4 | MIB2 | GIB1;
	size_t count;

	assert_int_equal(pgsize_pick(sizes, 0, 0, GIB1 - KIB4, &count), MIB2);
	assert_int_equal(count, 511);
	assert_int_equal(pgsize_pick(sizes, 0, 0, GIB1, &count), GIB1);
	assert_int_equal(pgsize_pick(sizes, 0, 0, KIB4, &count), KIB4);
	assert_int_equal(pgsize_pick(sizes, top, 0, GIB1, &count), GIB1);
	assert_int_equal(count, 1);
	assert_int_equal(pgsize_pick(sizes, top + KIB4, KIB4, GIB1 - KIB4,
				     &count), KIB4);
	assert_int_equal(count, 511);
	assert_int_equal(pgsize_pick(KIB4, top, KIB4, GIB1, &count), KIB4);
	assert_int_equal(count, GIB1 / KIB4);
}

/* A gigabyte that is aligned in both, and one that is not in one. */
static void test_gigabyte(void **state)
{
	unsigned long sizes = KIB4 | MIB2 | GIB1;
	size_t count;

	assert_int_equal(pgsize_pick(sizes, GIB1, 5 * GIB1, GIB1, &count),
			 GIB1);
	assert_int_equal(count, 1);
	assert_int_equal(pgsize_pick(sizes, GIB1, 5 * GIB1 + MIB2, GIB1,
				     &count), MIB2);
	assert_int_equal(count, 512);
	assert_int_equal(pgsize_pick(sizes, GIB1, 5 * GIB1 + KIB4, GIB1,
				     &count), KIB4);
	assert_int_equal(count, 512 * 512);
}

static void test_in_call(void **state)
{
	assert_int_equal(pgsize_in_call(0, KIB4), KIB4);
	assert_int_equal(pgsize_in_call(0, 3 * GIB1), GIB1);
	assert_int_equal(pgsize_in_call(GIB1 - KIB4, MIB2), KIB4);
	assert_int_equal(pgsize_in_call(GIB1, GIB1), GIB1);
	assert_int_equal(pgsize_in_call(-KIB4, KIB4), KIB4);
	assert_int_equal(pgsize_in_call(-GIB1, GIB1), GIB1);
}

static void test_in_table(void **state)
{
	assert_int_equal(pgsize_in_table(KIB4, 0), 512);
	assert_int_equal(pgsize_in_table(KIB4, MIB2 - KIB4), 1);
	assert_int_equal(pgsize_in_table(KIB4, MIB2), 512);
	assert_int_equal(pgsize_in_table(MIB2, 3 * MIB2), 509);
	assert_int_equal(pgsize_in_table(MIB2, GIB1 - MIB2), 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_bounded),
		cmocka_unit_test(test_random_calls),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_gigabyte),
		cmocka_unit_test(test_in_call),
		cmocka_unit_test(test_in_table),
	};

	random_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
