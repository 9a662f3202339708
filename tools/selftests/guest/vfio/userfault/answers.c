// SPDX-License-Identifier: GPL-2.0
/*
 * Answers that wait to be written; and who waits and is killed.
 */
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>
#include <signal.h>
#include <sys/wait.h>

#include "answers.h"
#include "arguments.h"
#include "bed.h"
#include "clock.h"
#include "iommufd.h"
#include "memory.h"
#include "set.h"
#include "user.h"
#include "userfault.h"
#include "vfio.h"

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

void test_bind_answer(void **state)
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
void test_bind_answer_fails(void **state)
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

void holder_begin(struct holder *holder, struct set *set)
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

void holder_end(struct holder *holder)
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

void test_attach_answer(void **state)
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

void test_attach_answer_fails(void **state)
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

void test_killed(void **state)
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
