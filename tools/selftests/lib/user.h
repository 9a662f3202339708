/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Child processes: a function runs in one, as root or as the guest's
 * unprivileged account, and its failed checks fail the test.
 *
 * cmocka's assertions belong to the parent; in the child, use check().
 */
#ifndef _GUEST_USER_H
#define _GUEST_USER_H

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "bed.h"

#define USER 1000

#define check(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				#condition); \
			_exit(1); \
		} \
	} while (0)

/* -1: as root, with whatever limit there is. */
static inline void become_user(long memlock)
{
	struct rlimit limit = { memlock, memlock };

	if (memlock < 0)
		return;
	check(!setrlimit(RLIMIT_MEMLOCK, &limit));
	check(!setgid(USER));
	check(!setuid(USER));
}

static inline pid_t start_child(void (*function)(void *arg), void *arg,
				long memlock)
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

static inline void end_child(pid_t child)
{
	int status = -1;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* With a RLIMIT_MEMLOCK of so many bytes, as the unprivileged user. */
static inline void run_as_user(void (*function)(void *arg), void *arg,
			       long memlock)
{
	end_child(start_child(function, arg, memlock));
}

static inline void kill_child(pid_t child)
{
	int status = 0;

	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

#endif
