// SPDX-License-Identifier: GPL-2.0
/*
 * The tree of ranges that do not overlap, against a naive model: an array that
 * says, for each value, which range has it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <iommufd/base/span.c>

#include "random.h"

#define VALUES 200
#define RANGES 40
#define ROUNDS 20000
#define NOBODY (-1)

/* @base: what value 0 of the model is: the ends of what a number can be. */
struct model {
	unsigned long base;
	struct span_tree tree;
	struct span span[RANGES];
	bool used[RANGES];
	int owner[VALUES];
};

static void model_begin(struct model *model, unsigned long base)
{
	int i;

	memset(model, 0, sizeof(*model));
	model->base = base;
	for (i = 0; i < VALUES; i++)
		model->owner[i] = NOBODY;
}

/* The first range from value @first on, to @last. */
static struct span *expect(struct model *model, int first, int last)
{
	for (; first <= last; first++)
		if (model->owner[first] != NOBODY)
			return &model->span[model->owner[first]];
	return NULL;
}

static void set_owner(struct model *model, const struct span *span, int owner)
{
	unsigned long i;

	for (i = span->start - model->base; i <= span->last - model->base; i++)
		model->owner[i] = owner;
}

static void put(struct model *model, int n, int first)
{
	struct span *span = &model->span[n];
	int last = min(first + (int)random_below(9), VALUES - 1);
	bool is_free = !expect(model, first, last);
	bool is_put;

	span->start = model->base + first;
	span->last = model->base + last;
	is_put = span_insert(&model->tree, span);
	assert_int_equal(is_put, is_free);
	if (is_put)
		set_owner(model, span, n);
	model->used[n] = is_put;
}

static void take(struct model *model, int n)
{
	span_remove(&model->tree, &model->span[n]);
	set_owner(model, &model->span[n], NOBODY);
	model->used[n] = false;
}

static void change(struct model *model, int n)
{
	if (model->used[n])
		take(model, n);
	else
		put(model, n, random_below(VALUES));
}

/* Empty a part of it, and fill that again: up or down, for the most part. */
static void change_many(struct model *model)
{
	int begin = random_below(RANGES), first = random_below(VALUES), n;
	bool down = random_below(2);

	for (n = begin; n < RANGES; n++)
		if (model->used[n])
			take(model, n);
	for (n = begin; n < RANGES; n++) {
		int step = random_below(8) ? random_below(20) :
					     random_below(VALUES);

		put(model, n, first);
		first = (first + (down ? VALUES - step : step)) % VALUES;
	}
}

static void look(struct model *model)
{
	int first = random_below(VALUES);
	int last = first + random_below(VALUES - first);
	struct span *span, *want = expect(model, first, last);

	span = span_first(&model->tree, model->base + first,
			  model->base + last);
	for (;;) {
		assert_ptr_equal(span, want);
		if (!span || span->last >= model->base + last)
			break;
		want = expect(model, span->last - model->base + 1, last);
		span = span_next(span, model->base + last);
	}
}

static void run_random(unsigned long base)
{
	struct model model;
	int round;

	model_begin(&model, base);
	for (round = 0; round < ROUNDS; round++) {
		change(&model, random_below(RANGES));
		if (!random_below(8))
			change_many(&model);
		look(&model);
	}
}

static void test_random_at_bottom(void **state)
{
	run_random(0);
}

static void test_random_at_top(void **state)
{
	run_random(ULONG_MAX - VALUES + 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_at_bottom),
		cmocka_unit_test(test_random_at_top),
	};

	random_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
