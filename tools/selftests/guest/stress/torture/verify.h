/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The oracle of the torture: one thread's memory, on a file of its own, where
 * all is as it should be whatever others do.
 */
#ifndef _GUEST_TORTURE_VERIFY_H
#define _GUEST_TORTURE_VERIFY_H

#include "world.h"

int op_verify(struct thread *t);

#endif
