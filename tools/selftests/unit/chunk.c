// SPDX-License-Identifier: GPL-2.0
/*
 * Chunk words against a naive model: an array of frame numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <iommufd/memory/chunk.c>

#include "random.h"

#define OPERATIONS 20000
#define EMPTY CHUNK_NONE

struct model {
	chunk_t chunk;
	unsigned int size;
	unsigned long frame[CHUNK_PAGES];
};

static void model_begin(struct model *model, unsigned int size)
{
	unsigned int slot;

	model->chunk = 0;
	model->size = size;
	for (slot = 0; slot < CHUNK_PAGES; slot++)
		model->frame[slot] = EMPTY;
}

static void model_end(struct model *model)
{
	chunk_clear(&model->chunk, model->size, 0, model->size - 1);
	assert_true(!model->chunk);
}

static unsigned int model_count(const struct model *model, unsigned int first,
				unsigned int last)
{
	unsigned int n = 0;

	for (; first <= last; first++)
		n += model->frame[first] != EMPTY;
	return n;
}

/* The run that begins at @slot, as the model has it. */
static unsigned int model_run(const struct model *model, unsigned int slot,
			      unsigned int last)
{
	unsigned long pfn = model->frame[slot];
	unsigned int n = 1;

	while (slot + n <= last &&
	       model->frame[slot + n] == (pfn == EMPTY ? EMPTY : pfn + n))
		n++;
	return n;
}

/*
 * A walk in runs: each has the right frames. It may be shorter than possible
 * only where that is allowed: never, but for a run before adjacent frames.
 */
static void check_runs(const struct model *model, unsigned int first,
		       unsigned int last)
{
	unsigned int slot, n, i;
	unsigned long pfn;

	for (slot = first; slot <= last; slot += n) {
		n = chunk_run(model->chunk, slot, last, &pfn);
		assert_true(n >= 1 && slot + n - 1 <= last);
		assert_int_equal(n, model_run(model, slot, last));
		for (i = 0; i < n; i++)
			assert_true(model->frame[slot + i] ==
				    (pfn == EMPTY ? EMPTY : pfn + i));
	}
}

static void check(const struct model *model)
{
	unsigned int slot, first = random_below(model->size);
	unsigned int last = first + random_below(model->size - first);

	for (slot = 0; slot < model->size; slot++)
		assert_true(chunk_frame(model->chunk, slot) ==
			    model->frame[slot]);
	assert_int_equal(chunk_count(model->chunk, first, last),
			 model_count(model, first, last));
	check_runs(model, first, last);
	check_runs(model, 0, model->size - 1);
	/* A chunk without frames takes no memory. */
	assert_true(!model_count(model, 0, model->size - 1) == !model->chunk);
}

/* An empty range around a random empty slot; false if there is none. */
static bool find_empty(const struct model *model, unsigned int *first,
		       unsigned int *last)
{
	unsigned int slot = random_below(model->size);

	if (model->frame[slot] != EMPTY)
		return false;
	*first = slot;
	*last = slot;
	while (*last + 1 < model->size && model->frame[*last + 1] == EMPTY &&
	       random_below(16))
		++*last;
	return true;
}

/* Frames that often continue their neighbour's, and sometimes are wide. */
static unsigned long choose_frame(const struct model *model,
				  unsigned int first, unsigned int last)
{
	if (first && model->frame[first - 1] != EMPTY && random_below(2))
		return model->frame[first - 1] + 1;
	if (last + 1 < model->size && model->frame[last + 1] != EMPTY &&
	    model->frame[last + 1] > 1000 && random_below(2))
		return model->frame[last + 1] - (last - first + 1);
	if (!random_below(8))
		return (1UL << 32) - 8 + random_below(16);
	return 1000 + random_below(1 << 28);
}

static int do_set(struct model *model, unsigned int first, unsigned int last,
		  unsigned long pfn, bool by_folio)
{
	struct page *pages[CHUNK_PAGES];
	unsigned long frame[CHUNK_PAGES];
	unsigned int i, n = last - first + 1;
	bool scattered = random_below(2);
	int rc;

	for (i = 0; i < n; i++) {
		frame[i] = scattered ? choose_frame(model, first, last) :
				       pfn + i;
		pages[i] = (struct page *)frame[i];
	}
	if (scattered || random_below(2))
		rc = chunk_set(&model->chunk, model->size, first, pages, n,
			       by_folio);
	else
		rc = chunk_set_run(&model->chunk, model->size, first, last,
				   pfn, by_folio);
	if (!rc)
		memcpy(model->frame + first, frame, n * sizeof(frame[0]));
	return rc;
}

static void do_clear(struct model *model)
{
	unsigned int first = random_below(model->size);
	unsigned int last = first + random_below(model->size - first);
	unsigned int slot;

	if (!random_below(8)) {
		first = 0;
		last = model->size - 1;
	}
	chunk_clear(&model->chunk, model->size, first, last);
	for (slot = first; slot <= last; slot++)
		model->frame[slot] = EMPTY;
}

static void run_random(unsigned int size, bool by_folio, bool failing)
{
	unsigned int first, last;
	struct model model;
	int i, failed = 0;

	model_begin(&model, size);
	for (i = 0; i < OPERATIONS; i++) {
		if (failing)
			allocations_left = random_below(2);
		if (random_below(3) && find_empty(&model, &first, &last))
			failed += !!do_set(&model, first, last,
					   choose_frame(&model, first, last),
					   by_folio);
		else
			do_clear(&model);
		allocations_left = -1;
		check(&model);
		assert_true(!model.chunk ||
			    chunk_is_by_folio(model.chunk) == by_folio);
	}
	assert_true(failing ? failed : !failed);
	model_end(&model);
}

static void test_random(void **state)
{
	run_random(CHUNK_PAGES, false, false);
	run_random(CHUNK_PAGES, true, false);
}

/* Chunks at the end of a mem have fewer slots, down to one. */
static void test_random_small(void **state)
{
	run_random(7, false, false);
	run_random(33, true, false);
	run_random(1, false, false);
}

static void test_random_allocation_fails(void **state)
{
	run_random(64, false, true);
}

/* 512 frames in a row, in whatever pieces they come, need no table. */
static void test_adjacent_is_one_word(void **state)
{
	unsigned int first, step;

	for (step = 1; step <= CHUNK_PAGES; step *= 2) {
		chunk_t up = 0, down = 0;

		allocations_left = 0;
		for (first = 0; first < CHUNK_PAGES; first += step) {
			unsigned int top = CHUNK_PAGES - step - first;

			assert_int_equal(chunk_set_run(&up, CHUNK_PAGES, first,
						       first + step - 1,
						       5000 + first, false), 0);
			assert_int_equal(chunk_set_run(&down, CHUNK_PAGES, top,
						       top + step - 1,
						       5000 + top, false), 0);
		}
		allocations_left = -1;
		assert_true(up == down);
		assert_int_equal(chunk_count(up, 0, CHUNK_PAGES - 1),
				 CHUNK_PAGES);
	}
}

/* Every frame number that fits the word: up to 43 bits. */
static void test_largest_frame(void **state)
{
	unsigned long pfn = (1UL << 43) - CHUNK_PAGES;
	chunk_t chunk = 0;

	assert_int_equal(chunk_set_run(&chunk, CHUNK_PAGES, 0, CHUNK_PAGES - 1,
				       pfn, false), 0);
	assert_true(chunk_frame(chunk, CHUNK_PAGES - 1) == (1UL << 43) - 1);
	/* A hole makes it a table of wide entries. */
	chunk_clear(&chunk, CHUNK_PAGES, 100, 100);
	assert_true(chunk_frame(chunk, CHUNK_PAGES - 1) == (1UL << 43) - 1);
	assert_true(chunk_frame(chunk, 100) == CHUNK_NONE);
	chunk_clear(&chunk, CHUNK_PAGES, 0, CHUNK_PAGES - 1);
	assert_true(!chunk);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_small),
		cmocka_unit_test(test_random_allocation_fails),
		cmocka_unit_test(test_adjacent_is_one_word),
		cmocka_unit_test(test_largest_frame),
	};

	random_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
