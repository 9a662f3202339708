// SPDX-License-Identifier: GPL-2.0
/*
 * Who waits for registers, against a naive model: each is taken once in a round, by its
 * own process or by the worker; and nobody who lets many wait keeps others from their turn,
 * or lets them look at what is not theirs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <iommufd/ioas/waiting.c>

#include "random.h"

#define PROCESSES 6
#define WAITING 60
#define ROUNDS 20000

/* Enough to be seen, if somebody looks at all of them. */
#define MANY 20000

static char processes[PROCESSES];

static const struct mm_struct *process(unsigned int n)
{
	return (const struct mm_struct *)&processes[n];
}

/* Of all, what a model would know. @taken: the last round that it was taken in. */
static struct model {
	struct waiting waiting;
	bool waits;
	unsigned long taken;
} models[WAITING];

static void put_back(struct waiting *waiting)
{
	assert_false(refcount_dec_and_test(&waiting->refs));
}

/* Some are as good as gone: nobody has a reference. */
static void change(struct model *model)
{
	switch (random_below(4)) {
	case 0:
	case 1:
		waiting_add(&model->waiting);
		model->waits = true;
		break;
	case 2:
		waiting_remove(&model->waiting);
		model->waits = false;
		break;
	default:
		waiting_remove(&model->waiting);
		waiting_init(&model->waiting, process(random_below(PROCESSES)));
		model->waits = false;
		model->taken = 0;
		break;
	}
}

static void kill_one(struct model *model)
{
	refcount_set(&model->waiting.refs, 0);
}

static bool is_wanted(const struct model *model, const struct mm_struct *mm,
		      unsigned long round)
{
	return model->waits && model->taken < round &&
	       refcount_read(&model->waiting.refs) &&
	       (!mm || model->waiting.mm == mm);
}

static void check_taken(struct waiting *waiting, const struct mm_struct *mm,
			unsigned long round)
{
	struct model *model = container_of(waiting, struct model, waiting);

	assert_true(is_wanted(model, mm, round));
	model->taken = round;
	put_back(waiting);
}

static void check_nobody(const struct mm_struct *mm, unsigned long round)
{
	unsigned int i;

	for (i = 0; i < WAITING; i++)
		assert_false(is_wanted(&models[i], mm, round));
}

static void take_all_of(unsigned long round)
{
	const struct mm_struct *mm = process(random_below(PROCESSES));
	struct waiting *waiting;

	while ((waiting = waiting_take_of(mm, round)))
		check_taken(waiting, mm, round);
	check_nobody(mm, round);
}

static void take_all(unsigned long round)
{
	struct waiting *waiting;

	while ((waiting = waiting_take(round)))
		check_taken(waiting, NULL, round);
	check_nobody(NULL, round);
}

/* Those that went are made anew: nothing of them may be left in the tree. */
static void check_round(void)
{
	unsigned int i, changes = (unsigned int)random_below(WAITING);
	unsigned long round;

	for (i = 0; i < changes; i++)
		change(&models[random_below(WAITING)]);
	if (!random_below(4))
		kill_one(&models[random_below(WAITING)]);
	round = waiting_begin_round();
	if (!round)
		check_nobody(NULL, ULONG_MAX);
	else if (random_below(2))
		take_all_of(round);
	else
		take_all(round);
	for (i = 0; i < WAITING; i++) {
		if (refcount_read(&models[i].waiting.refs))
			continue;
		waiting_remove(&models[i].waiting);
		waiting_init(&models[i].waiting, process(0));
		models[i].waits = false;
		models[i].taken = 0;
	}
}

static void test_model(void **state)
{
	unsigned int i;

	for (i = 0; i < WAITING; i++)
		waiting_init(&models[i].waiting, process(i % PROCESSES));
	for (i = 0; i < ROUNDS; i++)
		check_round();
	for (i = 0; i < WAITING; i++)
		waiting_remove(&models[i].waiting);
	assert_int_equal(waiting_begin_round(), 0);
}

/* ---- many of one process ---- */

/* In any order, as memory comes: the tree of this test is not balanced. */
static struct waiting *wait_often(const struct mm_struct *mm)
{
	struct waiting *many = calloc(MANY, sizeof(*many));
	unsigned int *order = calloc(MANY, sizeof(*order));
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		unsigned int at = (unsigned int)random_below(i + 1);

		order[i] = order[at];
		order[at] = i;
		waiting_init(&many[i], mm);
	}
	for (i = 0; i < MANY; i++) {
		many[order[i]].round = order[i];
		waiting_add(&many[order[i]]);
	}
	free(order);
	rounds = MANY;
	return many;
}

static void forget(struct waiting *many)
{
	unsigned int i;

	for (i = 0; i < MANY; i++)
		waiting_remove(&many[i]);
	free(many);
}

/* Who has one gets it looked at by the worker at once, each time. */
static void test_turns(void **state)
{
	struct waiting *many = wait_often(process(0)), one, *taken;
	unsigned int turn;

	waiting_init(&one, process(1));
	waiting_add(&one);
	for (turn = 0; turn < 3; turn++) {
		unsigned long round = waiting_begin_round();
		unsigned int took = 0;

		do {
			taken = waiting_take(round);
			assert_non_null(taken);
			put_back(taken);
			took++;
		} while (taken != &one);
		assert_true(took <= 2);
	}
	waiting_remove(&one);
	forget(many);
}

/* Who has none finds that out without a look at what others have. */
static void test_foreign(void **state)
{
	struct waiting *many = wait_often(process(0));
	unsigned long round = waiting_begin_round();
	clock_t begin = clock();
	unsigned int i;

	for (i = 0; i < MANY; i++)
		assert_null(waiting_take_of(process(1), round));
	assert_true(clock() - begin < CLOCKS_PER_SEC / 2);
	forget(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_foreign),
	};

	random_begin();
	return cmocka_run_group_tests_name("waiting", tests, NULL, NULL);
}
