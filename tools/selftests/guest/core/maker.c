// SPDX-License-Identifier: GPL-2.0
/*
 * What others can do to an object, or to a mapping, while the call that makes it is
 * still at work: nothing that the call does not notice, and nothing is left of a
 * call that fails in the end. The calls are stopped half way by memory that the test
 * serves by userfaultfd. Devices are those of the mock IOMMU.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "bed.h"
#include "clock.h"
#include "iommufd.h"
#include "memory.h"
#include "module.h"
#include "test.h"
#include "uffd.h"

#define SECONDS 3
#define SECONDS_LONG 60
#define WAIT_MS 30000

/* ---- a call in a thread of its own ---- */

/* The argument has a page of its own, and so is told from the rest of memory. */
struct call {
	int fd;
	unsigned long cmd;
	void *arg;
	int rc;
	pid_t tid;
	pthread_t thread;
};

static void *call_run(void *arg)
{
	struct call *call = arg;

	__atomic_store_n(&call->tid, gettid(), __ATOMIC_RELEASE);
	call->rc = iommufd_call(call->fd, call->cmd, call->arg);
	return NULL;
}

static void call_start(struct call *call, int fd, unsigned long cmd, void *arg)
{
	*call = (struct call){ .fd = fd, .cmd = cmd, .arg = arg };
	assert_int_equal(pthread_create(&call->thread, NULL, call_run, call),
			 0);
}

/* One that is going to wait when it writes its answer. */
static void call_start_held(struct call *call, struct bed *bed, int uffd,
			    unsigned long cmd, void *arg)
{
	assert_int_equal(uffd_register(uffd, arg, PAGE, true), 0);
	assert_int_equal(uffd_hold_writes(uffd, arg, PAGE), 0);
	call_start(call, bed->fd, cmd, arg);
}

/* Processors of other kinds than amd64 can't hold writes on older kernels. */
static int open_uffd(void)
{
	int uffd = uffd_open(true);

	if (uffd == -EINVAL) {
		print_message("this kernel can't let writes wait\n");
		skip();
	}
	assert_true(uffd >= 0);
	return uffd;
}

static int call_end(struct call *call)
{
	pthread_join(call->thread, NULL);
	return call->rc;
}

/* The state letter of a thread, which stands behind its name in brackets. */
static char task_state(pid_t pid)
{
	char path[64], line[512], *end = NULL;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file && fgets(line, sizeof(line), file))
		end = strrchr(line, ')');
	if (file)
		fclose(file);
	return end ? end[2] : 0;
}

/* Until it waits for a lock: seen some times in a row, so not only for a moment. */
static void task_wait_blocked(pid_t pid)
{
	uint64_t end = clock_ms() + WAIT_MS;
	int seen = 0;

	while (seen < 20) {
		assert_true(clock_ms() < end);
		seen = task_state(pid) == 'D' ? seen + 1 : 0;
		clock_pause_us(5000);
	}
}

static void call_wait_blocked(struct call *call)
{
	while (!__atomic_load_n(&call->tid, __ATOMIC_ACQUIRE))
		clock_pause_us(1000);
	task_wait_blocked(call->tid);
}

/* ---- one device, moved by several threads ---- */

#define MOVERS 3

struct moved {
	struct bed *bed;
	struct test_mock mock;
	uint32_t ioas[MOVERS];
	uint64_t end;
	unsigned int moves;
	int bad;
};

static void *move(void *arg)
{
	struct moved *moved = arg;
	unsigned int random = gettid();
	uint32_t pt;
	int rc;

	while (clock_ms() < moved->end) {
		pt = moved->ioas[rand_r(&random) % MOVERS];
		rc = test_mock_replace(moved->bed->fd, moved->mock.stdev, &pt);
		if (!rc)
			__atomic_fetch_add(&moved->moves, 1, __ATOMIC_RELAXED);
		else
			__atomic_store_n(&moved->bad, rc, __ATOMIC_RELAXED);
		/* Gone already, or in use, or another thread's. */
		if (!rc && rand_r(&random) % 2) {
			rc = iommufd_destroy(moved->bed->fd, pt);
			if (rc != -ENOENT && rc != -EBUSY)
				__atomic_store_n(&moved->bad, rc ? rc : -EIO,
						 __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

/* An automatic page table may be left before the call that made it has returned. */
static void test_moved_on(void **state)
{
	struct moved moved = { .bed = *state };
	pthread_t thread[MOVERS];
	int i, fd = moved.bed->fd;

	for (i = 0; i < MOVERS; i++)
		moved.ioas[i] = new_ioas(fd);
	assert_int_equal(test_mock(fd, moved.bed->ioas, 0, &moved.mock), 0);
	moved.end = clock_ms() + race_seconds(SECONDS, SECONDS_LONG) * 1000;
	for (i = 0; i < MOVERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, move, &moved),
				 0);
	for (i = 0; i < MOVERS; i++)
		pthread_join(thread[i], NULL);
	print_message("%u moves\n", moved.moves);
	assert_int_equal(moved.bad, 0);
	assert_true(moved.moves > MOVERS);
	assert_int_equal(iommufd_destroy(fd, moved.mock.stdev), 0);
	/* No page table is left that nobody destroys. */
	for (i = 0; i < MOVERS; i++)
		assert_int_equal(iommufd_destroy(fd, moved.ioas[i]), 0);
	assert_int_equal(iommufd_destroy(fd, moved.bed->ioas), 0);
}

/* ---- the last device leaves while another fails to come ---- */

/* An UNMAP of one page, that waits to give its answer, and holds topo meanwhile. */
static void start_stuck(struct call *call, struct bed *bed, int uffd,
			uint64_t iova)
{
	struct iommu_ioas_unmap *arg = pages(PAGE);

	*arg = (struct iommu_ioas_unmap){
		.size = sizeof(*arg), .ioas_id = bed->ioas, .iova = iova,
		.length = PAGE,
	};
	call_start_held(call, bed, uffd, IOMMU_IOAS_UNMAP, arg);
}

/* A child, so that it can be killed, attaches a device once it is told. */
static pid_t attach_later(struct bed *bed, int *go)
{
	struct test_mock mock;
	int pipes[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (!child) {
		if (read(pipes[0], &byte, 1) == 1)
			test_mock(bed->fd, bed->ioas, 0, &mock);
		_exit(0);
	}
	close(pipes[0]);
	*go = pipes[1];
	return child;
}

/*
 * UNMAPs that wait let the others pass in the order in which they came: the device
 * leaves, the other one's attach goes on and is killed.
 */
static void test_last_leaves(void **state)
{
	struct bed *bed = *state;
	uint64_t pinned = status_kb("VmPin"), iova[2];
	struct iommu_destroy *leave = pages(PAGE);
	int uffd = open_uffd(), go, status, i;
	struct call stuck[2], detach;
	struct test_mock mock;
	pid_t child;

	for (i = 0; i < 2; i++) {
		iova[i] = FREE_IOVA + i * PAGE;
		assert_int_equal(iommufd_map(bed->fd, bed->ioas,
					     MAP_RW | MAP_FIXED_IOVA,
					     pages(PAGE), PAGE, &iova[i]), 0);
	}
	assert_int_equal(test_mock(bed->fd, bed->ioas, 0, &mock), 0);
	*leave = (struct iommu_destroy){ sizeof(*leave), mock.stdev };
	child = attach_later(bed, &go);
	assert_true(child > 0);

	start_stuck(&stuck[0], bed, uffd, iova[0]);
	assert_int_equal(uffd_wait(uffd, WAIT_MS, NULL), 0);
	call_start(&detach, bed->fd, IOMMU_DESTROY, leave);
	call_wait_blocked(&detach);
	assert_int_equal(write(go, "", 1), 1);
	task_wait_blocked(child);
	start_stuck(&stuck[1], bed, uffd, iova[1]);
	call_wait_blocked(&stuck[1]);

	assert_int_equal(uffd_allow_writes(uffd, stuck[0].arg, PAGE), 0);
	assert_int_equal(uffd_wait(uffd, WAIT_MS, NULL), 0);
	kill(child, SIGKILL);
	task_wait_blocked(child);
	assert_int_equal(uffd_allow_writes(uffd, stuck[1].arg, PAGE), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(call_end(&detach), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(call_end(&stuck[i]), 0);

	/* Nothing is attached: nothing is pinned, and nobody has the IOAS. */
	assert_int_equal(status_kb("VmPin"), pinned);
	assert_int_equal(iommufd_destroy(bed->fd, mock.hwpt), -ENOENT);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), 0);
	close(uffd);
	close(go);
}

/* ---- an answer that can't be given in the end ---- */

/* A call that waits to write its answer. */
static void call_start_untold(struct call *call, struct bed *bed, int uffd,
			      unsigned long cmd, void *arg)
{
	call_start_held(call, bed, uffd, cmd, arg);
	assert_int_equal(uffd_wait(uffd, WAIT_MS, NULL), 0);
}

static int call_end_untold(struct call *call, int uffd)
{
	assert_int_equal(uffd_refuse_writes(uffd, call->arg, PAGE), 0);
	return call_end(call);
}

/* The id that the next object is going to have. */
static uint32_t next_id(int fd)
{
	uint32_t id = new_ioas(fd);

	assert_int_equal(iommufd_destroy(fd, id), 0);
	return id;
}

/* A page table that user space was not told of can't be named, nor is another taken. */
static void test_hwpt_untold(void **state)
{
	struct bed *bed = *state;
	struct iommu_hwpt_alloc *arg = pages(PAGE);
	int uffd = open_uffd();
	struct test_mock mock;
	struct call call;
	uint32_t id, other;

	assert_int_equal(test_mock(bed->fd, bed->ioas, 0, &mock), 0);
	id = next_id(bed->fd);
	*arg = (struct iommu_hwpt_alloc){
		.size = sizeof(*arg), .dev_id = mock.idev, .pt_id = bed->ioas,
	};
	call_start_untold(&call, bed, uffd, IOMMU_HWPT_ALLOC, arg);
	assert_int_equal(iommufd_destroy(bed->fd, id), -ENOENT);
	other = new_ioas(bed->fd);
	assert_int_not_equal(other, id);
	assert_int_equal(call_end_untold(&call, uffd), -EFAULT);

	assert_int_equal(iommufd_destroy(bed->fd, other), 0);
	assert_int_equal(iommufd_destroy(bed->fd, id), -ENOENT);
	assert_int_equal(iommufd_destroy(bed->fd, mock.stdev), 0);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), 0);
	close(uffd);
}

/* Only one place is left for what the kernel may choose. */
static void allow_only(struct bed *bed, uint64_t iova, uint64_t length)
{
	struct iommu_iova_range range = { iova, iova + length - 1 };

	assert_int_equal(iommufd_allow(bed->fd, bed->ioas, &range, 1), 0);
}

/* What is mapped for a call that has not ended is not yet anybody's. */
static void check_untold(struct bed *bed, int uffd, unsigned long cmd,
			 void *arg, uint64_t length)
{
	uint64_t iova = FREE_IOVA, pinned = status_kb("VmPin");
	struct call call;

	call_start_untold(&call, bed, uffd, cmd, arg);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, iova, length, NULL),
			 -EBUSY);
	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_RW | MAP_FIXED_IOVA, bed->mem, PAGE,
				     &iova), -EEXIST);
	assert_int_equal(call_end_untold(&call, uffd), -EFAULT);

	assert_int_equal(status_kb("VmPin"), pinned);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, iova, length, NULL),
			 -ENOENT);
	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_RW | MAP_FIXED_IOVA, bed->mem, PAGE,
				     &iova), 0);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, iova, PAGE, NULL),
			 0);
}

static void test_map_untold(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_map *arg = pages(PAGE);
	int uffd = open_uffd();
	struct test_mock mock;

	assert_int_equal(test_mock(bed->fd, bed->ioas, 0, &mock), 0);
	allow_only(bed, FREE_IOVA, 2 * PAGE);
	*arg = (struct iommu_ioas_map){
		.size = sizeof(*arg), .flags = MAP_RW, .ioas_id = bed->ioas,
		.user_va = (uintptr_t)pages(2 * PAGE), .length = 2 * PAGE,
	};
	check_untold(bed, uffd, IOMMU_IOAS_MAP, arg, 2 * PAGE);
	close(uffd);
}

static void test_map_file_untold(void **state)
{
	struct bed *bed = *state;
	struct iommu_ioas_map_file *arg = pages(PAGE);
	int uffd = open_uffd(), file = memfd_create("maker", MFD_CLOEXEC);
	struct test_mock mock;

	assert_true(file >= 0);
	assert_int_equal(ftruncate(file, 2 * PAGE), 0);
	assert_int_equal(test_mock(bed->fd, bed->ioas, 0, &mock), 0);
	allow_only(bed, FREE_IOVA, 2 * PAGE);
	*arg = (struct iommu_ioas_map_file){
		.size = sizeof(*arg), .flags = MAP_RW, .ioas_id = bed->ioas,
		.fd = file, .length = 2 * PAGE,
	};
	check_untold(bed, uffd, IOMMU_IOAS_MAP_FILE, arg, 2 * PAGE);
	close(file);
	close(uffd);
}

/* Of one area, and of two. */
static void test_copy_untold(void **state)
{
	struct bed *bed = *state;
	uint64_t more = BED_IOVA + BED_SIZE;
	struct test_mock mock;
	int areas;

	assert_int_equal(test_mock(bed->fd, bed->ioas, 0, &mock), 0);
	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_RW | MAP_FIXED_IOVA, pages(PAGE),
				     PAGE, &more), 0);
	for (areas = 1; areas <= 2; areas++) {
		struct iommu_ioas_copy *arg = pages(PAGE);
		uint64_t length = BED_SIZE + (areas - 1) * PAGE;
		int uffd = open_uffd();

		allow_only(bed, FREE_IOVA, length);
		*arg = (struct iommu_ioas_copy){
			.size = sizeof(*arg), .flags = MAP_RW,
			.dst_ioas_id = bed->ioas, .src_ioas_id = bed->ioas,
			.length = length, .src_iova = BED_IOVA,
		};
		check_untold(bed, uffd, IOMMU_IOAS_COPY, arg, length);
		close(uffd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_moved_on, bed_setup,
						bed_teardown),
		cmocka_unit_test_setup_teardown(test_last_leaves, bed_setup,
						bed_teardown),
		cmocka_unit_test_setup_teardown(test_hwpt_untold, bed_setup,
						bed_teardown),
		cmocka_unit_test_setup_teardown(test_map_untold, bed_setup,
						bed_teardown),
		cmocka_unit_test_setup_teardown(test_map_file_untold, bed_setup,
						bed_teardown),
		cmocka_unit_test_setup_teardown(test_copy_untold, bed_setup,
						bed_teardown),
	};

	if (bed_load() || module_load("iommufd_selftest", NULL))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
