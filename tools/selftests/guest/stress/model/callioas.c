// SPDX-License-Identifier: GPL-2.0
/*
 * Calls about IOASes, see callioas.h.
 */
#include <sys/wait.h>

#include "area.h"
#include "bed.h"
#include "callioas.h"
#include "domain.h"
#include "file.h"
#include "iommufd.h"
#include "iova.h"
#include "model.h"
#include "need.h"
#include "test.h"
#include "trial.h"

uint32_t ioas_id(struct trial *trial, unsigned int ioas)
{
	struct model_ioas *it = &trial->model.ioas[ioas];

	return it->live ? it->id : NO_ID;
}

bool ioas_is_live(struct trial *trial, unsigned int ioas)
{
	return trial->model.ioas[ioas].live;
}

void do_ioas(struct trial *trial, const uint64_t *arg)
{
	struct model_ioas *ioas = &trial->model.ioas[arg[0]];

	if (ioas->live)
		return;
	memset(ioas, 0, sizeof(*ioas));
	trial_expect(trial, iommufd_ioas_alloc(trial->fd, &ioas->id), 0);
	ioas->live = true;
}

void do_ioas_destroy(struct trial *trial, const uint64_t *arg)
{
	struct model *model = &trial->model;
	int rc, want = 0;
	unsigned int i;

	if (!ioas_is_live(trial, arg[0]))
		want = -ENOENT;
	else if (ioas_is_used(model, arg[0]))
		want = -EBUSY;
	rc = iommufd_destroy(trial->fd, ioas_id(trial, arg[0]));
	trial_expect(trial, rc, want);
	if (rc)
		return;
	model->ioas[arg[0]].live = false;
	for (i = 0; i < AREAS; i++)
		if (model->area[i].ioas == arg[0])
			model->area[i].live = false;
}

void do_allow(struct trial *trial, const uint64_t *arg)
{
	struct iommu_iova_range range = { arg[1], arg[1] + arg[2] - 1 };
	struct model_ioas *ioas = &trial->model.ioas[arg[0]];
	int rc, want = 0;

	if (!ioas->live)
		want = -ENOENT;
	else if (arg[2] && iova_is_blocked(&trial->model, arg[0], range.start,
					   range.last))
		want = -EADDRINUSE;
	rc = iommufd_allow(trial->fd, ioas_id(trial, arg[0]), &range, !!arg[2]);
	trial_expect(trial, rc, want);
	if (rc)
		return;
	ioas->limited = arg[2];
	ioas->allowed = (struct model_range){ range.start, range.last };
}

void do_reserve(struct trial *trial, const uint64_t *arg)
{
	struct model_range range = { arg[1], arg[1] + arg[2] - 1 };
	struct model_ioas *ioas = &trial->model.ioas[arg[0]];
	int rc, want = 0;

	if (ioas->live && ioas->nreserved == RESERVED)
		return;
	if (!ioas->live)
		want = -ENOENT;
	else if (area_in(&trial->model, arg[0], range.first, range.last) ||
		 (ioas->limited &&
		  ranges_meet(ioas->allowed, range.first, range.last)))
		want = -EADDRINUSE;
	rc = test_add_reserved(trial->fd, ioas_id(trial, arg[0]), arg[1],
			       arg[2]);
	trial_expect(trial, rc, want);
	if (!rc)
		ioas->reserved[ioas->nreserved++] = range;
}

void do_small(struct trial *trial, const uint64_t *arg)
{
	struct model_ioas *ioas = &trial->model.ioas[arg[0]];
	struct model *model = &trial->model;
	int rc, want = 0;

	if (!ioas->live)
		want = -ENOENT;
	else if (!arg[1] || ioas->small)
		want = 0;
	else if (ioas_has_domain(model, arg[0]) &&
		 area_in(model, arg[0], 0, UINT64_MAX))
		want = -EINVAL;
	else if (!areas_are_aligned(model, arg[0], PAGE))
		want = -EADDRINUSE;
	rc = iommufd_option_set(trial->fd, IOMMU_OPTION_HUGE_PAGES,
				ioas_id(trial, arg[0]), !arg[1]);
	trial_expect(trial, rc, want);
	if (!rc)
		ioas->small = arg[1];
}

/* Another process: it has nothing of the arena, whose pages stay as they are. */
static int change_by_child(struct trial *trial)
{
	int status = -1;
	pid_t child;

	madvise(trial->arena.va, ARENA_SIZE, MADV_DONTFORK);
	child = fork();
	if (!child)
		_exit(-iommufd_change_process(trial->fd));
	madvise(trial->arena.va, ARENA_SIZE, MADV_DOFORK);
	if (child < 0 || waitpid(child, &status, 0) != child ||
	    !WIFEXITED(status))
		trial_wrong(trial, "no child that changes the process");
	return -WEXITSTATUS(status);
}

/* What another has taken over is taken back: before that nothing is pinned for us. */
void do_change(struct trial *trial, const uint64_t *arg)
{
	struct model *model = &trial->model;
	uint64_t kb = 0;
	int want = 0;
	unsigned int i;

	for (i = 0; i < AREAS; i++)
		if (model->area[i].live &&
		    !model->mem[model->area[i].mem].file)
			want = -EINVAL;
	if (arg[0]) {
		trial_expect(trial, change_by_child(trial), want);
		if (!want && (file_read_kb("/proc/self/status", "VmPin", &kb) ||
			      kb))
			trial_wrong(trial, "VmPin is %lu kB after a change", kb);
	}
	trial_expect(trial, iommufd_change_process(trial->fd), want);
}
