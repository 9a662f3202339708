/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that is random in a trial: which operation comes next, and its numbers, is chosen
 * with an eye on the model, so that most of them meet something. All is drawn from here,
 * so that a seed gives the same trial each time.
 */
#ifndef _GUEST_MODEL_DRAW_H
#define _GUEST_MODEL_DRAW_H

#include <stdint.h>

#include "model.h"
#include "op.h"
#include "trial.h"

/* Is all that a trial maps memory of files? */
bool random_files(void);

struct op op_random(struct model *model);

void record_draw(struct record *record, uint64_t seed);

#endif
