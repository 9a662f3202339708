/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sweep: a call in which one thing fails that it needs, each of them in turn. A
 * call that is refused has changed nothing: no IOVA is taken, nothing is pinned or
 * paid for, no device reaches more or less, and the same call succeeds afterwards.
 */
#ifndef _GUEST_FAULT_SWEEP_H
#define _GUEST_FAULT_SWEEP_H

#include "scene.h"

/* More faults than any call has places for. */
#define POINTS_MAX 100000

/* Returns how many faults the call was refused for. */
unsigned int sweep(struct scene *scene);

#endif
