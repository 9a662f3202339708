// SPDX-License-Identifier: GPL-2.0
/*
 * Allowed, reserved and free IOVA, and the search, against a naive model that
 * has one entry a page and tries every address.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <iommufd/ioas/iova.c>
#include <iommufd/base/span.c>

#include "random.h"

/* The model knows so many pages of one end of the space; the rest is reserved. */
#define PAGES 96
#define TOP_BASE ((1UL << 52) - PAGES)
#define ROUNDS 3000

enum owner { DEVICE_A, DEVICE_B, OWNERS };

/* @base: the first page, 0 or TOP_BASE; @allowed: which range, or 0 */
struct model {
	unsigned long base;
	struct iova_space space;
	struct span_tree used;
	struct span node[PAGES];
	int reserved[PAGES][OWNERS];
	int allowed[PAGES];
	bool any_allowed;
	bool mapped[PAGES];
};

static const char owner_key[OWNERS];
static const char beyond_key;

static unsigned long first_byte(const struct model *model, unsigned long page)
{
	return (model->base + page) << PAGE_SHIFT;
}

static unsigned long last_byte(const struct model *model, unsigned long page)
{
	return first_byte(model, page) + PAGE_SIZE - 1;
}

static bool is_reserved(const struct model *model, unsigned long page)
{
	return model->reserved[page][DEVICE_A] ||
	       model->reserved[page][DEVICE_B];
}

static void model_begin(struct model *model, unsigned long base)
{
	memset(model, 0, sizeof(*model));
	model->base = base;
	iova_space_init(&model->space);
	model->space.alignment = PAGE_SIZE;
	if (base)
		assert_int_equal(iova_reserve(&model->space, 0,
					      first_byte(model, 0) - 1,
					      &beyond_key), 0);
	else
		assert_int_equal(iova_reserve(&model->space,
					      first_byte(model, PAGES),
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
	rc = iova_reserve(&model->space, first_byte(model, first),
			  last_byte(model, last), &owner_key[owner]);
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
	int want[PAGES] = { };
	unsigned long first, last, i;
	int n = random_below(4), rc, expect = 0;

	while (n--) {
		int meets = 0;

		random_pages(&first, &last);
		for (i = first; i <= last; i++)
			meets |= want[i];
		rc = iova_allow(&allowed, first_byte(model, first),
				last_byte(model, last));
		assert_int_equal(rc, meets ? -EINVAL : 0);
		for (i = first; !rc && i <= last; i++)
			want[i] = n + 1;
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
	model->any_allowed = false;
	for (i = 0; i < PAGES; i++)
		model->any_allowed |= want[i];
}

static void do_map(struct model *model)
{
	unsigned long page = random_below(PAGES);

	if (model->mapped[page]) {
		span_remove(&model->used, &model->node[page]);
	} else {
		model->node[page].start = first_byte(model, page);
		model->node[page].last = last_byte(model, page);
		assert_true(span_insert(&model->used,
					&model->node[page]));
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
	assert_int_equal(iova_is_reserved(&model->space,
					  first_byte(model, first),
					  last_byte(model, last)), expect);
}

static void check_usable(struct model *model)
{
	unsigned long first = 0, last, i;
	bool usable[PAGES] = { };

	while (iova_next_usable(&model->space, &first, &last)) {
		assert_true(first >= first_byte(model, 0) &&
			    last <= last_byte(model, PAGES - 1));
		for (i = (first >> PAGE_SHIFT) - model->base;
		     i <= (last >> PAGE_SHIFT) - model->base; i++)
			usable[i] = true;
		if (last == ULONG_MAX)
			break;
		first = last + 1;
	}
	for (i = 0; i < PAGES; i++)
		assert_int_equal(usable[i], !is_reserved(model, i));
}

/*
 * Whether @n pages from @page on are free for a choice of the kernel's: never
 * the first page of all nor the last, and within one of the allowed ranges.
 */
static bool is_free(const struct model *model, unsigned long page,
		    unsigned long n)
{
	unsigned long i;

	if (page + n > PAGES || !(model->base + page) ||
	    (model->base && page + n == PAGES))
		return false;
	for (i = page; i < page + n; i++)
		if (is_reserved(model, i) || model->mapped[i] ||
		    model->allowed[i] != model->allowed[page] ||
		    (model->any_allowed && !model->allowed[i]))
			return false;
	return true;
}

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
	unsigned long align = PAGE_SIZE << random_below(4);
	struct iova_search search;
	int rc, steps = 0;

	address = (1024 << PAGE_SHIFT) + align;
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
	assert_true(!rc || rc == -ENOSPC);
	assert_int_equal(rc ? PAGES : (iova >> PAGE_SHIFT) - model->base,
			 lowest_free(model, n, step));
	assert_int_equal(offset_in_page(iova), 0);
}

static void run_random(unsigned long base)
{
	static void (*const change[])(struct model *model) = {
		do_reserve, do_unreserve, do_allow, do_map, do_map, do_map,
	};
	struct model *model = malloc(sizeof(*model));
	int round;

	model_begin(model, base);
	for (round = 0; round < ROUNDS; round++) {
		change[random_below(6)](model);
		check_reserved(model);
		check_usable(model);
		check_search(model);
	}
	iova_space_destroy(&model->space);
	free(model);
}

static void test_random_at_bottom(void **state)
{
	run_random(0);
}

static void test_random_at_top(void **state)
{
	run_random(TOP_BASE);
}

/* Many small mappings with no room between them: found in several steps. */
static void test_search_in_steps(void **state)
{
	static struct span node[1000];
	struct span_tree used = {};
	struct iova_search search;
	struct iova_space space;
	unsigned long iova = 0, i;
	int rc, again = 0;

	iova_space_init(&space);
	for (i = 0; i < 1000; i++) {
		node[i].start = PAGE_SIZE + 2 * i * PAGE_SIZE;
		node[i].last = node[i].start + PAGE_SIZE - 1;
		assert_true(span_insert(&used, &node[i]));
	}
	assert_int_equal(iova_search_start(&search, &space, 0x2000,
					   2 * PAGE_SIZE), 0);
	while ((rc = iova_search_step(&search, &space, &used,
				      &iova)) == -EAGAIN)
		again++;
	assert_int_equal(rc, 0);
	assert_int_equal(iova, node[999].last + 1);
	assert_true(again >= 10 && again <= 1000);
	iova_space_destroy(&space);
}

/* Memory that begins within a page is placed at the same byte of a page. */
static void test_search_offset(void **state)
{
	struct span_tree used = {};
	struct span node;
	struct iova_search search;
	struct iova_space space;
	unsigned long iova, offset;

	iova_space_init(&space);
	for (offset = 1; offset < PAGE_SIZE; offset += 1 + random_below(64)) {
		assert_int_equal(iova_search_start(&search, &space,
						   PAGE_SIZE + offset,
						   2 * PAGE_SIZE), 0);
		assert_int_equal(iova_search_step(&search, &space, &used,
						  &iova), 0);
		assert_int_equal(offset_in_page(iova), offset);
		/* Behind a mapping that ends where a page ends. */
		node.start = iova;
		node.last = 8 * PAGE_SIZE - 1;
		assert_true(span_insert(&used, &node));
		assert_int_equal(iova_search_step(&search, &space, &used,
						  &iova), 0);
		assert_int_equal(iova, 8 * PAGE_SIZE + offset);
		span_remove(&used, &node);
	}
	iova_space_destroy(&space);
}

/* The search never takes the first page nor the last. */
static void test_search_ends(void **state)
{
	struct span_tree used = {};
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
	struct span_tree used = {};
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
		cmocka_unit_test(test_random_at_bottom),
		cmocka_unit_test(test_random_at_top),
		cmocka_unit_test(test_search_in_steps),
		cmocka_unit_test(test_search_offset),
		cmocka_unit_test(test_search_ends),
		cmocka_unit_test(test_search_refused),
		cmocka_unit_test(test_search_alignment),
		cmocka_unit_test(test_allocation_fails),
	};

	random_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
