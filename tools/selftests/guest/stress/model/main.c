// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations against a simple model: map, copy, unmap, attach, replace,
 * detach, page tables, accesses and their pins, over several IOASes. After each
 * the IOVA ranges, every translation, every page's pins and the accounting are
 * compared with the model. By iommufd_selftest.ko; needs no device.
 *
 * One trial that went wrong is printed with its seed and its operations, and
 * then with as few of them as still go wrong. To repeat it:
 *
 *   SEED=N /tests/model	the trial of a seed; STEPS=N: of other length
 *   OPS='...' /tests/model	the operations, as they were printed
 *
 * MANNERS=NAME: with one kind of mock IOMMU only, see manners.h; MODEL_SECONDS=N:
 * for so long with each; SHARE=1: where MAPs share what they have pinned.
 *
 * Without sharing all pins are known. With it only how many there are at least, and
 * at most, and that none is left in the end.
 */
#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "env.h"
#include "manners.h"
#include "op.h"
#include "record.h"
#include "trial.h"

/* Seconds for each kind of mock, and with TEST_LONG. */
#define TRIALS_S 1
#define TRIALS_LONG_S 30

/* Trials at least, where the kernel is slow. */
#define TRIALS 1

#define FIXED_SEED 1

static void run_seed(uint64_t seed)
{
	record_random(seed);
	if (!record_is_wrong())
		return;
	printf("SHARE=%d MANNERS='%s' SEED=%lu\n", record->shares, manners_now,
	       seed);
	record_report();
	fail_msg("SEED=%lu is wrong", seed);
}

/* What has been tried so far: a test that meets nothing would show here. */
static void record_print_counts(void)
{
	unsigned int kind, error;

	for (kind = 0; kind < OPS; kind++) {
		printf("    %s: %u", op_rows[kind].name,
		       record->count[kind][0]);
		for (error = 1; error < ERRNOS; error++)
			if (record->count[kind][error])
				printf(", %u %s", record->count[kind][error],
				       error == -NO_CALL ? "not called" :
				       strerrorname_np(error));
		printf("\n");
	}
}

/* ---- tests ---- */

/* The same in each run. */
static void test_fixed_seed(void **state)
{
	run_seed(FIXED_SEED);
}

static void test_random_seeds(void **state)
{
	uint64_t usual = env_number("TEST_LONG", 0) ? TRIALS_LONG_S : TRIALS_S;
	uint64_t seconds = env_number("MODEL_SECONDS", usual);
	uint64_t end = clock_ms() + seconds * 1000, seed = time(NULL);
	unsigned int trials = 0;

	seed = seed * 100000;
	print_message("seeds from SEED=%lu on\n", seed);
	while (clock_ms() < end || trials < TRIALS) {
		run_seed(seed++);
		trials++;
	}
	printf("%u trials of %u operations\n", trials, record->nops);
	record_print_counts();
}

static void test_this_seed(void **state)
{
	run_seed(env_number("SEED", 0));
}

static void test_these_ops(void **state)
{
	record_parse(getenv("OPS"));
	if (!record_is_wrong())
		return;
	record_report();
	fail_msg("OPS are wrong");
}

/* With the mock as it is now. */
static int run_chosen(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed_seed),
		cmocka_unit_test(test_random_seeds),
	};
	static const struct CMUnitTest this_seed[] = {
		cmocka_unit_test(test_this_seed),
	};
	static const struct CMUnitTest these_ops[] = {
		cmocka_unit_test(test_these_ops),
	};
	const char *only = getenv("MANNERS");

	if (only && strcmp(only, manners_now))
		return 0;
	if (getenv("OPS"))
		return cmocka_run_group_tests(these_ops, NULL, NULL);
	if (getenv("SEED"))
		return cmocka_run_group_tests(this_seed, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Sharing hardly depends on the driver: the best is tried, and the worst. */
static int run_sharing(void)
{
	static const char * const extremes[] = { "", "all" };

	record->shares = true;
	if (bed_reload(NULL))
		return 1;
	if (getenv("MANNERS"))
		return manners_run(run_chosen);
	return manners_run_some(extremes, ARRAY_SIZE(extremes), run_chosen);
}

int main(void)
{
	int failed = 0;

	record = mmap(NULL, sizeof(*record), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (record == MAP_FAILED)
		return 1;
	if (!env_number("SHARE", 0))
		failed += bed_reload("share=0") ? 1 : manners_run(run_chosen);
	if (env_number("SHARE", 1))
		failed += run_sharing();
	return failed || bed_reload(NULL) ? 1 : 0;
}
