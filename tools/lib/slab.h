/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that the kernel keeps for its own use.
 */
#ifndef _LIB_SLAB_H
#define _LIB_SLAB_H

#include <stdint.h>

/* Both return 0 or a negative errno. */

/* Give back slabs in which nothing is used. */
int slab_shrink(void);

/* Bytes of all slabs, with what is unused in them. */
int slab_bytes(uint64_t *bytes);

#endif
