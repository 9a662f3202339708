// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that run at once, see threads.h.
 */
#include <pthread.h>

#include "bed.h"
#include "threads.h"

void threads_run(const thread_run *functions, size_t count, void *arg)
{
	pthread_t ids[THREADS_MAX];
	size_t i;

	assert_true(count <= THREADS_MAX);
	for (i = 0; i < count; i++)
		assert_int_equal(pthread_create(&ids[i], NULL, functions[i],
						arg), 0);
	for (i = 0; i < count; i++)
		pthread_join(ids[i], NULL);
}
