/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of life.c, for the list in p2p.c.
 */
#ifndef _GUEST_P2P_LIFE_H
#define _GUEST_P2P_LIFE_H

void test_dead_calls(void **state);
void test_copy(void **state);
void test_anywhere(void **state);
void test_two_tables(void **state);
void test_unmap_pieces(void **state);
void test_orders(void **state);
void test_former_owner(void **state);
void test_former_owner_early(void **state);

#endif
