/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of race.c, for the list in access.c.
 */
#ifndef _GUEST_ACCESS_RACE_H
#define _GUEST_ACCESS_RACE_H

void test_race(void **state);
void test_module(void **state);

#endif
