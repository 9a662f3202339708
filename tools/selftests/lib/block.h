/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Blocks of memory, which can be taken off line and come back as movable memory, or as
 * memory of the kernel's. Stock kernels of amd64 can, where nothing in a block has to
 * stay in its place.
 */
#ifndef _GUEST_BLOCK_H
#define _GUEST_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define NO_BLOCK -1

/* @state: "offline", "online_movable", "online_kernel". 0, or a negative errno. */
int block_write(int block, const char *state);
bool block_is_online(int block);

/* One that was on line comes back so, from the last one on; or NO_BLOCK. */
int block_remake(const char *state);

/* The block where a page of the process is. */
int block_of(const void *va);

#endif
