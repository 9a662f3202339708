/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory of a random test: one range of addresses with pages of all kinds
 * next to each other, so that one mapping can hold several. What it should
 * contain is kept beside it.
 *
 * Pages are counted from its start; the huge ones are aligned to their size.
 */
#ifndef _GUEST_MODEL_ARENA_H
#define _GUEST_MODEL_ARENA_H

#include "bed.h"

/* First pages of each kind; small and anonymous are those before. */
#define ARENA_READ_ONLY 16
#define ARENA_FILE 20
#define ARENA_HOLE 32
#define ARENA_SMALL 33
#define ARENA_THP 40
#define ARENA_HUGETLB (ARENA_THP + 512)
#define ARENA_PAGES (ARENA_HUGETLB + 512)

#define ARENA_SIZE (ARENA_PAGES * PAGE)

/**
 * struct arena - the memory
 * @va: where it is
 * @should: what it should contain
 * @file: the file behind the pages from ARENA_FILE on
 * @hugetlb: there were hugetlb pages; otherwise its last part is as the one
 *	before it
 */
struct arena {
	uint8_t *va;
	uint8_t *should;
	int file;
	bool hugetlb;
};

static inline bool arena_is_hole(unsigned int page)
{
	return page == ARENA_HOLE;
}

/* Can the page be pinned, by a mem that is made to be written or not? */
bool arena_can_pin(unsigned int page, bool write);

bool arena_is_file(uint64_t at, uint64_t length);

/* False where there is no memory; it goes with the process. */
bool arena_make(struct arena *arena);

/* The first byte that is not what it should be; ARENA_SIZE where all are. */
uint64_t arena_wrong(const struct arena *arena, unsigned int npages);

#endif
