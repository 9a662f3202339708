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
#include <sys/wait.h>

#include "call.h"
#include "clock.h"
#include "manners.h"

/* Operations of a trial; with sharing most of them are on huge pages. */
#define STEPS 200
#define STEPS_SHARING 80

/* Seconds for each kind of mock, and with TEST_LONG. */
#define TRIALS_S 1
#define TRIALS_LONG_S 30

/* Trials at least, where the kernel is slow. */
#define TRIALS 1

#define FIXED_SEED 1

/* One trial that does not end is wrong, too; so long is looked for less. */
#define TRIAL_S 120
#define SHRINK_S 90

static struct record *record;
static struct op best[STEPS_MAX];

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

/* ---- one trial ---- */

static void trial_begin(struct trial *trial)
{
	struct record *record = trial->record;
	struct rlimit limit = { record->limit * PAGE, record->limit * PAGE };

	trial->fd = iommufd_open();
	trial->kmsg = kmsg_open();
	trial->fail = open(FAIL_MAP, O_RDWR | O_CLOEXEC);
	trial->max = open(MAX_TABLE_BYTES, O_WRONLY | O_CLOEXEC);
	if (trial->fd < 0 || trial->kmsg < 0 || trial->fail < 0 ||
	    trial->max < 0 ||
	    file_read_u64(MAX_TABLE_BYTES, &trial->usual))
		trial_wrong(trial, "cannot open what a trial needs");
	if (!arena_make(&trial->arena))
		trial_wrong(trial, "no memory for the arena");
	trial_expect(trial, test_memory_limit(trial->fd, record->batch), 0);
	if (record->payer == PAYER_PROCESS)
		trial_expect(trial,
			     iommufd_option_set(trial->fd,
						IOMMU_OPTION_RLIMIT_MODE, 0, 1),
			     0);
	if (record->payer != PAYER_NONE &&
	    (setrlimit(RLIMIT_MEMLOCK, &limit) ||
	     setresuid(record->uid, record->uid, 0)))
		trial_wrong(trial, "cannot become a user");
	trial->model.late = record->late;
	trial->model.shares = record->shares;
	trial->model.limit = record->payer == PAYER_NONE ? NO_LIMIT :
							   record->limit;
	trial->model.va = (uintptr_t)trial->arena.va;
	trial->pins = count_pins(trial);
	/* Of parts of larger pages it takes every answer. */
	trial->huge = !test_check_refs(trial->fd, at_va(trial, ARENA_THP * PAGE),
				       2 * HUGE, 1);
}

/* Closing the files undoes everything. */
static void trial_end(struct trial *trial)
{
	unsigned int i;

	close(trial->fd);
	for (i = 0; i < ACCESSES; i++)
		if (trial->model.access[i].live)
			close(trial->model.access[i].fd);
	memset(&trial->model, 0, sizeof(trial->model));
	trial_be_root(trial, true);
	trial->fd = iommufd_open();
	trial_be_root(trial, false);
	if (trial->fd < 0)
		trial_wrong(trial, "cannot open " IOMMUFD_NODE " again");
	compare_all(trial);
	compare_pins(trial);
	compare_contents(trial, ARENA_PAGES);
}

/* In a process of its own, that ends with it. */
static __noreturn void trial_run(struct record *record)
{
	struct trial *trial = calloc(1, sizeof(*trial));
	unsigned int step;

	trial->record = record;
	trial_begin(trial);
	for (step = 0; step < record->nops; step++) {
		struct op *op = &record->op[step];

		if (record->random && step < IOASES)
			*op = (struct op){ OP_IOAS, { step } };
		else if (record->random)
			*op = op_random(&trial->model);
		record->step = step;
		trial->ngone = 0;
		trial->rc = NO_CALL;
		op_do[op->kind](trial, op->arg);
		record->count[op->kind][-trial->rc]++;
		compare_all(trial);
	}
	record->step = step;
	trial_end(trial);
	_exit(0);
}

static bool record_is_wrong(void)
{
	static unsigned int uid = 2000;
	int status = -1;
	pid_t child;

	record->why[0] = '\0';
	record->late = mock_has_manner("unsettled");
	record->uid = ++uid;
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		alarm(TRIAL_S);
		trial_run(record);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (status && !record->why[0])
		snprintf(record->why, sizeof(record->why), "ended with status %#x",
			 status);
	return status;
}

static void record_random(uint64_t seed)
{
	static const unsigned int batches[] = { 16, 64, 65536, 65536 };

	random_state = seed;
	/* Neighbours would begin alike. */
	random_below(1);
	random_below(1);
	record->random = true;
	record->payer = random_below(PAYERS);
	record->limit = random_below(2) ? 6 + random_below(40) : NO_LIMIT;
	/* Which call it would stop is not known. */
	if (record->shares)
		record->limit = NO_LIMIT;
	record->batch = batches[random_below(4)];
	record->nops = number("STEPS", record->shares ? STEPS_SHARING : STEPS);
	assert_true(record->nops <= STEPS_MAX);
}

/* ---- as text ---- */

static void record_print(void)
{
	unsigned int i;

	printf("OPS='trial %lu %#lx %lu", record->payer, record->limit,
	       record->batch);
	for (i = 0; i < record->nops; i++) {
		fputs(", ", stdout);
		op_print(stdout, &record->op[i]);
	}
	fputs("'\n", stdout);
}

static void record_parse(const char *ops)
{
	char *text = strdup(ops), *item, *rest = text;

	record->random = false;
	record->nops = 0;
	item = strsep(&rest, ",");
	if (sscanf(item, "trial %li %li %li", (long *)&record->payer,
		   (long *)&record->limit, (long *)&record->batch) != 3)
		fail_msg("OPS does not begin with a trial: %s", item);
	while ((item = strsep(&rest, ",")))
		if (record->nops == STEPS_MAX ||
		    !op_parse(item, &record->op[record->nops++]))
			fail_msg("no operation: %s", item);
	free(text);
}

/* ---- shrink ---- */

/* Leave out some; false, and as before, where it does not go wrong then. */
static bool record_cut(unsigned int at, unsigned int count)
{
	unsigned int nops = record->nops;

	memcpy(best, record->op, nops * sizeof(*best));
	memmove(record->op + at, record->op + at + count,
		(nops - at - count) * sizeof(*best));
	record->nops -= count;
	if (record_is_wrong())
		return true;
	memcpy(record->op, best, nops * sizeof(*best));
	record->nops = nops;
	return false;
}

/* From half of them at a time down to single ones, until none can be missed. */
static void record_shrink(void)
{
	uint64_t end = clock_ms() + SHRINK_S * 1000;
	unsigned int count = record->nops / 2, at;
	bool cut;

	while (count) {
		cut = false;
		for (at = 0; at + count <= record->nops; )
			if (clock_ms() > end)
				return;
			else if (record_cut(at, count))
				cut = true;
			else
				at += count;
		if (!cut || count > 1)
			count /= 2;
	}
}

/* Without failures on purpose, where it goes wrong without. */
static void record_calm(void)
{
	unsigned int i;

	for (i = 0; i < record->nops; i++) {
		struct op op = record->op[i];

		if (op_calm(&record->op[i]) && !record_is_wrong())
			record->op[i] = op;
	}
}

static void record_report(void)
{
	unsigned int i;

	/* The last one showed it, or closing the files did. */
	if (record->step < record->nops)
		record->nops = record->step + 1;
	printf("wrong after %u operations: %s\n", record->nops, record->why);
	record_print();
	record->random = false;
	if (!record_is_wrong()) {
		printf("not wrong when repeated\n");
		return;
	}
	record_shrink();
	record_calm();
	record_is_wrong();
	printf("shrunk to %u operations: %s\n", record->nops, record->why);
	for (i = 0; i < record->nops; i++)
		op_explain(stdout, &record->op[i]);
	printf("SHARE=%d MANNERS='%s' ", record->shares, manners_now);
	record_print();
}

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
	uint64_t seconds = number("MODEL_SECONDS", number("TEST_LONG", 0) ?
				  TRIALS_LONG_S : TRIALS_S);
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
	run_seed(number("SEED", 0));
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
	if (!number("SHARE", 0))
		failed += bed_reload("share=0") ? 1 : manners_run(run_chosen);
	if (number("SHARE", 1))
		failed += run_sharing();
	return failed || bed_reload(NULL) ? 1 : 0;
}
