// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that map, copy and unmap, see callmap.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "area.h"
#include "callioas.h"
#include "callmap.h"
#include "fail.h"
#include "iommufd.h"
#include "iova.h"
#include "memory.h"
#include "model.h"
#include "need.h"
#include "op.h"
#include "plan.h"
#include "trial.h"

static void gone_add(struct trial *trial, const struct model_area *area)
{
	if (trial->ngone < AREAS)
		trial->gone[trial->ngone++] = *area;
}

/* The areas of the plan were made, or must leave no trace. */
static void plan_end(struct trial *trial, int rc, uint64_t iova, bool fixed)
{
	struct plan *plan = &trial->plan;
	struct model_choice choice = choice_for(plan->address, plan->length);
	unsigned int i;

	model_count(&trial->model);
	if (!rc) {
		if (!fixed &&
		    !choice_is_allowed(&trial->model, plan->ioas, &choice,
				       iova, plan->length))
			trial_wrong(trial, "the kernel chose the IOVA %#lx",
				    iova);
		plan_commit(&trial->model, plan, iova);
		return;
	}
	for (i = 0; i < plan->n && fixed; i++) {
		plan->part[i].iova = iova;
		gone_add(trial, &plan->part[i]);
		iova += plan->part[i].length;
	}
}

static void plan_begin(struct trial *trial, unsigned int ioas)
{
	memset(&trial->plan, 0, sizeof(trial->plan));
	trial->plan.ioas = ioas;
}

void do_map(struct trial *trial, const uint64_t *arg)
{
	bool file = arg[4] & MAP_BY_FILE, fixed = arg[4] & MAP_FIXED_IOVA;
	uint32_t flags = arg[4] & (MAP_RW | MAP_FIXED_IOVA);
	uint8_t tag = arg[4] & MAP_BY_TAG ? MODEL_TAG : 0;
	struct plan *plan = &trial->plan;
	uint64_t iova = arg[1];
	int rc, want = -ENOENT;

	if (!model_has_room(&trial->model, 1))
		return;
	plan_begin(trial, arg[0]);
	plan_map(&trial->model, plan, arg[2], arg[3], flags, file);
	trial->model.mem[plan->part[0].mem].nowhere =
		tag && !file && !tags_are_ignored();
	if (ioas_is_live(trial, arg[0]))
		want = plan_check(&trial->model, plan, iova, fixed);
	fail_arm(trial, arg[5]);
	if (file)
		rc = iommufd_map_file(trial->fd, ioas_id(trial, arg[0]), flags,
				      trial->arena.file, plan->address, arg[3],
				      &iova);
	else
		rc = iommufd_map(trial->fd, ioas_id(trial, arg[0]), flags,
				 tagged(at_va(trial, arg[2]), tag), arg[3],
				 &iova);
	want = fail_end(trial, arg[5], want, rc);
	trial_expect(trial, rc, want);
	plan_end(trial, rc, iova, fixed);
}

void do_copy(struct trial *trial, const uint64_t *arg)
{
	uint32_t flags = arg[5] & (MAP_RW | MAP_FIXED_IOVA);
	struct plan *plan = &trial->plan;
	uint64_t iova = arg[1];
	int rc, want = -ENOENT;

	plan_begin(trial, arg[0]);
	if (ioas_is_live(trial, arg[0]) && ioas_is_live(trial, arg[2]))
		want = plan_copy(&trial->model, plan, arg[2], arg[3],
				 arg[3] + arg[4] - 1, flags);
	if (!want)
		want = plan_check(&trial->model, plan, iova,
				  flags & MAP_FIXED_IOVA);
	if (!model_has_room(&trial->model, plan->n))
		return;
	fail_arm(trial, arg[6]);
	rc = iommufd_copy(trial->fd, flags, ioas_id(trial, arg[0]), &iova,
			  ioas_id(trial, arg[2]), arg[3], arg[4]);
	want = fail_end(trial, arg[6], want, rc);
	trial_expect(trial, rc, want);
	plan_end(trial, rc, iova, flags & MAP_FIXED_IOVA);
}

void do_unmap(struct trial *trial, const uint64_t *arg)
{
	bool all = !arg[1] && arg[2] == UINT64_MAX;
	uint64_t last = all ? UINT64_MAX : arg[1] + arg[2] - 1;
	uint64_t bytes = 0, should = 0;
	struct model_area *area;
	int rc, want = -ENOENT;

	for_each_area(&trial->model, area, arg[0], arg[1], last)
		gone_add(trial, area);
	if (ioas_is_live(trial, arg[0]))
		want = model_unmap(&trial->model, arg[0], arg[1], last,
				   &should);
	rc = iommufd_unmap(trial->fd, ioas_id(trial, arg[0]), arg[1], arg[2],
			   &bytes);
	trial_expect(trial, rc, want);
	if (!rc && bytes != should)
		trial_wrong(trial, "unmapped %lu bytes, should %lu", bytes,
			    should);
}
