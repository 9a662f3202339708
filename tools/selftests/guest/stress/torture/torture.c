// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once, for a long time: processes of several threads map, unmap,
 * copy, attach, replace, destroy, close and fork on mock devices, accesses and
 * QEMU's edus, under memory that comes, goes, splits and collapses, one of them
 * in a small memory cgroup, and all of them killed at any moment, while drivers
 * are unbound. In rounds; after each all is closed, and must be as it was.
 *
 * What fails the test: an error that does not fit its call, an operation that
 * takes minutes, one that never succeeds, anything that is left afterwards,
 * what the oracle sees, and whatever the kernel complains about.
 *
 * Some seconds; TORTURE_SECONDS says how many, SEED repeats what the threads
 * choose to do, MANNERS has one kind of mock only. Needs the edu device, and takes
 * as many as there are.
 *
 * A thread picks what it works on (world.h), and does one of the
 * operations (op.h); watch.h starts and watches the processes.
 */
#include <linux/memfd.h>
#include <sys/prctl.h>

#include "bed.h"
#include "cgroup.h"
#include "clock.h"
#include "edubed.h"
#include "env.h"
#include "file.h"
#include "manners.h"
#include "module.h"
#include "op.h"
#include "rest.h"
#include "system.h"
#include "tally.h"
#include "watch.h"
#include "world.h"

#define SECONDS 8
#define SECONDS_LONG 120
#define ROUND_SECONDS 60

/* More time is given until each operation has succeeded once. */
#define EXTRA_SECONDS 180
#define EXTRA_ROUND_SECONDS 20

static void one_round(struct watch *watch, uint64_t ms)
{
	uint64_t pins = pins_now();

	load_mock(torture->seed + torture->round);
	torture->nedus = edus_bind(torture->edus, EDUS);
	run_round(watch, ms);
	/* Who has changed it may have been killed. */
	assert_int_equal(file_write(MAX_TABLE_BYTES, usual_max), 0);
	if (torture->bad)
		fail_msg("%s: %s has no place there",
			 ops[torture->bad_op].name, strerror(-torture->bad));
	check_rest(pins, torture->shared, SHARED_SIZE);
	assert_int_equal(module_unload("iommufd_selftest"), 0);
	torture->round++;
}

static unsigned int run_seconds(void)
{
	return env_number("TORTURE_SECONDS", env_is_long() ? SECONDS_LONG :
							     SECONDS);
}

static bool each_succeeded(void)
{
	unsigned int i;

	for (i = 0; i < ops_count; i++)
		if (!torture->tally[i].done)
			return false;
	return true;
}

/* Also where the test has failed. */
static int print_tally(void **state)
{
	unsigned int i;

	for (i = 0; i < ops_count; i++)
		tally_print(ops[i].name, &torture->tally[i]);
	printf("%u rounds, %lu processes killed by us, %lu died\n",
	       torture->round, (unsigned long)torture->kills,
	       (unsigned long)torture->deaths);
	fflush(stdout);
	return 0;
}

static void check_tally(void)
{
	unsigned int i;

	for (i = 0; i < ops_count; i++)
		if (!torture->tally[i].done)
			fail_msg("%s never succeeded", ops[i].name);
}

/* Two rounds at least; what needs extra time needs a long round. */
static uint64_t round_ms(uint64_t ms, uint64_t passed)
{
	if (passed >= ms)
		return EXTRA_ROUND_SECONDS * 1000;
	return ms / 2 < ROUND_SECONDS * 1000 ? ms / 2 : ROUND_SECONDS * 1000;
}

static void test_torture(void **state)
{
	uint64_t ms = run_seconds() * 1000, start = clock_ms();
	struct watch watch = { .progress = start };

	while (clock_ms() - start < ms ||
	       (!each_succeeded() &&
		clock_ms() - start < ms + EXTRA_SECONDS * 1000))
		one_round(&watch, round_ms(ms, clock_ms() - start));
	check_tally();
}

/* Where the guest has such a page. */
static int giant_file(void)
{
	int fd = memfd_create("giant", MFD_CLOEXEC | MFD_HUGETLB |
				       MFD_HUGE_1GB);
	void *mem = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, GIANT_SIZE))
		mem = mmap(NULL, GIANT_SIZE, PROT_READ | PROT_WRITE,
			   MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED) {
		print_message("no page of 1 GiB\n");
		close(fd);
		return -1;
	}
	*(uint8_t *)mem = 1;
	munmap(mem, GIANT_SIZE);
	return fd;
}

static int setup(void **state)
{
	size_t size = SHARED_SIZE + sizeof(*torture);
	uint8_t *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1))
		return -1;
	if (cgroup_make(CGROUP, CGROUP_MAX))
		return -1;
	if (file_read(MAX_TABLE_BYTES, usual_max, sizeof(usual_max)) < 0)
		return -1;
	torture = (void *)(mem + SHARED_SIZE);
	torture->shared = mem;
	torture->giant = giant_file();
	memset(mem, 1, SHARED_SIZE);
	torture->seed = env_seed(clock_ms());
	console_quiet();
	if (module_loaded("iommufd_selftest"))
		return module_unload("iommufd_selftest");
	return 0;
}

static int teardown(void **state)
{
	console_usual();
	close(torture->giant);
	cgroup_remove(CGROUP);
	return 0;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_teardown(test_torture, print_tally),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
