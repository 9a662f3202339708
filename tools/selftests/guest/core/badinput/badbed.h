/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bad input is given to: an IOAS with a mapping, and ids of all kinds.
 */
#ifndef _GUEST_BADINPUT_BADBED_H
#define _GUEST_BADINPUT_BADBED_H

#include "bed.h"
#include "edubed.h"
#include "picture.h"

/* Random changes of several fields, tried with each command. */
#define MIXTURES 60

/* No address of user space: of the kernel, of nobody, and the last page. */
extern const uint64_t bad_addresses[];
extern const unsigned int bad_addresses_count;

/**
 * struct badbed - what bad input is tried on
 * @edu: the device, attached
 * @view: the same, as refused() wants it
 * @mem: what is mapped at BED_IOVA
 * @file: of memory
 * @hwpt: a page table that we made
 * @stale: an id that is none any more
 * @foreign_fd: another open file
 * @foreign: an id that only that one has
 * @before: what there was at the start
 */
struct badbed {
	struct edubed *edu;
	struct bed view;
	uint8_t *mem;
	int file;
	uint32_t hwpt;
	uint32_t stale;
	int foreign_fd;
	uint32_t foreign;
	struct picture before;
};

int setup(void **state);
int teardown(void **state);
void check_unchanged(struct badbed *bed, const char *what);

#endif
