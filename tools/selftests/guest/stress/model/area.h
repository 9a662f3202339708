/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Areas of the model: what is mapped in an IOAS, and where it lies in the arena.
 */
#ifndef _GUEST_MODEL_AREA_H
#define _GUEST_MODEL_AREA_H

#include <stdint.h>

#include "model.h"

static inline uint64_t area_last(const struct model_area *area)
{
	return area->iova + area->length - 1;
}

/* The lowest area of an IOAS that touches a range. */
struct model_area *area_in(struct model *model, unsigned int ioas,
			   uint64_t first, uint64_t last);

struct model_area *area_after(struct model *model,
			      const struct model_area *area, uint64_t last);

#define for_each_area(model, area, ioas, first, last)			\
	for ((area) = area_in(model, ioas, first, last); (area);	\
	     (area) = area_after(model, area, last))

/* The part of an area from @iova to @last, as an area of its own. */
struct model_area area_part(const struct model_area *area, uint64_t iova,
			    uint64_t last);

#endif
