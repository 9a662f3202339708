/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who needs which page of which mem, and so how often it is pinned.
 */
#ifndef _GUEST_MODEL_NEED_H
#define _GUEST_MODEL_NEED_H

#include "bed.h"
#include "model.h"

static inline unsigned int page_of(uint64_t at)
{
	return at / PAGE;
}

bool ioas_has_domain(const struct model *model, unsigned int ioas);
bool mem_can_pin(const struct model_mem *mem, unsigned int page);

/*
 * One more that needs the pages of a part of a mem: first they are charged,
 * then those that nobody needed before are pinned.
 */
int model_need(struct model *model, const struct model_area *part);

/* The same for all of a range of IOVA that is mapped throughout. */
int model_need_range(struct model *model, unsigned int ioas, uint64_t first,
		     uint64_t last);

/* Count anew, whatever a call that failed has added. False: it can't be. */
bool model_count(struct model *model);

/* How often a page should be pinned: by each mem once. */
unsigned int model_refs(const struct model *model, unsigned int page);

/* Pages from @first on that somebody needs. */
uint64_t model_needed(const struct model *model, unsigned int first);

/* Pages that are pinned at least; model->pinned is how many are at most. */
uint64_t model_least(const struct model *model);

#endif
