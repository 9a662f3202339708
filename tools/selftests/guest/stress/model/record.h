/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A record: made, found wrong or not, printed and read back, and made as short as it can
 * be while it stays wrong.
 */
#ifndef _GUEST_MODEL_RECORD_H
#define _GUEST_MODEL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "trial.h"

extern struct record *record;

bool record_is_wrong(void);
void record_random(uint64_t seed);

void record_parse(const char *ops);

void record_report(void);

#endif
