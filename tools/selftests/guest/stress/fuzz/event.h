/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happens to a life of the fuzzer besides its calls.
 */
#ifndef _GUEST_FUZZEVENT_H
#define _GUEST_FUZZEVENT_H

#include "life.h"

void happen(struct life *life);

#endif
