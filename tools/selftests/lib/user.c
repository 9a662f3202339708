// SPDX-License-Identifier: GPL-2.0
/*
 * Child processes, and the rights of processes, see user.h.
 */
#include <linux/capability.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "bed.h"
#include "compiler.h"
#include "user.h"

void become_user(long memlock)
{
	struct rlimit limit = { memlock, memlock };

	if (memlock < 0)
		return;
	check(!setrlimit(RLIMIT_MEMLOCK, &limit));
	check(!setgid(USER));
	check(!setuid(USER));
}

pid_t start_child(void (*function)(void *arg), void *arg, long memlock)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		become_user(memlock);
		function(arg);
		_exit(0);
	}
	return child;
}

void end_child(pid_t child)
{
	int status = -1;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

void run_as_user(void (*function)(void *arg), void *arg, long memlock)
{
	end_child(start_child(function, arg, memlock));
}

void run_group_as_user(int (*run)(void))
{
	pid_t child;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		become_user(0);
		_exit(run());
	}
	end_child(child);
}

void kill_child(pid_t child)
{
	int status = 0;

	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

void usual_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_DFL);
}

int drop_ipc_lock(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data))
		return -1;
	data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective &=
		~CAP_TO_MASK(CAP_IPC_LOCK);
	data[CAP_TO_INDEX(CAP_IPC_LOCK)].permitted &=
		~CAP_TO_MASK(CAP_IPC_LOCK);
	return syscall(SYS_capset, &header, data);
}
