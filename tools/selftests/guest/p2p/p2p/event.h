/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of event.c, for the list in p2p.c.
 */
#ifndef _GUEST_P2P_EVENT_H
#define _GUEST_P2P_EVENT_H

void test_events(void **state);
void test_revival_time(void **state);
void test_reset(void **state);
void test_hot_reset(void **state);
void test_hot_reset_by_other(void **state);
void test_mapped_while_off(void **state);

#endif
