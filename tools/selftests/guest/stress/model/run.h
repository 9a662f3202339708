/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A trial from its beginning to its end: all operations of a record, and after each
 * everything is compared with the model.
 */
#ifndef _GUEST_MODEL_RUN_H
#define _GUEST_MODEL_RUN_H

#include "compiler.h"
#include "trial.h"

/* In a process of its own, that ends with it. */
__noreturn void trial_run(struct record *record);

#endif
