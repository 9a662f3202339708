/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happens to a life of the fuzzer besides its calls.
 */
#ifndef _GUEST_FUZZ_EVENT_H
#define _GUEST_FUZZ_EVENT_H

#include "life.h"

void happen(struct life *life);

#endif
