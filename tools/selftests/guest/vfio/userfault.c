// SPDX-License-Identifier: GPL-2.0
/*
 * Calls on the file of a device that touch user memory, where that takes as long
 * as a user-space fault handler likes. Others that use a device of the same set
 * do not wait for it; who is told too late finds all as it was.
 *
 * With vfio_selftest.ko, whose devices are one set; needs two edus. Without a
 * second one there is nobody who could wait.
 */
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "edu.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
#include "module.h"
#include "pci.h"
#include "picture.h"
#include "user.h"
#include "userfault.h"
#include "vfio.h"

#define DRIVER "vfio-selftest"
#define LIMIT_MS 10000
#define NAP_US 2000
#define STILL 20	/* naps in a row for which somebody sleeps */

enum { SLOW, OTHER, DEVICES };

/**
 * struct set - two devices of one set
 * @bdf: of each
 * @dev: the file of the first, on which a call is slow
 * @fd: its iommufd, and that of the other one: they may share a group
 * @ioas: of the first
 * @other: an IOAS for the other one
 */
struct set {
	char bdf[DEVICES][PCI_NAME_MAX];
	int dev;
	int fd;
	uint32_t ioas;
	uint32_t other;
};

/* ---- a thread of its own for what may wait ---- */

struct task {
	pthread_t thread;
	struct set *set;
	int dev;
	unsigned long cmd;
	void *arg;
	pid_t tid;
	int rc;
	int done;
};

static void task_start(struct task *task, void *(*run)(void *arg))
{
	task->done = 0;
	assert_int_equal(pthread_create(&task->thread, NULL, run, task), 0);
}

static bool task_ends(struct task *task)
{
	uint64_t end = clock_ms() + LIMIT_MS;

	while (!__atomic_load_n(&task->done, __ATOMIC_ACQUIRE)) {
		if (clock_ms() > end)
			return false;
		clock_pause_us(NAP_US);
	}
	return true;
}

static bool task_waits(struct task *task)
{
	return !__atomic_load_n(&task->done, __ATOMIC_ACQUIRE);
}

/* Waits until it does: not to be interrupted, as for a lock. */
static void task_sleeps(struct task *task)
{
	uint64_t end = clock_ms() + LIMIT_MS;
	char path[64], stat[128];
	int still = 0;

	while (still < STILL) {
		assert_true(clock_ms() < end);
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
			 __atomic_load_n(&task->tid, __ATOMIC_ACQUIRE));
		if (file_read(path, stat, sizeof(stat)) > 0 &&
		    strstr(stat, ") D "))
			still++;
		else
			still = 0;
		clock_pause_us(NAP_US);
	}
}

static int task_join(struct task *task)
{
	assert_int_equal(pthread_join(task->thread, NULL), 0);
	return task->rc;
}

static void *run_call(void *arg)
{
	struct task *task = arg;

	__atomic_store_n(&task->tid, gettid(), __ATOMIC_RELEASE);
	task->rc = iommufd_call(task->dev, task->cmd, task->arg);
	__atomic_store_n(&task->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void *run_close(void *arg)
{
	struct task *task = arg;

	task->rc = close(task->dev);
	__atomic_store_n(&task->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* All that can be done with the other device. */
static int use_other(struct set *set)
{
	struct vfio_pci_hot_reset_info info;
	uint32_t pt = set->other;
	int dev = vfio_cdev_open(set->bdf[OTHER]), rc;

	if (dev < 0)
		return dev;
	rc = vfio_bind(dev, set->fd, NULL);
	if (!rc)
		rc = vfio_attach(dev, &pt);
	/* A group goes where its first device is. */
	if (rc == -EINVAL)
		rc = 0;
	if (!rc)
		rc = vfio_detach(dev);
	if (!rc)
		vfio_hot_reset_info(dev, &info, sizeof(info));
	close(dev);
	return rc;
}

static void *run_other(void *arg)
{
	struct task *task = arg;

	task->rc = use_other(task->set);
	__atomic_store_n(&task->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Whoever waits is let go first, or the process never ends. */
#define OTHERS_GO_ON(set, let_go) \
	do { \
		struct task others_ = { .set = (set) }; \
		bool went_on_; \
		\
		task_start(&others_, run_other); \
		went_on_ = task_ends(&others_); \
		let_go; \
		assert_int_equal(task_join(&others_), 0); \
		assert_true(went_on_); \
	} while (0)

/* ---- the set ---- */

static int setup(void **state)
{
	struct set *set = calloc(1, sizeof(*set));
	int i;

	*state = set;
	for (i = 0; i < DEVICES; i++)
		if (pci_find_id(EDU_VENDOR, EDU_DEVICE, i, set->bdf[i]))
			return 0;
	assert_int_equal(module_load("vfio_selftest", NULL), 0);
	for (i = 0; i < DEVICES; i++)
		assert_int_equal(pci_bind(set->bdf[i], DRIVER), 0);
	set->fd = new_fd();
	set->ioas = new_ioas(set->fd);
	set->other = new_ioas(set->fd);
	set->dev = vfio_cdev_open(set->bdf[SLOW]);
	assert_true(set->dev >= 0);
	return 0;
}

static int teardown(void **state)
{
	struct set *set = *state;
	int i;

	if (set->fd) {
		close(set->dev);
		close(set->fd);
		for (i = 0; i < DEVICES; i++)
			assert_int_equal(pci_bind(set->bdf[i], "vfio-pci"), 0);
		assert_int_equal(module_unload("vfio_selftest"), 0);
	}
	free(set);
	return 0;
}

static void need_set(struct set *set)
{
	if (set->fd)
		return;
	print_message("no two edus here: --device edu --device edu\n");
	skip();
}

static void need_read_only(struct set *set)
{
	if (!set->fd || !userfault_has_read_only())
		skip();
}

static void bind_slow(struct set *set)
{
	assert_int_equal(vfio_bind(set->dev, set->fd, NULL), 0);
}

static void attach_slow(struct set *set)
{
	uint32_t pt = set->ioas;

	assert_int_equal(vfio_attach(set->dev, &pt), 0);
}

/* Is there a device? Then where its interrupts go is taken out of the IOAS. */
static bool is_attached(struct set *set)
{
	struct iommu_iova_range ranges[PICTURE_RANGES];
	uint32_t num = PICTURE_RANGES;
	uint64_t alignment;

	assert_int_equal(iommufd_ranges(set->fd, set->ioas, ranges, &num,
					&alignment), 0);
	return num > 1 || ranges[0].last != UINT64_MAX;
}

/* ---- arguments ---- */

/**
 * struct call - a call that reads its argument
 * @cmd: the ioctl
 * @bound: of a device that is bound
 * @arg: the argument
 */
struct call {
	unsigned long cmd;
	bool bound;
	uint32_t arg[64];
};

static const struct call calls[] = {
	{ VFIO_DEVICE_BIND_IOMMUFD, false, { 24 } },
	{ VFIO_DEVICE_ATTACH_IOMMUFD_PT, true, { 12, 0, NO_ID } },
	{ VFIO_DEVICE_DETACH_IOMMUFD_PT, true, { 8 } },
	{ VFIO_DEVICE_FEATURE, true, { 16, VFIO_DEVICE_FEATURE_GET |
				       VFIO_DEVICE_FEATURE_MIGRATION } },
	{ VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, true, { 12 } },
	{ VFIO_DEVICE_PCI_HOT_RESET, true, { 12 } },
	{ VFIO_DEVICE_GET_INFO, true, { sizeof(struct vfio_device_info) } },
	{ VFIO_DEVICE_GET_REGION_INFO, true,
	  { sizeof(struct vfio_region_info) } },
	{ VFIO_DEVICE_SET_IRQS, true, { sizeof(struct vfio_irq_set) } },
};

static void slow_argument(struct set *set, const struct call *call)
{
	uint8_t argument[PAGE] = { 0 };
	struct userfault fault;
	struct task task = { .dev = set->dev, .cmd = call->cmd };

	memcpy(argument, call->arg, sizeof(call->arg));
	userfault_missing(&fault);
	task.arg = fault.page;
	task_start(&task, run_call);
	/* Not every driver looks. */
	if (!poll(&(struct pollfd){ fault.fd, POLLIN, 0 }, 1, 200) &&
	    !task_waits(&task)) {
		task_join(&task);
	} else {
		assert_true(userfault_waits(&fault));
		OTHERS_GO_ON(set, userfault_give(&fault, argument));
		task_join(&task);
	}
	userfault_close(&fault);
}

static void test_arguments(void **state)
{
	struct set *set = *state;
	bool bound = false;
	size_t i;

	need_set(set);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].bound && !bound)
			bind_slow(set);
		bound = calls[i].bound;
		slow_argument(set, &calls[i]);
	}
}

/**
 * struct token_bind - a BIND that waits for its token
 */
struct token_bind {
	struct userfault fault;
	struct vfio_cdev_bind_iommufd arg;
	struct task task;
};

static void token_bind_start(struct token_bind *bind, struct set *set)
{
	userfault_missing(&bind->fault);
	bind->arg = (struct vfio_cdev_bind_iommufd){
		.argsz = sizeof(bind->arg), .iommufd = set->fd,
		.flags = VFIO_DEVICE_BIND_FLAG_TOKEN,
		.token_uuid_ptr = (uintptr_t)bind->fault.page,
	};
	bind->task = (struct task){
		.dev = set->dev, .cmd = VFIO_DEVICE_BIND_IOMMUFD,
		.arg = &bind->arg,
	};
	task_start(&bind->task, run_call);
	assert_true(userfault_waits(&bind->fault));
}

static void token_bind_go_on(struct token_bind *bind)
{
	static const uint8_t token[PAGE];

	userfault_give(&bind->fault, token);
}

/* The device wants no token, but that is for the end. */
static void token_bind_end(struct token_bind *bind)
{
	assert_int_equal(task_join(&bind->task), -EINVAL);
	userfault_close(&bind->fault);
}

static void test_token(void **state)
{
	struct set *set = *state;
	struct token_bind bind;

	need_set(set);
	token_bind_start(&bind, set);
	OTHERS_GO_ON(set, token_bind_go_on(&bind));
	token_bind_end(&bind);
	bind_slow(set);
}

/* ---- answers ---- */

static struct vfio_cdev_bind_iommufd *bind_argument(struct set *set,
						    struct userfault *fault)
{
	struct vfio_cdev_bind_iommufd *arg;

	userfault_read_only(fault);
	userfault_protect(fault, false);
	arg = fault->page;
	arg->argsz = sizeof(*arg);
	arg->iommufd = set->fd;
	userfault_protect(fault, true);
	return arg;
}

static void test_bind_answer(void **state)
{
	struct set *set = *state;
	struct userfault fault;
	struct task task = {
		.dev = set->dev, .cmd = VFIO_DEVICE_BIND_IOMMUFD,
	};
	struct vfio_cdev_bind_iommufd *arg;

	need_read_only(set);
	arg = bind_argument(set, &fault);
	task.arg = arg;
	task_start(&task, run_call);
	assert_true(userfault_waits(&fault));
	/* Not before it was told. */
	assert_int_equal(vfio_reset(set->dev), -EINVAL);
	OTHERS_GO_ON(set, userfault_protect(&fault, false));
	assert_int_equal(task_join(&task), 0);
	assert_int_not_equal(arg->out_devid, 0);
	attach_slow(set);
	userfault_close(&fault);
}

/* It could not be told at all. */
static void test_bind_answer_fails(void **state)
{
	struct set *set = *state;
	struct userfault fault;
	struct task task = {
		.dev = set->dev, .cmd = VFIO_DEVICE_BIND_IOMMUFD,
	};

	need_read_only(set);
	task.arg = bind_argument(set, &fault);
	task_start(&task, run_call);
	assert_true(userfault_waits(&fault));
	assert_int_equal(mprotect(fault.page, PAGE, PROT_READ), 0);
	OTHERS_GO_ON(set, userfault_protect(&fault, false));
	assert_int_equal(task_join(&task), -EFAULT);
	assert_int_equal(vfio_reset(set->dev), -EINVAL);
	bind_slow(set);
	attach_slow(set);
	userfault_close(&fault);
}

/*
 * Somebody who holds the IOAS, as long as nobody takes the protection away: an
 * UNMAP that is about to tell how much it was.
 */
struct holder {
	struct userfault fault;
	struct task task;
};

static void holder_begin(struct holder *holder, struct set *set)
{
	struct iommu_ioas_unmap *arg;
	uint64_t iova = FREE_IOVA;

	assert_int_equal(iommufd_map(set->fd, set->ioas,
				     MAP_RW | MAP_FIXED_IOVA, pages(PAGE), PAGE,
				     &iova), 0);
	userfault_read_only(&holder->fault);
	userfault_protect(&holder->fault, false);
	arg = holder->fault.page;
	arg->size = sizeof(*arg);
	arg->ioas_id = set->ioas;
	arg->iova = FREE_IOVA;
	arg->length = PAGE;
	userfault_protect(&holder->fault, true);
	holder->task = (struct task){
		.dev = set->fd, .cmd = IOMMU_IOAS_UNMAP, .arg = arg,
	};
	task_start(&holder->task, run_call);
	assert_true(userfault_waits(&holder->fault));
}

static void holder_end(struct holder *holder)
{
	userfault_protect(&holder->fault, false);
	assert_int_equal(task_join(&holder->task), 0);
	userfault_close(&holder->fault);
}

/**
 * struct answer - an ATTACH that is about to tell its page table
 * @fault: where its argument is
 * @arg: the argument
 * @task: who calls
 */
struct answer {
	struct userfault fault;
	struct vfio_device_attach_iommufd_pt *arg;
	struct task task;
};

/*
 * The argument is written to before the attach as well. So it is protected while
 * the attach waits for the IOAS.
 */
static void answer_begin(struct answer *answer, struct set *set)
{
	struct holder holder;

	holder_begin(&holder, set);
	userfault_read_only(&answer->fault);
	userfault_protect(&answer->fault, false);
	answer->arg = answer->fault.page;
	answer->arg->argsz = sizeof(*answer->arg);
	answer->arg->pt_id = set->ioas;

	answer->task = (struct task){
		.dev = set->dev, .cmd = VFIO_DEVICE_ATTACH_IOMMUFD_PT,
		.arg = answer->arg,
	};
	task_start(&answer->task, run_call);
	task_sleeps(&answer->task);
	userfault_protect(&answer->fault, true);
	holder_end(&holder);
	assert_true(userfault_waits(&answer->fault));
	assert_true(is_attached(set));
}

static void test_attach_answer(void **state)
{
	struct set *set = *state;
	struct answer answer;

	need_read_only(set);
	bind_slow(set);
	answer_begin(&answer, set);
	OTHERS_GO_ON(set, userfault_protect(&answer.fault, false));
	assert_int_equal(task_join(&answer.task), 0);
	assert_int_not_equal(answer.arg->pt_id, set->ioas);
	userfault_close(&answer.fault);
}

static void test_attach_answer_fails(void **state)
{
	struct set *set = *state;
	struct answer answer;

	need_read_only(set);
	bind_slow(set);
	answer_begin(&answer, set);
	assert_int_equal(mprotect(answer.fault.page, PAGE, PROT_READ), 0);
	userfault_protect(&answer.fault, false);
	assert_int_equal(task_join(&answer.task), -EFAULT);
	assert_false(is_attached(set));
	attach_slow(set);
	userfault_close(&answer.fault);
}

/* Other calls of the same file wait for it, but not if they are killed. */
static void child_binds(void *arg)
{
	struct set *set = arg;

	vfio_bind(set->dev, set->fd, NULL);
}

static bool child_dies(pid_t child)
{
	uint64_t end = clock_ms() + LIMIT_MS;

	assert_int_equal(kill(child, SIGKILL), 0);
	while (!waitpid(child, NULL, WNOHANG)) {
		if (clock_ms() > end)
			return false;
		clock_pause_us(NAP_US);
	}
	return true;
}

static void test_killed(void **state)
{
	struct set *set = *state;
	struct token_bind bind;
	pid_t child;
	bool died;

	need_set(set);
	token_bind_start(&bind, set);
	child = start_child(child_binds, set, -1);
	usleep(300000);
	assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
	died = child_dies(child);
	token_bind_go_on(&bind);
	token_bind_end(&bind);
	assert_true(died);
}

/* ---- memory that is mapped ---- */

/* An ATTACH pins what its IOAS maps. 6.1 pins nothing that it would wait for. */
static void test_attach_pins(void **state)
{
	static const uint8_t data[PAGE];
	struct set *set = *state;
	struct userfault fault;
	struct vfio_device_attach_iommufd_pt arg = { .argsz = sizeof(arg) };
	struct task task = {
		.dev = set->dev, .cmd = VFIO_DEVICE_ATTACH_IOMMUFD_PT,
		.arg = &arg,
	};
	uint64_t iova = FREE_IOVA;

	need_set(set);
	if (kernel_is_6_1()) {
		print_message("6.1 refuses such memory, and does not wait\n");
		skip();
	}
	bind_slow(set);
	userfault_missing(&fault);
	assert_int_equal(iommufd_map(set->fd, set->ioas,
				     MAP_RW | MAP_FIXED_IOVA, fault.page, PAGE,
				     &iova), 0);
	arg.pt_id = set->ioas;
	task_start(&task, run_call);
	assert_true(userfault_waits(&fault));
	OTHERS_GO_ON(set, userfault_give(&fault, data));
	assert_int_equal(task_join(&task), 0);
	close(set->dev);
	set->dev = vfio_cdev_open(set->bdf[SLOW]);
	userfault_close(&fault);
}

/* A close waits for who holds its IOAS, and nobody for that. */
static void test_close_waits(void **state)
{
	struct set *set = *state;
	struct task end = { .dev = set->dev };
	struct holder holder;

	need_read_only(set);
	bind_slow(set);
	attach_slow(set);
	holder_begin(&holder, set);
	task_start(&end, run_close);
	usleep(300000);
	assert_true(task_waits(&end));
	OTHERS_GO_ON(set, holder_end(&holder));
	assert_int_equal(task_join(&end), 0);
	set->dev = vfio_cdev_open(set->bdf[SLOW]);
}

/* ---- a device that does not open ---- */

#define OPEN_FAILS "/sys/module/vfio_selftest/parameters/open_fails"

/* The id that the next device gets: the lowest that is free. */
static uint32_t next_devid(struct set *set)
{
	uint32_t devid = 0;

	assert_int_equal(vfio_bind(set->dev, set->fd, &devid), 0);
	close(set->dev);
	set->dev = vfio_cdev_open(set->bdf[SLOW]);
	assert_true(set->dev >= 0);
	return devid;
}

/* Asks for as long as there is no such device. */
static void *run_look(void *arg)
{
	struct task *task = arg;

	do
		task->rc = iommufd_call(task->dev, task->cmd, task->arg);
	while (task->rc == -ENOENT);
	__atomic_store_n(&task->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* A device has an id before it is open. It is not gone while a call uses that. */
static void test_open_fails(void **state)
{
	static const uint8_t data[PAGE];
	struct set *set = *state;
	struct userfault fault;
	struct vfio_cdev_bind_iommufd arg = {
		.argsz = sizeof(arg), .iommufd = -1,
	};
	struct iommu_hw_info info = {
		.size = sizeof(info), .data_len = PAGE,
	};
	struct task bind = { .cmd = VFIO_DEVICE_BIND_IOMMUFD, .arg = &arg };
	struct task look = { .cmd = IOMMU_GET_HW_INFO, .arg = &info };

	need_set(set);
	info.dev_id = next_devid(set);
	userfault_missing(&fault);
	info.data_uptr = (uintptr_t)fault.page;
	arg.iommufd = set->fd;
	bind.dev = set->dev;
	look.dev = set->fd;

	assert_int_equal(file_write(OPEN_FAILS, "Y"), 0);
	task_start(&look, run_look);
	task_start(&bind, run_call);
	assert_true(userfault_waits(&fault));
	assert_int_equal(file_write(OPEN_FAILS, "N"), 0);
	OTHERS_GO_ON(set, userfault_give(&fault, data));
	assert_int_equal(task_join(&bind), -EIO);
	assert_int_equal(task_join(&look), 0);
	bind_slow(set);
	userfault_close(&fault);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_arguments),
	TEST(test_token),
	TEST(test_bind_answer),
	TEST(test_bind_answer_fails),
	TEST(test_attach_answer),
	TEST(test_attach_answer_fails),
	TEST(test_killed),
	TEST(test_attach_pins),
	TEST(test_close_waits),
	TEST(test_open_fails),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
