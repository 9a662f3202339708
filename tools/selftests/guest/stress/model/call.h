/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls that operations stand for: each is made, what it returns is what the model
 * says, and the model follows it.
 */
#ifndef _GUEST_MODEL_CALL_H
#define _GUEST_MODEL_CALL_H

#include <stdint.h>

#include "op.h"
#include "trial.h"

extern void (* const op_do[OPS])(struct trial *trial, const uint64_t *arg);

#endif
