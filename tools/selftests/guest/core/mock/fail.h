/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of fail.c, for the list in mock.c.
 */
#ifndef _GUEST_MOCK_FAIL_H
#define _GUEST_MOCK_FAIL_H

void test_fail_map(void **state);
void test_fail_map_scattered(void **state);
void test_fail_attach(void **state);
void test_fail_second_domain(void **state);
void test_fail_replace(void **state);
void test_fail_copy(void **state);
void test_fail_pin(void **state);

#endif
