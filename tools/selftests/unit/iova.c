// SPDX-License-Identifier: GPL-2.0
/*
 * Allowed, reserved and free IOVA, and the search, against a naive model that
 * has one entry a page and tries every address.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <iova.c>

#include "random.h"

/* The model knows this many pages from IOVA 0 on; beyond, all is reserved. */
#define PAGES 96
#define ROUNDS 3000

enum owner { DEVICE_A, DEVICE_B, OWNERS };

struct model {
	struct iova_space space;
	struct rb_root_cached used;
	struct interval_tree_node node[PAGES];
	int reserved[PAGES][OWNERS];
	bool allowed[PAGES];
	bool any_allowed;
	bool mapped[PAGES];
};

static const char owner_key[OWNERS];
static const char beyond_key;

static unsigned long first_byte(unsigned long page)
{
	return page << PAGE_SHIFT;
}

static unsigned long last_byte(unsigned long page)
{
	return first_byte(page) + PAGE_SIZE - 1;
}

static bool is_reserved(const struct model *model, unsigned long page)
{
	return model->reserved[page][DEVICE_A] ||
	       model->reserved[page][DEVICE_B];
}

static void model_begin(struct model *model)
{
	memset(model, 0, sizeof(*model));
	iova_space_init(&model->space);
	model->used = RB_ROOT_CACHED;
	model->space.alignment = PAGE_SIZE;
	assert_int_equal(iova_reserve(&model->space, first_byte(PAGES),
				      ULONG_MAX, &beyond_key), 0);
}

/* ---- one random change ---- */

static void random_pages(unsigned long *first, unsigned long *last)
{
	*first = random_below(PAGES);
	*last = *first + random_below(min(PAGES - *first, 9UL));
}

static void do_reserve(struct model *model)
{
	unsigned long first, last, i;
	int owner = random_below(OWNERS), rc, want = 0;

	random_pages(&first, &last);
	for (i = first; i <= last; i++)
		if (model->allowed[i])
			want = -EADDRINUSE;
	rc = iova_reserve(&model->space, first_byte(first), last_byte(last),
			  &owner_key[owner]);
	assert_int_equal(rc, want);
	for (i = first; !rc && i <= last; i++)
		model->reserved[i][owner]++;
}

static void do_unreserve(struct model *model)
{
	int owner = random_below(OWNERS), i;

	iova_unreserve(&model->space, &owner_key[owner]);
	for (i = 0; i < PAGES; i++)
		model->reserved[i][owner] = 0;
}

static void do_allow(struct model *model)
{
	struct rb_root_cached allowed = RB_ROOT_CACHED;
	bool want[PAGES] = { };
	unsigned long first, last, i;
	int n = random_below(4), rc, expect = 0;

	while (n--) {
		int meets = 0;

		random_pages(&first, &last);
		for (i = first; i <= last; i++)
			meets |= want[i];
		rc = iova_allow(&allowed, first_byte(first), last_byte(last));
		assert_int_equal(rc, meets ? -EINVAL : 0);
		for (i = first; !rc && i <= last; i++)
			want[i] = true;
	}
	for (i = 0; i < PAGES; i++)
		if (want[i] && is_reserved(model, i))
			expect = -EADDRINUSE;
	rc = iova_set_allowed(&model->space, &allowed);
	assert_int_equal(rc, expect);
	iova_free_ranges(&allowed);
	if (rc)
		return;
	memcpy(model->allowed, want, sizeof(want));
	model->any_allowed = memchr(want, true, sizeof(want));
}

static void do_map(struct model *model)
{
	unsigned long page = random_below(PAGES);

	if (model->mapped[page]) {
		interval_tree_remove(&model->node[page], &model->used);
	} else {
		model->node[page].start = first_byte(page);
		model->node[page].last = last_byte(page);
		interval_tree_insert(&model->node[page], &model->used);
	}
	model->mapped[page] = !model->mapped[page];
}

/* ---- and what follows from it ---- */

static void check_reserved(struct model *model)
{
	unsigned long first, last, i;
	bool expect = false;

	random_pages(&first, &last);
	for (i = first; i <= last; i++)
		expect |= is_reserved(model, i);
	assert_int_equal(iova_is_reserved(&model->space, first_byte(first),
					  last_byte(last)), expect);
}

static void check_usable(struct model *model)
{
	unsigned long first = 0, last, i;
	bool usable[PAGES] = { };

	while (iova_next_usable(&model->space, &first, &last)) {
		assert_true(last < first_byte(PAGES));
		for (i = first; i <= last; i += PAGE_SIZE)
			usable[i >> PAGE_SHIFT] = true;
		first = last + 1;
	}
	for (i = 0; i < PAGES; i++)
		assert_int_equal(usable[i], !is_reserved(model, i));
}

/* Whether @n pages from @page on are free for a choice of the kernel's. */
static bool is_free(const struct model *model, unsigned long page,
		    unsigned long n)
{
	if (!page || page + n > PAGES)
		return false;
	for (; n--; page++)
		if (is_reserved(model, page) || model->mapped[page] ||
		    (model->any_allowed && !model->allowed[page]))
			return false;
	return true;
}

/*
 * Allowed ranges that touch are ranges of their own: a mapping does not cross
 * from one to the next. The model does not know where they touch, so with
 * them it only checks that what is found is free.
 */
static unsigned long lowest_free(const struct model *model, unsigned long n,
				 unsigned long step)
{
	unsigned long page;

	for (page = 0; page < PAGES; page += step)
		if (is_free(model, page, n))
			return page;
	return PAGES;
}

static void check_search(struct model *model)
{
	unsigned long n = 1 + random_below(6), address, iova = 0, step = 1;
	unsigned long align = PAGE_SIZE << random_below(4), best;
	struct iova_search search;
	int rc, steps = 0;

	address = first_byte(1024) + align;
	while (step < n)
		step *= 2;
	step = min(step, (1UL << __ffs(address)) >> PAGE_SHIFT);
	rc = iova_search_start(&search, &model->space, address,
			       n << PAGE_SHIFT);
	assert_int_equal(rc, 0);
	do {
		rc = iova_search_step(&search, &model->space, &model->used,
				      &iova);
		assert_true(steps++ < 1000);
	} while (rc == -EAGAIN);
	best = lowest_free(model, n, step);
	if (!rc) {
		assert_int_equal(iova % (step << PAGE_SHIFT), 0);
		assert_true(is_free(model, iova >> PAGE_SHIFT, n));
	} else {
		assert_int_equal(rc, -ENOSPC);
	}
	if (!model->any_allowed)
		assert_int_equal(rc ? PAGES : iova >> PAGE_SHIFT, best);
}

static void test_random(void **state)
{
	static void (*const change[])(struct model *model) = {
		do_reserve, do_unreserve, do_allow, do_map, do_map, do_map,
	};
	struct model *model = malloc(sizeof(*model));
	int round;

	model_begin(model);
	for (round = 0; round < ROUNDS; round++) {
		change[random_below(6)](model);
		check_reserved(model);
		check_usable(model);
		check_search(model);
	}
	iova_space_destroy(&model->space);
	free(model);
}

/* The search never takes the first page nor the last. */
static void test_search_ends(void **state)
{
	struct rb_root_cached used = RB_ROOT_CACHED;
	struct iova_search search;
	struct iova_space space;
	unsigned long iova;

	iova_space_init(&space);
	assert_int_equal(iova_search_start(&search, &space, 0x1000, PAGE_SIZE),
			 0);
	assert_int_equal(iova_search_step(&search, &space, &used, &iova), 0);
	assert_true(iova == PAGE_SIZE);
	/* All but the last two pages is taken: one of them is found. */
	assert_int_equal(iova_reserve(&space, 0, ULONG_MAX - 2 * PAGE_SIZE,
				      &used), 0);
	assert_int_equal(iova_search_start(&search, &space, 0x1000, PAGE_SIZE),
			 0);
	assert_int_equal(iova_search_step(&search, &space, &used, &iova), 0);
	assert_true(iova == 0UL - 2 * PAGE_SIZE);
	assert_int_equal(iova_search_start(&search, &space, 0x1000,
					   2 * PAGE_SIZE), 0);
	assert_int_equal(iova_search_step(&search, &space, &used, &iova),
			 -ENOSPC);
	iova_space_destroy(&space);
}

static void test_search_refused(void **state)
{
	struct iova_search search;
	struct iova_space space;

	iova_space_init(&space);
	assert_int_equal(iova_search_start(&search, &space, 0, 0), -EOVERFLOW);
	assert_int_equal(iova_search_start(&search, &space, 0, ULONG_MAX / 2),
			 -EOVERFLOW);
	assert_int_equal(iova_search_start(&search, &space, 0, ULONG_MAX),
			 -EOVERFLOW);
	space.alignment = PAGE_SIZE;
	assert_int_equal(iova_search_start(&search, &space, 0x1010, PAGE_SIZE),
			 -EINVAL);
	assert_int_equal(iova_search_start(&search, &space, 0x1000, 100),
			 -EINVAL);
	assert_int_equal(iova_search_start(&search, &space, 0x1000, PAGE_SIZE),
			 0);
}

/* Alignment of the memory is kept up to that of a huge page, not more. */
static void test_search_alignment(void **state)
{
	struct rb_root_cached used = RB_ROOT_CACHED;
	struct iova_search search;
	struct iova_space space;
	unsigned long iova;

	iova_space_init(&space);
	assert_int_equal(iova_search_start(&search, &space, 1UL << 40,
					   1UL << 32), 0);
	assert_int_equal(iova_search_step(&search, &space, &used, &iova), 0);
	assert_true(iova == PMD_SIZE);
	assert_int_equal(iova_search_start(&search, &space, 0x12345678, 100),
			 0);
	assert_int_equal(iova_search_step(&search, &space, &used, &iova), 0);
	assert_true(offset_in_page(iova) == 0x678);
}

/* No memory for a range: nothing has changed. */
static void test_allocation_fails(void **state)
{
	struct rb_root_cached allowed = RB_ROOT_CACHED;
	struct iova_space space;

	iova_space_init(&space);
	allocations_left = 0;
	assert_int_equal(iova_reserve(&space, 0, 10, &space), -ENOMEM);
	allocations_left = 0;
	assert_int_equal(iova_allow(&allowed, 0, 10), -ENOMEM);
	allocations_left = -1;
	assert_false(iova_is_reserved(&space, 0, ULONG_MAX));
	assert_true(RB_EMPTY_ROOT(&allowed.rb_root));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_search_ends),
		cmocka_unit_test(test_search_refused),
		cmocka_unit_test(test_search_alignment),
		cmocka_unit_test(test_allocation_fails),
	};

	random_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
