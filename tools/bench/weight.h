/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that the kernel keeps for its own use, and what is left.
 */
#ifndef _BENCH_WEIGHT_H
#define _BENCH_WEIGHT_H

#include <stdint.h>

/**
 * struct weight - bytes
 * @slab: of all slabs, with what is unused in them
 * @tables: of page tables of IOMMUs, 0 where the kernel does not count them
 * @used: all that is not free
 */
struct weight {
	int64_t slab;
	int64_t tables;
	int64_t used;
};

/* 0 or a negative errno. */
int weight_take(struct weight *weight);

#endif
