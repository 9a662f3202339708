/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls of the fuzzer whose struct comes late: the kernel waits for it (uffd.h), for
 * a while, or until something has happened to the container that the call is about.
 */
#ifndef _GUEST_FUZZ_LATE_H
#define _GUEST_FUZZ_LATE_H

#include "life.h"

/* The thread ends with the life. */
void late_start(struct life *life);

void run_late(struct life *life, struct one *one);

/* One that a container with a type gets, which is rare by chance. */
void make_late(struct life *life, struct one *one);

#endif
