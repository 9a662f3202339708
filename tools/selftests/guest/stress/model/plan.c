// SPDX-License-Identifier: GPL-2.0
/*
 * What MAP, COPY and UNMAP do to the model, see plan.h.
 */
#include "area.h"
#include "arena.h"
#include "bed.h"
#include "iommufd.h"
#include "iova.h"
#include "model.h"
#include "need.h"
#include "plan.h"

/* ---- MAP and COPY ---- */

static void plan_add(struct plan *plan, const struct model_area *part)
{
	plan->part[plan->n] = *part;
	plan->part[plan->n].live = true;
	plan->part[plan->n++].ioas = plan->ioas;
	plan->length += part->length;
}

static uint64_t mem_address(const struct model *model, unsigned int mem,
			    uint64_t at)
{
	if (model->mem[mem].file)
		return at - ARENA_FILE * PAGE;
	return model->va + at;
}

/* A place for a mem that no area has. */
static unsigned int model_free_mem(const struct model *model)
{
	unsigned int mem;
	int i;

	for (mem = 0; ; mem++) {
		for (i = 0; i < AREAS; i++)
			if (model->area[i].live && model->area[i].mem == mem)
				break;
		if (i == AREAS)
			return mem;
	}
}

void plan_map(struct model *model, struct plan *plan, uint64_t at,
	      uint64_t length, uint32_t flags, bool file)
{
	struct model_area part = { .at = at, .length = length };

	part.flags = flags & MAP_RW;
	part.mem = model_free_mem(model);
	model->mem[part.mem].writable = flags & MAP_W;
	model->mem[part.mem].file = file;
	model->mem[part.mem].nowhere = false;
	memset(model->mem[part.mem].need, 0, sizeof(model->mem[0].need));
	plan_add(plan, &part);
	plan->address = mem_address(model, part.mem, at);
}

int plan_copy(struct model *model, struct plan *plan, unsigned int src,
	      uint64_t iova, uint64_t last, uint32_t flags)
{
	struct model_area *area, part;

	for (;;) {
		area = area_in(model, src, iova, iova);
		if (!area)
			return -ENOENT;
		part = area_part(area, iova, last);
		part.flags = flags & MAP_RW;
		if ((flags & MAP_W) && !model->mem[part.mem].writable)
			return -EPERM;
		plan_add(plan, &part);
		if (part.length > last - iova)
			break;
		iova += part.length;
	}
	plan->address = mem_address(model, plan->part[0].mem,
				    plan->part[0].at);
	return 0;
}

int plan_check(struct model *model, const struct plan *plan, uint64_t iova,
	       bool fixed)
{
	uint64_t mask = ioas_alignment(model, plan->ioas) - 1;
	unsigned int i;
	int rc = 0;

	for (i = 0; i < plan->n; i++)
		if ((plan->part[i].at | plan->part[i].length) & mask)
			return -EINVAL;
	if (fixed)
		rc = iova_check(model, plan->ioas, iova, plan->length);
	else
		rc = choice_check(model, plan->ioas, plan->address,
				  plan->length);
	if (!ioas_has_domain(model, plan->ioas))
		return rc;
	for (i = 0; i < plan->n && !rc; i++)
		rc = model_need(model, &plan->part[i]);
	return rc;
}

bool model_has_room(const struct model *model, unsigned int n)
{
	int i;

	for (i = 0; i < AREAS; i++)
		n -= n && !model->area[i].live;
	return !n;
}

void plan_commit(struct model *model, const struct plan *plan, uint64_t iova)
{
	unsigned int i, slot = 0;

	for (i = 0; i < plan->n; i++) {
		while (model->area[slot].live)
			slot++;
		model->area[slot] = plan->part[i];
		model->area[slot].iova = iova;
		iova += plan->part[i].length;
	}
}

/* ---- UNMAP ---- */

/* Pins that reach into a range are dropped as a whole by their owner. */
static void model_drop_pins(struct model *model, unsigned int ioas,
			    uint64_t first, uint64_t last)
{
	struct model_pin *pin;

	for (pin = model->pin; pin < model->pin + PINS; pin++)
		if (model->access[pin->access].ioas == ioas &&
		    pin->iova <= last && pin->iova + pin->length - 1 >= first)
			pin->live = false;
}

int model_unmap(struct model *model, unsigned int ioas, uint64_t first,
		uint64_t last, uint64_t *bytes)
{
	struct model_area *area;

	*bytes = 0;
	for_each_area(model, area, ioas, first, last) {
		if (area->iova < first || area_last(area) > last)
			return -ENOENT;
		*bytes += area->length;
	}
	if (!*bytes && (first || last != UINT64_MAX))
		return -ENOENT;
	while ((area = area_in(model, ioas, first, last))) {
		model_drop_pins(model, ioas, area->iova, area_last(area));
		area->live = false;
	}
	return 0;
}
