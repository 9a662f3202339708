/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls about IOASes: each is made, what it returns is what the model says, and the
 * model follows it.
 */
#ifndef _GUEST_MODEL_CALLIOAS_H
#define _GUEST_MODEL_CALLIOAS_H

#include <stdbool.h>
#include <stdint.h>

#include "trial.h"

uint32_t ioas_id(struct trial *trial, unsigned int ioas);
bool ioas_is_live(struct trial *trial, unsigned int ioas);
void do_ioas(struct trial *trial, const uint64_t *arg);
void do_ioas_destroy(struct trial *trial, const uint64_t *arg);
void do_allow(struct trial *trial, const uint64_t *arg);
void do_reserve(struct trial *trial, const uint64_t *arg);
void do_small(struct trial *trial, const uint64_t *arg);
void do_change(struct trial *trial, const uint64_t *arg);

#endif
