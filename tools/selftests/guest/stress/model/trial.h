/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A trial: the operations, and what they are done to. It runs in a process of
 * its own, which ends with the first thing that is wrong, so that trials do not
 * disturb each other.
 */
#ifndef _GUEST_MODEL_TRIAL_H
#define _GUEST_MODEL_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "compiler.h"
#include "model.h"
#include "op.h"
#include "plan.h"

#define FAIL_MAP "/sys/module/iommufd_selftest/parameters/fail_map"
#define MAX_TABLE_BYTES "/sys/module/iommufd/parameters/max_table_bytes"

#define STEPS_MAX 5000
#define NO_LIMIT 0x40000000UL

/* After so many operations pins of all kinds are counted, and at the end. */
#define PINS_STEPS 16

/* Above all errors that are expected; and no error. */
#define ERRNOS 128
#define NO_CALL -127

enum payer { PAYER_NONE, PAYER_USER, PAYER_PROCESS, PAYERS };

/**
 * struct record - a trial and what came of it; in memory that is shared
 * @random: the operations are chosen while it runs
 * @late: as of struct model
 * @shares: as of struct model
 * @payer: who pays for pinned pages: a user with CAP_IPC_LOCK, one without,
 *	or the process of one
 * @limit: RLIMIT_MEMLOCK in pages
 * @batch: for test_memory_limit()
 * @uid: of the user; a new one each time, who has not paid for anything yet
 * @nops: operations
 * @step: the one that runs
 * @why: what was wrong
 * @count: how often each kind of operation returned what, over all trials
 */
struct record {
	bool random;
	bool late;
	bool shares;
	uint64_t payer;
	uint64_t limit;
	uint64_t batch;
	unsigned int uid;
	unsigned int nops;
	unsigned int step;
	char why[400];
	struct op op[STEPS_MAX];
	unsigned int count[OPS][ERRNOS];
};

/**
 * struct trial - a record being made true
 * @fd: of /dev/iommu
 * @kmsg: the kernel's log
 * @fail: the mock's parameter
 * @max: that of iommufd, what drivers may allocate
 * @usual: what it is otherwise
 * @pins: what /proc/vmstat counted at first
 * @huge: the huge pages are huge, so that their single pins can't be asked for
 * @rc: what the last call returned; NO_CALL
 * @gone: what may not be mapped after this operation
 */
struct trial {
	struct record *record;
	int fd;
	int kmsg;
	int fail;
	int max;
	uint64_t usual;
	uint64_t pins;
	bool huge;
	int rc;
	struct arena arena;
	struct model model;
	struct plan plan;
	unsigned int ngone;
	struct model_area gone[AREAS];
};

__noreturn __printf(2, 3)
void trial_wrong(struct trial *trial, const char *format, ...);

/* What a call returned: as the model says, or all ends here. */
void trial_expect(struct trial *trial, int rc, int want);

/* What only root may see or do: the rest is done by who pays. */
void trial_be_root(struct trial *trial, bool root);

uint8_t *at_va(struct trial *trial, uint64_t at);

#endif
