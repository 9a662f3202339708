/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of end.c, for the list in p2p.c.
 */
#ifndef _GUEST_P2P_END_H
#define _GUEST_P2P_END_H

void test_ends(void **state);
void test_read_only_end(void **state);
void test_part_ends(void **state);
void test_exit(void **state);
void test_off_by_other(void **state);
void test_inherited(void **state);
void test_fork(void **state);

#endif
