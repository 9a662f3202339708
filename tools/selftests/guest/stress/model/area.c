// SPDX-License-Identifier: GPL-2.0
/*
 * Areas of the model, see area.h.
 */
#include <stddef.h>
#include <stdint.h>

#include "area.h"
#include "model.h"

struct model_area *area_in(struct model *model, unsigned int ioas,
			   uint64_t first, uint64_t last)
{
	struct model_area *area, *lowest = NULL;

	for (area = model->area; area < model->area + AREAS; area++)
		if (area->live && area->ioas == ioas && area->iova <= last &&
		    area_last(area) >= first &&
		    (!lowest || area->iova < lowest->iova))
			lowest = area;
	return lowest;
}

struct model_area *area_after(struct model *model,
			      const struct model_area *area, uint64_t last)
{
	uint64_t end = area_last(area);

	return end >= last ? NULL : area_in(model, area->ioas, end + 1, last);
}

struct model_area area_part(const struct model_area *area, uint64_t iova,
			    uint64_t last)
{
	struct model_area part = *area;

	part.iova = iova;
	part.at += iova - area->iova;
	part.length = (area_last(area) < last ? area_last(area) : last) -
		      iova + 1;
	return part;
}
