/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What whoever runs a test says by its environment.
 */
#ifndef _GUEST_ENV_H
#define _GUEST_ENV_H

#include <stdbool.h>
#include <stdint.h>

/* A number, or @otherwise where there is none. */
uint64_t env_number(const char *name, uint64_t otherwise);

/* TEST_LONG: the run may take long. */
bool env_is_long(void);

/* SEED, or @otherwise; it is printed, so that the same can be run again. */
unsigned int env_seed(unsigned int otherwise);

#endif
