/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What MAP, COPY and UNMAP do to the model.
 */
#ifndef _GUEST_MODEL_PLAN_H
#define _GUEST_MODEL_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

/* ---- MAP and COPY ---- */

/**
 * struct plan - areas that a MAP or COPY is about to make, next to each other
 * @ioas: where
 * @n: how many
 * @length: of all
 * @address: of the first, in memory or in its file
 * @part: the areas; their IOVA comes last
 */
struct plan {
	unsigned int ioas;
	unsigned int n;
	uint64_t length;
	uint64_t address;
	struct model_area part[AREAS];
};

void plan_map(struct model *model, struct plan *plan, uint64_t at,
	      uint64_t length, uint32_t flags, bool file);
int plan_copy(struct model *model, struct plan *plan, unsigned int src,
	      uint64_t iova, uint64_t last, uint32_t flags);
int plan_check(struct model *model, const struct plan *plan, uint64_t iova,
	       bool fixed);

/* Is there room for the areas in the model? */
bool model_has_room(const struct model *model, unsigned int n);

void plan_commit(struct model *model, const struct plan *plan, uint64_t iova);

/* ---- UNMAP ---- */

int model_unmap(struct model *model, unsigned int ioas, uint64_t first,
		uint64_t last, uint64_t *bytes);

#endif
