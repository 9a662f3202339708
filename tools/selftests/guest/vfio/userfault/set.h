/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two devices of one set, and who uses the other one while a call on the first is slow.
 */
#ifndef _GUEST_USERFAULT_SET_H
#define _GUEST_USERFAULT_SET_H

#include <pthread.h>

#include "bed.h"
#include "pci.h"

#define LIMIT_MS 10000
#define NAP_US 2000

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

void task_start(struct task *task, void *(*run)(void *arg));
bool task_ends(struct task *task);
bool task_waits(struct task *task);

/* Waits until it does: not to be interrupted, as for a lock. */
void task_sleeps(struct task *task);

int task_join(struct task *task);
void *run_call(void *arg);
void *run_close(void *arg);
void *run_other(void *arg);

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

int setup(void **state);
int teardown(void **state);
void need_set(struct set *set);
void need_read_only(struct set *set);
void bind_slow(struct set *set);
void attach_slow(struct set *set);

/* Is there a device? Then where its interrupts go is taken out of the IOAS. */
bool is_attached(struct set *set);

#endif
