/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that changes, or seems to.
 */
#ifndef _GUEST_SHARE_CHANGE_H
#define _GUEST_SHARE_CHANGE_H

#include <stdbool.h>

#include "sharebed.h"

/* As NUMA balancing does it. */
void change_protection(struct memory *memory);

void change_fork(struct memory *memory);
void change_ksm(struct memory *memory);
void change_unmap(struct memory *memory);
void change_dontneed(struct memory *memory);
void change_one_page(struct memory *memory);
void change_mremap(struct memory *memory);

/* Other memory comes to the address. */
void change_moved_here(struct memory *memory);

void change_truncate(struct memory *memory);
void change_hole(struct memory *memory);

/**
 * struct change - something that is done to memory
 * @name: for the log
 * @make: does it
 * @same: the pages are the same afterwards
 */
struct change {
	const char *name;
	void (*make)(struct memory *memory);
	bool same;
};

void change(struct sharebed *bed, struct memory (*make)(void),
	    const struct change *change);
void test_change_small(void **state);
void test_change_huge(void **state);
void test_change_shared(void **state);
void test_change_file(void **state);
void test_change_hugetlb(void **state);
void test_refused(void **state);

#endif
