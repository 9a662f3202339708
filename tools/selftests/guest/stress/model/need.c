// SPDX-License-Identifier: GPL-2.0
/*
 * Who needs which page, see need.h.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "area.h"
#include "arena.h"
#include "model.h"
#include "need.h"

bool ioas_has_domain(const struct model *model, unsigned int ioas)
{
	int i;

	for (i = 0; i < HWPTS; i++)
		if (model->hwpt[i].live && model->hwpt[i].filled &&
		    model->hwpt[i].ioas == ioas)
			return true;
	return false;
}

bool mem_can_pin(const struct model_mem *mem, unsigned int page)
{
	return !mem->nowhere && arena_can_pin(page, mem->writable);
}

int model_need(struct model *model, const struct model_area *part)
{
	unsigned int first = page_of(part->at), page;
	unsigned int last = page_of(part->at + part->length - 1);
	struct model_mem *mem = &model->mem[part->mem];
	uint64_t missing = 0;

	for (page = first; page <= last; page++)
		missing += !mem->need[page];
	if (model->pinned + missing > model->limit)
		return -ENOMEM;
	for (page = first; page <= last; page++)
		if (!mem->need[page] && !mem_can_pin(mem, page))
			return -EFAULT;
	for (page = first; page <= last; page++)
		mem->need[page]++;
	model->pinned += missing;
	return 0;
}

int model_need_range(struct model *model, unsigned int ioas, uint64_t first,
		     uint64_t last)
{
	struct model_area *area, part;
	int rc = 0;

	for_each_area(model, area, ioas, first, last) {
		part = area_part(area, area->iova > first ? area->iova : first,
				 last);
		rc = model_need(model, &part);
		if (rc)
			break;
	}
	return rc;
}

bool model_count(struct model *model)
{
	struct model_pin *pin;
	int i, rc = 0;

	for (i = 0; i < MEMS; i++)
		memset(model->mem[i].need, 0, sizeof(model->mem[i].need));
	model->pinned = 0;
	for (i = 0; i < IOASES; i++)
		if (ioas_has_domain(model, i))
			rc |= model_need_range(model, i, 0, UINT64_MAX);
	for (pin = model->pin; pin < model->pin + PINS; pin++)
		if (pin->live)
			rc |= model_need_range(model,
					       model->access[pin->access].ioas,
					       pin->iova,
					       pin->iova + pin->length - 1);
	return !rc;
}

unsigned int model_refs(const struct model *model, unsigned int page)
{
	unsigned int refs = 0;
	int i;

	for (i = 0; i < MEMS; i++)
		refs += !!model->mem[i].need[page];
	return refs;
}

uint64_t model_needed(const struct model *model, unsigned int first)
{
	uint64_t needed = 0;
	unsigned int page;

	for (page = first; page < ARENA_PAGES; page++)
		needed += !!model_refs(model, page);
	return needed;
}

uint64_t model_least(const struct model *model)
{
	return model->shares ? model_needed(model, 0) : model->pinned;
}
