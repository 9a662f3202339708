/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of owners.c, for the list in badinput.c.
 */
#ifndef _GUEST_BADINPUT_OWNERS_H
#define _GUEST_BADINPUT_OWNERS_H

void test_foreign_device(void **state);
void test_stale_ids(void **state);
void test_user(void **state);

#endif
