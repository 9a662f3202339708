/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations of the torture besides: on files, processes, their memory, drivers
 * and the memory of the whole system.
 */
#ifndef _GUEST_TORTURE_SYSTEM_H
#define _GUEST_TORTURE_SYSTEM_H

#include "world.h"

/* What MAX_TABLE_BYTES says before op_pinch() changes it. */
extern char usual_max[24];

int op_close(struct thread *t);
int op_fork(struct thread *t);
int op_limit(struct thread *t);

int op_mem_drop(struct thread *t);
int op_mem_touch(struct thread *t);
int op_mem_hole(struct thread *t);
int op_mem_protect(struct thread *t);
int op_mem_collapse(struct thread *t);
int op_mem_split(struct thread *t);

int op_unbind(struct thread *t);
int op_bind(struct thread *t);
int op_compact(struct thread *t);
int op_shrink(struct thread *t);
int op_squeeze(struct thread *t);

int op_pinch(struct thread *t);

#endif
