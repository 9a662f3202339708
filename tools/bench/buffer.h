/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory that is mapped: of which size its pages are, and how they lie in
 * physical memory. Both are looked up afterwards and not believed.
 */
#ifndef _BENCH_BUFFER_H
#define _BENCH_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#define BUFFER_PAGE 4096UL

/* Bytes and pages of each; to be set before any is made. */
extern size_t buffer_size;

static inline size_t buffer_pages(void)
{
	return buffer_size / BUFFER_PAGE;
}

/**
 * struct buffer - memory of one kind
 * @name: the kind
 * @map_flags: to mmap()
 * @file: it is a file's, as well
 * @advice: to madvise(), 0 for none
 * @shuffled: its pages are first touched in no order
 * @split: its huge pages are made small ones, which leaves them where they are
 * @whole: it is of huge pages that are pinned by one pin each
 * @weigh: how often it is mapped at a time to weigh what that takes
 * @va: where it is, once made
 * @fd: of the file, if any
 * @runs: how many runs of adjacent frames it has, where a run ends with each
 *	2 MiB
 */
struct buffer {
	const char *name;
	int map_flags;
	bool file;
	int advice;
	bool shuffled;
	bool split;
	bool whole;
	unsigned int weigh;
	char *va;
	int fd;
	size_t runs;
};

/* All kinds, in the order in which they have to be made. */
#define BUFFERS 5
extern struct buffer buffers[BUFFERS];
extern struct buffer * const buffer_scattered;

/* The one that has this address. */
struct buffer *buffer_at(const void *va);

/* Have enough hugetlb pages of 2 MiB, before memory is in pieces. */
int buffer_reserve_huge(void);

/* 0, or a negative errno; -ENOTSUP where its frames lie otherwise. */
int buffer_make(struct buffer *buffer);

#endif
