/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads that run at once, of tests that race.
 */
#ifndef _GUEST_THREADS_H
#define _GUEST_THREADS_H

#include <stddef.h>

typedef void *(*thread_run)(void *arg);

/* No more than so many. */
#define THREADS_MAX 16

/* A thread for each function, all with @arg; until the last one has ended. */
void threads_run(const thread_run *functions, size_t count, void *arg);

#endif
