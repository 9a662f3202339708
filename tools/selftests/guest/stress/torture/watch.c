// SPDX-License-Identifier: GPL-2.0
/*
 * The processes of the torture, and who starts, watches and kills them.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "bed.h"
#include "cgroup.h"
#include "clock.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
#include "op.h"
#include "tally.h"
#include "test.h"
#include "user.h"
#include "watch.h"
#include "world.h"

/* No operation, and no end of a process, takes longer. */
#define STUCK_MS 100000
#define PROGRESS_MS 30000
#define TICK_MS 100

/* On average somebody is killed once in so many ticks. */
#define KILL_TICKS 80

/* ---- processes ---- */

static void *tenant_thread(void *arg)
{
	run_thread(arg, WHO_TENANT);
	return NULL;
}

static void *host_thread(void *arg)
{
	struct thread *t = arg;

	run_thread(t, t->life == &torture->lives[HOST][0] ? WHO_DRIVERS :
							     WHO_MEMORY);
	return NULL;
}

static void run_threads(struct world *world, unsigned int process,
			unsigned int count, void *(*function)(void *arg))
{
	struct thread threads[THREADS];
	unsigned int i;

	for (i = 0; i < count; i++) {
		threads[i] = (struct thread){
			.world = world, .process = process,
			.life = &torture->lives[process][i],
			.random = torture->seed + 1000 * torture->round +
				  100 * process + i,
			.own = pages(OWN_SIZE),
		};
		check(!madvise(threads[i].own, OWN_SIZE, MADV_NOHUGEPAGE));
		memset(threads[i].own, 1, OWN_SIZE);
		check(!pthread_create(&threads[i].id, NULL, function,
				      &threads[i]));
	}
	for (i = 0; i < count; i++)
		pthread_join(threads[i].id, NULL);
}

static uint8_t *huge_aligned(size_t size)
{
	uint8_t *raw = pages(size + HUGE);
	uint8_t *mem = (uint8_t *)(((uintptr_t)raw + HUGE - 1) & ~(HUGE - 1));

	madvise(mem, size, MADV_HUGEPAGE);
	return mem;
}

static void world_make(struct world *world)
{
	int i;

	pthread_mutex_init(&world->dma_lock, NULL);
	for (i = 0; i < FILES; i++) {
		world->fd[i] = iommufd_open();
		check(world->fd[i] >= 0);
	}
	for (i = 0; i < KEPT; i++)
		world->access[i] = -1;
	for (i = 0; i < EDUS; i++)
		world->dev[i] = -1;
	world->mem = huge_aligned(MEM_SIZE);
	world->memfd = memfd_create("torture", MFD_CLOEXEC);
	check(world->memfd >= 0 && !ftruncate(world->memfd, MEM_SIZE));
}

/* All is closed; and nothing is left of what the process had pinned. */
static void world_close(struct world *world)
{
	int fd = iommufd_open(), i;

	check(fd >= 0);
	for (i = 0; i < KEPT; i++)
		close(world->access[i]);
	for (i = 0; i < EDUS; i++)
		close(world->dev[i]);
	for (i = 0; i < FILES; i++)
		close(world->fd[i]);
	check(!test_check_refs(fd, world->mem, MEM_SIZE, 0));
	check(!status_kb("VmPin"));
	check(!status_kb("VmLck"));
	close(fd);
}

static void tenant(unsigned int process)
{
	struct world world = { };

	if (process == 1)
		cgroup_enter(CGROUP);
	check(!drop_ipc_lock());
	world_make(&world);
	run_threads(&world, process, THREADS, tenant_thread);
	world_close(&world);
}

static pid_t start_process(unsigned int process)
{
	pid_t child;

	memset(torture->lives[process], 0, sizeof(torture->lives[process]));
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child)
		return child;
	usual_signals();
	if (process == HOST)
		run_threads(NULL, HOST, 2, host_thread);
	else
		tenant(process);
	_exit(0);
}

/* ---- the watchdog ---- */

static void print_stack(pid_t tid)
{
	char path[64], text[4096];

	snprintf(path, sizeof(path), "/proc/%d/stack", tid);
	if (file_read(path, text, sizeof(text)) > 0)
		print_error("%s\n", text);
}

static void watch_threads(struct watch *watch, unsigned int process)
{
	uint64_t now = clock_ms();
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		struct life *life = &torture->lives[process][i];

		if (!life->tid || now - load(life->since) < STUCK_MS ||
		    now < load(life->since))
			continue;
		print_error("process %u, thread %u: %s takes %lu s\n", process,
			    i, ops[life->op].name,
			    (unsigned long)(now - life->since) / 1000);
		print_stack(life->tid);
		fail();
	}
	if (watch->dying[process] && now - watch->dying[process] > STUCK_MS) {
		print_stack(watch->pid[process]);
		fail_msg("process %u does not end", process);
	}
}

static void print_progress(struct watch *watch)
{
	uint64_t calls = 0, done = 0, now = clock_ms(), longest = 0;
	const char *name = "nothing";
	unsigned int i, k;

	if (now - watch->progress < PROGRESS_MS)
		return;
	watch->progress = now;
	for (i = 0; i < ops_count; i++) {
		calls += tally_sum(&torture->tally[i]);
		done += torture->tally[i].done;
	}
	for (i = 0; i < PROCESSES; i++) {
		for (k = 0; k < THREADS; k++) {
			struct life *life = &torture->lives[i][k];
			uint64_t since = load(life->since);

			if (!life->tid || since + longest >= now)
				continue;
			longest = now - since;
			name = ops[life->op].name;
		}
	}
	printf("round %u: %lu calls, %lu succeeded, %lu processes died; ",
	       torture->round, (unsigned long)calls, (unsigned long)done,
	       (unsigned long)torture->deaths);
	printf("longest at it: %s, %lu ms\n", name, (unsigned long)longest);
	fflush(stdout);
}

/* Who has ended? Tenants may be killed, by us or as their cgroup is full. */
static void reap(struct watch *watch)
{
	int status;
	pid_t pid;
	int i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < PROCESSES; i++)
			if (watch->pid[i] == pid)
				break;
		/* The child of one that was killed. */
		if (i == PROCESSES)
			continue;
		watch->pid[i] = 0;
		watch->dying[i] = 0;
		if (i != HOST && WIFSIGNALED(status) &&
		    WTERMSIG(status) == SIGKILL) {
			torture->deaths++;
			continue;
		}
		if (status || !torture->stop)
			fail_msg("process %d ended with status %#x", i, status);
	}
}

static void kill_some(struct watch *watch, unsigned int *random)
{
	unsigned int i = (unsigned int)rand_r(random) % TENANTS;

	if (rand_r(random) % KILL_TICKS || !watch->pid[i] || watch->dying[i])
		return;
	watch->dying[i] = clock_ms();
	torture->kills++;
	assert_int_equal(kill(watch->pid[i], SIGKILL), 0);
}

static bool any_process(const struct watch *watch)
{
	int i;

	for (i = 0; i < PROCESSES; i++)
		if (watch->pid[i])
			return true;
	return false;
}

static void stop_round(struct watch *watch)
{
	int i;

	store(torture->stop, 1);
	for (i = 0; i < PROCESSES; i++)
		if (!watch->dying[i])
			watch->dying[i] = clock_ms();
}

static void tick(struct watch *watch)
{
	int i;

	usleep(TICK_MS * 1000);
	reap(watch);
	for (i = 0; i < PROCESSES; i++)
		if (watch->pid[i])
			watch_threads(watch, i);
	print_progress(watch);
}

void run_round(struct watch *watch, uint64_t ms)
{
	uint64_t end = clock_ms() + ms;
	unsigned int random = torture->seed + torture->round;
	int i;

	torture->stop = 0;
	memset(watch->dying, 0, sizeof(watch->dying));
	while (clock_ms() < end && !torture->bad) {
		for (i = 0; i < PROCESSES; i++)
			if (!watch->pid[i])
				watch->pid[i] = start_process(i);
		tick(watch);
		kill_some(watch, &random);
	}
	stop_round(watch);
	while (any_process(watch))
		tick(watch);
}
