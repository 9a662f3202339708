// SPDX-License-Identifier: GPL-2.0
/*
 * A trial from its beginning to its end, see run.h.
 */
#include <fcntl.h>
#include <sys/resource.h>

#include "arena.h"
#include "bed.h"
#include "call.h"
#include "compare.h"
#include "compiler.h"
#include "draw.h"
#include "file.h"
#include "iommufd.h"
#include "kmsg.h"
#include "model.h"
#include "op.h"
#include "run.h"
#include "test.h"
#include "trial.h"

static void trial_begin(struct trial *trial)
{
	struct record *record = trial->record;
	struct rlimit limit = { record->limit * PAGE, record->limit * PAGE };

	trial->fd = iommufd_open();
	trial->kmsg = kmsg_open();
	trial->fail = open(FAIL_MAP, O_RDWR | O_CLOEXEC);
	trial->max = open(MAX_TABLE_BYTES, O_WRONLY | O_CLOEXEC);
	if (trial->fd < 0 || trial->kmsg < 0 || trial->fail < 0 ||
	    trial->max < 0 ||
	    file_read_u64(MAX_TABLE_BYTES, &trial->usual))
		trial_wrong(trial, "cannot open what a trial needs");
	if (!arena_make(&trial->arena))
		trial_wrong(trial, "no memory for the arena");
	trial_expect(trial, test_memory_limit(trial->fd, record->batch), 0);
	if (record->payer == PAYER_PROCESS)
		trial_expect(trial,
			     iommufd_option_set(trial->fd,
						IOMMU_OPTION_RLIMIT_MODE, 0, 1),
			     0);
	if (record->payer != PAYER_NONE &&
	    (setrlimit(RLIMIT_MEMLOCK, &limit) ||
	     setresuid(record->uid, record->uid, 0)))
		trial_wrong(trial, "cannot become a user");
	trial->model.late = record->late;
	trial->model.pasids = !kernel_is_6_1();
	trial->model.shares = record->shares;
	trial->model.files = record->random && random_files();
	trial->model.limit = record->payer == PAYER_NONE ? NO_LIMIT :
							   record->limit;
	trial->model.va = (uintptr_t)trial->arena.va;
	trial->pins = count_pins(trial);
	/* Of parts of larger pages it takes every answer. */
	trial->huge = !test_check_refs(trial->fd, at_va(trial, ARENA_THP * PAGE),
				       2 * HUGE, 1);
}

/* Closing the files undoes everything. */
static void trial_end(struct trial *trial)
{
	unsigned int i;

	close(trial->fd);
	for (i = 0; i < ACCESSES; i++)
		if (trial->model.access[i].live)
			close(trial->model.access[i].fd);
	memset(&trial->model, 0, sizeof(trial->model));
	trial_be_root(trial, true);
	trial->fd = iommufd_open();
	trial_be_root(trial, false);
	if (trial->fd < 0)
		trial_wrong(trial, "cannot open " IOMMUFD_NODE " again");
	compare_all(trial);
	compare_pins(trial);
	compare_contents(trial, ARENA_PAGES);
}

__noreturn void trial_run(struct record *record)
{
	struct trial *trial = calloc(1, sizeof(*trial));
	unsigned int step;

	trial->record = record;
	trial_begin(trial);
	for (step = 0; step < record->nops; step++) {
		struct op *op = &record->op[step];

		if (record->random && step < IOASES)
			*op = (struct op){ OP_IOAS, { step } };
		else if (record->random)
			*op = op_random(&trial->model);
		record->step = step;
		trial->ngone = 0;
		trial->rc = NO_CALL;
		op_do[op->kind](trial, op->arg);
		record->count[op->kind][-trial->rc]++;
		compare_all(trial);
	}
	record->step = step;
	trial_end(trial);
	_exit(0);
}
