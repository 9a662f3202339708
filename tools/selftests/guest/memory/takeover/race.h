/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GUEST_TAKEOVER_RACE_H
#define _GUEST_TAKEOVER_RACE_H

void test_moved_meanwhile(void **state);
void test_race(void **state);

#endif
