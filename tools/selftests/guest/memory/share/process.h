/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Other processes; devices that come and go.
 */
#ifndef _GUEST_SHARE_PROCESS_H
#define _GUEST_SHARE_PROCESS_H

#include "sharebed.h"

/* @ready: where a child says that its first MAP is done. */
struct process {
	struct sharebed *bed;
	struct memory *memory;
	int ready;
};

void test_exit(void **state);
void test_child(void **state);

/* To after_exec(). */
void exec_to_map(struct sharebed *bed, int i, struct memory *memory);

/* In the new program: the address of old, and new memory. */
int after_exec(char **argv);

void test_exec(void **state);

void test_mapped_before(void **state);
void test_plugged_later(void **state);
void test_unplugged(void **state);

#endif
