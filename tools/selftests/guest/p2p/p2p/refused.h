/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of refused.c, for the list in p2p.c.
 */
#ifndef _GUEST_P2P_REFUSED_H
#define _GUEST_P2P_REFUSED_H

void test_refused(void **state);
void test_pay(void **state);
void test_access(void **state);
void test_foreign(void **state);
void test_foreign_allowed(void **state);
void test_map_bars(void **state);

#endif
