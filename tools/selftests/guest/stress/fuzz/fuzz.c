// SPDX-License-Identifier: GPL-2.0
/*
 * A fuzzer of the ioctls of /dev/iommu, of VFIO's character devices, and of its
 * groups and containers. It makes calls that are well-formed (calls.h),
 * with ids and files that earlier calls have brought (life.h), and spoils
 * some fields of some (value.h): by values at the limits, ids that are
 * stale, foreign or of another kind, files of other kinds, sizes, and addresses
 * where nothing is. Now and then two calls run at a time, or a call waits for
 * its struct while what it is about goes away (late.h).
 *
 * In lives: a process makes some thousand calls and ends; then all must be as
 * it was. A life depends on its seed alone, but for the races in it. Each call
 * is a line of the kernel's log before it is made; when the kernel complains,
 * the last ones are shown.
 *
 *   SEED, FUZZ_COUNT, FUZZ_SECONDS   the first life's seed; calls, or seconds
 *   MANNERS                          one kind of mock only, see manners.h
 *
 * SEED=N FUZZ_COUNT=1 repeats the life N. Needs QEMU's edu.
 */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "backend.h"
#include "bed.h"
#include "calls.h"
#include "cgroup.h"
#include "clock.h"
#include "edubed.h"
#include "env.h"
#include "event.h"
#include "file.h"
#include "late.h"
#include "life.h"
#include "manners.h"
#include "module.h"
#include "one.h"
#include "rest.h"
#include "tally.h"
#include "test.h"
#include "user.h"

#define SECONDS 6
#define SECONDS_LONG 120
#define LIFE_CALLS 5000

/* More time is given until each call has succeeded once. */
#define EXTRA_SECONDS 600

#define PROGRESS_MS 30000
#define STUCK_MS 100000

/* What one life may use. */
#define CGROUP "/sys/fs/cgroup/fuzz"
#define CGROUP_MAX "268435456"

/* ---- a life ---- */

static void *helper(void *arg)
{
	struct life *life = arg;

	for (;;) {
		sem_wait(&life->help);
		if (!life->helped.call)
			return NULL;
		run_one(&life->helped);
		sem_post(&life->done);
	}
}

/* Two at a time, where the first is made well, or both alike. */
static void run_two(struct life *life, struct one *one)
{
	make_one(life, &life->helped, life->args[1]);
	if (choose(life, 2)) {
		memcpy(life->args[1], one->arg, ARG_ROOM);
		life->helped = *one;
		life->helped.arg = life->args[1];
		if (one->whole)
			life->helped.user = life->args[1];
	}
	tell(life, &life->helped);
	sem_post(&life->help);
	run_late(life, one);
	sem_wait(&life->done);
	judge(life, &life->helped);
}

static void live(struct life *life)
{
	pthread_t thread;
	unsigned int i;

	check(!pthread_create(&thread, NULL, helper, life));
	for (i = 0; i < LIFE_CALLS && !fuzz->odd[0]; i++) {
		bool late = life->started && choose(life, 2);
		struct one one;

		if (late)
			make_late(life, &one);
		else
			make_one(life, &one, life->args[0]);
		life->started = 0;
		tell(life, &one);
		if (late || !choose(life, 16))
			run_late(life, &one);
		else if (choose(life, 10))
			run_one(&one);
		else
			run_two(life, &one);
		judge(life, &one);
		happen(life);
	}
	life->helped.call = NULL;
	sem_post(&life->help);
	pthread_join(thread, NULL);
}

/* Half of them keep to RLIMIT_MEMLOCK. */
static void child_lives(void *arg)
{
	struct rlimit limit = { 4 * HUGE, 4 * HUGE };
	struct life *life = arg;
	unsigned int seed = life->random;

	cgroup_enter(CGROUP);
	usual_signals();
	if (seed & 2)
		check(!drop_ipc_lock() && !setrlimit(RLIMIT_MEMLOCK, &limit));
	life->mem = memory_amid_nothing(MEM_SIZE + HUGE);
	life->data = life->mem + MEM_SIZE;
	/* In large pieces, if the kernel has them. */
	madvise(life->mem, MEM_SIZE, MADV_HUGEPAGE);
	life->args[0] = memory_amid_nothing(ARG_ROOM);
	life->args[1] = memory_amid_nothing(ARG_ROOM);
	check(!sem_init(&life->help, 0, 0) && !sem_init(&life->done, 0, 0));
	late_start(life);
	open_all(life);
	live(life);
}

/* ---- the kernel ---- */

/* What the kernel marks itself with when it has complained. */
#define TAINTS ((1 << 5) | (1 << 7) | (1 << 9))

static bool kernel_complains(void)
{
	uint64_t taints = 0;

	file_read_u64("/proc/sys/kernel/tainted", &taints);
	return taints & TAINTS;
}

/* Lockdep leaves no such mark: it says what is wrong, and ends its work. */
static bool lockdep_complains(void)
{
	char text[8192], *line;

	if (file_read("/proc/lockdep_stats", text, sizeof(text)) <= 0)
		return false;
	line = strstr(text, "debug_locks:");
	return line && !strtoul(line + strlen("debug_locks:"), NULL, 10);
}

static void show_ring(void)
{
	unsigned int i;

	for (i = 0; i < RING; i++)
		printf("%s\n", fuzz->ring[(fuzz->calls + i) % RING]);
	fflush(stdout);
}

static void print_stacks(pid_t child)
{
	char command[96];

	snprintf(command, sizeof(command),
		 "cat /proc/%d/task/*/stack 2>/dev/null", child);
	fflush(stdout);
	if (system(command))
		printf("no stacks\n");
}

static void print_progress(unsigned int seed)
{
	static uint64_t last;

	if (!last)
		last = clock_ms();
	if (clock_ms() - last < PROGRESS_MS)
		return;
	last = clock_ms();
	printf("%lu calls, this life is SEED=%u\n",
	       (unsigned long)fuzz->calls, seed);
	fflush(stdout);
}

/* Waits for a life's end, and sees that its calls come to one. */
static void watch_life(pid_t child, unsigned int seed)
{
	uint64_t calls = fuzz->calls, since = clock_ms();
	int status = -1;

	while (waitpid(child, &status, WNOHANG) != child) {
		usleep(20000);
		print_progress(seed);
		if (fuzz->calls != calls) {
			calls = fuzz->calls;
			since = clock_ms();
		}
		if (kernel_complains()) {
			show_ring();
			fail_msg("the kernel complains");
		}
		if (clock_ms() - since > STUCK_MS) {
			show_ring();
			print_stacks(child);
			fail_msg("a call does not end");
		}
	}
	/* Its cgroup may have been full. */
	if (status && status != SIGKILL) {
		show_ring();
		fail_msg("a life ended with status %#x", status);
	}
}

/* A test command sets it for all. */
static void lift_limit(void)
{
	int fd = new_fd();

	assert_int_equal(test_memory_limit(fd, 65536), 0);
	close(fd);
}

static void one_life(unsigned int seed)
{
	struct life life = { .random = seed };
	uint64_t pins = pins_now();

	load_mock(seed);
	life.nedus = edus_bind(life.edus, EDUS);
	fuzz->nedus = life.nedus;
	watch_life(start_child(child_lives, &life, -1), seed);
	if (fuzz->odd[0] || kernel_complains() || lockdep_complains()) {
		show_ring();
		fail_msg("SEED=%u: %s", seed, fuzz->odd[0] ? fuzz->odd :
			 "the kernel complains");
	}
	lift_limit();
	check_rest(pins, fuzz, 0);
	assert_int_equal(module_unload("iommufd_selftest"), 0);
}

/* ---- the test ---- */

/* The first call that never succeeded, or NULL; and on which kind of file. */
static const char *never_succeeded(const char **kind)
{
	unsigned int i, k;

	for (i = 0; i < calls_count; i++) {
		if (calls[i].hopeless || calls[i].edus > fuzz->nedus ||
		    (calls[i].nests && kernel_is_6_1()))
			continue;
		for (k = 0; k < FD_KINDS; k++) {
			if (!(calls[i].fd & 1 << k) || fuzz->tally[i][k].done)
				continue;
			*kind = fd_names[k];
			return calls[i].name;
		}
	}
	return NULL;
}

static bool goes_on(uint64_t start, uint64_t count)
{
	uint64_t ms = env_number("FUZZ_SECONDS", env_is_long() ? SECONDS_LONG :
				 SECONDS) * 1000;
	uint64_t now = clock_ms() - start;
	const char *kind;

	if (count)
		return fuzz->calls < count;
	return now < ms || (never_succeeded(&kind) &&
			    now < ms + EXTRA_SECONDS * 1000);
}

static void test_fuzz(void **state)
{
	uint64_t start = clock_ms();
	uint64_t count = env_number("FUZZ_COUNT", 0);
	unsigned int seed = env_seed(start);
	const char *name, *kind;

	while (goes_on(start, count))
		one_life(seed++);
	name = count ? NULL : never_succeeded(&kind);
	if (name)
		fail_msg("%s of %s never succeeded", name, kind);
}

/* Also where the test has failed. */
static int print_tally(void **state)
{
	char name[64];
	unsigned int i, k;

	for (i = 0; i < calls_count; i++) {
		for (k = 0; k < FD_KINDS; k++) {
			if (!(calls[i].fd & 1 << k))
				continue;
			snprintf(name, sizeof(name), "%s, %s", calls[i].name,
				 fd_names[k]);
			tally_print(name, &fuzz->tally[i][k]);
		}
	}
	printf("%lu calls\n", (unsigned long)fuzz->calls);
	fflush(stdout);
	return 0;
}

static int setup(void **state)
{
	fuzz = mmap(NULL, sizeof(*fuzz), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fuzz == MAP_FAILED)
		return -1;
	if (cgroup_make(CGROUP, CGROUP_MAX))
		return -1;
	/* A panic shows all of the log; before it the console is quiet. */
	file_write("/proc/sys/kernel/panic_print", "32");
	console_quiet();
	if (module_loaded("iommufd_selftest"))
		return module_unload("iommufd_selftest");
	return 0;
}

static int teardown(void **state)
{
	console_usual();
	cgroup_remove(CGROUP);
	return backend_both();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_teardown(test_fuzz, print_tally),
};

int main(void)
{
	if (bed_load() || module_load("vfio_iommufd", NULL) ||
	    backend_only_ours())
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
