/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of process.c, for the list in access.c.
 */
#ifndef _GUEST_ACCESS_PROCESS_H
#define _GUEST_ACCESS_PROCESS_H

void test_pin_by_child(void **state);
void test_pin_of_dead(void **state);
void test_pin_limit(void **state);
void test_reserved(void **state);

#endif
