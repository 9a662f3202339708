/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory that is mapped: of which size its pages are, and how they lie in
 * physical memory. Both are looked up afterwards and not believed.
 */
#ifndef _BENCH_BUFFER_H
#define _BENCH_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#define BUFFER_SIZE (256UL << 20)
#define BUFFER_PAGE 4096UL
#define BUFFER_PAGES (BUFFER_SIZE / BUFFER_PAGE)

/**
 * struct buffer - memory of one kind
 * @name: the kind
 * @map_flags: to mmap()
 * @advice: to madvise(), 0 for none
 * @shuffled: its pages are first touched in no order
 * @least: its frames are in at least so many runs of adjacent ones, where a
 *	run ends with each 2 MiB
 * @most: and in at most so many
 * @weigh: how often it is mapped at a time to weigh what that takes
 * @va: where it is, once made
 * @runs: as many there are
 */
struct buffer {
	const char *name;
	int map_flags;
	int advice;
	bool shuffled;
	size_t least;
	size_t most;
	unsigned int weigh;
	char *va;
	size_t runs;
};

/* All kinds, in the order in which they have to be made. */
#define BUFFERS 3
extern struct buffer buffers[BUFFERS];
extern struct buffer * const buffer_scattered;

/* Have enough hugetlb pages of 2 MiB, before memory is in pieces. */
int buffer_reserve_huge(void);

/* 0, or a negative errno; -ENOTSUP where its frames lie otherwise. */
int buffer_make(struct buffer *buffer);

#endif
