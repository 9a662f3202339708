/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything that can be seen of the kernel's state, compared with the model.
 */
#ifndef _GUEST_MODEL_COMPARE_H
#define _GUEST_MODEL_COMPARE_H

#include <stdint.h>

#include "trial.h"

/* What a page table takes: never less than the mock has. */
uint64_t count_taken(struct trial *trial, unsigned int hwpt);

/* Pins that anybody has, of pages of all kinds: exact, once refreshed, slowly. */
uint64_t count_pins(struct trial *trial);

/* All pins together. */
void compare_pins(struct trial *trial);

void compare_contents(struct trial *trial, unsigned int npages);
void compare_all(struct trial *trial);

#endif
