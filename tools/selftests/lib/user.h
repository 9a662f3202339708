/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Child processes: a function runs in one, as root or as the guest's
 * unprivileged account, and its failed checks fail the test.
 *
 * cmocka's assertions belong to the parent; in the child, use check().
 */
#ifndef _GUEST_USER_H
#define _GUEST_USER_H

#include <stdio.h>
#include <unistd.h>

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
void become_user(long memlock);

/* @memlock: as above. The child has to end well, and then the test goes on. */
pid_t start_child(void (*function)(void *arg), void *arg, long memlock);
void end_child(pid_t child);

/* With a RLIMIT_MEMLOCK of so many bytes, as the unprivileged user. */
void run_as_user(void (*function)(void *arg), void *arg, long memlock);

void kill_child(pid_t child);

/*
 * A group of tests in a process without privilege and without a limit: @run returns
 * how many of them have failed.
 */
void run_group_as_user(int (*run)(void));

/* Not cmocka's, which would let a child's fault pass for the test's end. */
void usual_signals(void);

/* Without CAP_IPC_LOCK even root has to keep to RLIMIT_MEMLOCK. */
int drop_ipc_lock(void);

#endif
