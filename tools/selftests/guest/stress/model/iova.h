/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IOVA of the model: what is blocked, free, and may be chosen by the kernel.
 */
#ifndef _GUEST_MODEL_IOVA_H
#define _GUEST_MODEL_IOVA_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

uint64_t ioas_alignment(const struct model *model, unsigned int ioas);
bool areas_are_aligned(struct model *model, unsigned int ioas,
		       uint64_t alignment);
bool ranges_meet(struct model_range a, uint64_t first, uint64_t last);

#define BLOCKED (RESERVED + 2)

bool iova_is_blocked(const struct model *model, unsigned int ioas,
		     uint64_t first, uint64_t last);

/* The first range from *@first on that is not blocked. */
bool iova_usable(const struct model *model, unsigned int ioas, uint64_t *first,
		 uint64_t *last);

/* May something be mapped exactly here? */
int iova_check(struct model *model, unsigned int ioas, uint64_t iova,
	       uint64_t length);

/**
 * struct model_choice - what an IOVA of the kernel's choice looks like
 * @step: it is a multiple of this, but for
 * @offset: bits that are set in it
 */
struct model_choice {
	uint64_t step;
	uint64_t offset;
};

struct model_choice choice_for(uint64_t address, uint64_t length);

/* Is the kernel's choice one that it may make? */
bool choice_is_allowed(struct model *model, unsigned int i,
		       const struct model_choice *choice, uint64_t iova,
		       uint64_t length);

/* Is there an IOVA to choose? Only where it is limited this takes a look. */
int choice_check(struct model *model, unsigned int i, uint64_t address,
		 uint64_t length);

#endif
