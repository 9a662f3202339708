/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls that map, copy and unmap, and what the model says of them.
 */
#ifndef _GUEST_MODEL_CALLMAP_H
#define _GUEST_MODEL_CALLMAP_H

#include <stdint.h>

#include "trial.h"

void do_map(struct trial *trial, const uint64_t *arg);
void do_copy(struct trial *trial, const uint64_t *arg);
void do_unmap(struct trial *trial, const uint64_t *arg);

#endif
