// SPDX-License-Identifier: GPL-2.0
/*
 * The coverage rule against a naive model: an array that counts, for each
 * value, how many ranges cover it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <iommufd/base/hole.h>

#include "random.h"

#define VALUES 200
#define RANGES 12
#define ROUNDS 5000

struct model {
	struct rb_root_cached tree;
	struct interval_tree_node node[RANGES];
	bool used[RANGES];
	int covered[VALUES];
};

static void change(struct model *model, int n)
{
	struct interval_tree_node *node = &model->node[n];
	unsigned long i;

	if (model->used[n]) {
		interval_tree_remove(node, &model->tree);
	} else {
		node->start = random_below(VALUES);
		node->last = node->start + random_below(VALUES - node->start);
		/* Short ones leave more holes. */
		if (random_below(2))
			node->last = min(node->last, node->start + 5);
		interval_tree_insert(node, &model->tree);
	}
	model->used[n] = !model->used[n];
	for (i = node->start; i <= node->last; i++)
		model->covered[i] += model->used[n] ? 1 : -1;
}

/* All holes from @first to @last, marked; each is as long as can be. */
static void walk(struct model *model, unsigned long first, unsigned long last)
{
	unsigned long at = first, hole_last, i;
	bool hole[VALUES] = { };

	while (at <= last && hole_next(&model->tree, &at, last, &hole_last)) {
		assert_true(at >= first && at <= hole_last &&
			    hole_last <= last);
		assert_true(at == first || model->covered[at - 1]);
		assert_true(hole_last == last || model->covered[hole_last + 1]);
		for (i = at; i <= hole_last; i++)
			hole[i] = true;
		at = hole_last + 1;
	}
	for (i = first; i <= last; i++)
		assert_int_equal(hole[i], !model->covered[i]);
}

static void test_random(void **state)
{
	struct model model = { .tree = RB_ROOT_CACHED };
	int round;

	for (round = 0; round < ROUNDS; round++) {
		unsigned long first = random_below(VALUES);

		change(&model, random_below(RANGES));
		walk(&model, 0, VALUES - 1);
		walk(&model, first, first + random_below(VALUES - first));
	}
}

/* The ends of what a number can be. */
static void test_extremes(void **state)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;
	struct interval_tree_node all = { .start = 0, .last = ULONG_MAX };
	struct interval_tree_node top = {
		.start = ULONG_MAX, .last = ULONG_MAX,
	};
	unsigned long first = 0, last;

	assert_true(hole_next(&tree, &first, ULONG_MAX, &last));
	assert_true(first == 0 && last == ULONG_MAX);
	interval_tree_insert(&top, &tree);
	assert_true(hole_next(&tree, &first, ULONG_MAX, &last));
	assert_true(first == 0 && last == ULONG_MAX - 1);
	first = ULONG_MAX;
	assert_false(hole_next(&tree, &first, ULONG_MAX, &last));
	interval_tree_insert(&all, &tree);
	first = 0;
	assert_false(hole_next(&tree, &first, ULONG_MAX, &last));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_extremes),
	};

	random_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
