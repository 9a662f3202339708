/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of race.c, for the list in mock.c.
 */
#ifndef _GUEST_MOCK_RACE_H
#define _GUEST_MOCK_RACE_H

void test_race(void **state);
void test_hw_info(void **state);
void test_close(void **state);
void test_killed(void **state);

#endif
