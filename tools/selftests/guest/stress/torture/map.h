/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations of the torture on IO address spaces and what is mapped there.
 */
#ifndef _GUEST_TORTURE_MAP_H
#define _GUEST_TORTURE_MAP_H

#include <stdint.h>

#include "world.h"

int op_ioas_alloc(struct thread *t);

/* What can't go now stays, unless its place was taken. */
int destroy_some(int fd, uint32_t *place);

int op_ioas_destroy(struct thread *t);
int map_some(struct thread *t, int fd, uint32_t ioas);
int op_map(struct thread *t);
int op_map_shared(struct thread *t);
int op_map_file(struct thread *t);
int op_map_across(struct thread *t);
int op_map_anywhere(struct thread *t);
int op_unmap(struct thread *t);
int op_unmap_all(struct thread *t);
int op_copy(struct thread *t);
int op_allow(struct thread *t);
int op_change_process(struct thread *t);
int op_ranges(struct thread *t);
int op_huge_pages(struct thread *t);

#endif
