/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of race.c, for the list in share.c.
 */
#ifndef _GUEST_SHARE_RACE_H
#define _GUEST_SHARE_RACE_H

void test_race_small(void **state);
void test_race_huge(void **state);
void test_race_shared(void **state);
void test_race_file(void **state);
void test_race_exit(void **state);
void test_race_exec(void **state);
void test_numa(void **state);
void test_off(void **state);

#endif
