/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of mock.c, for the list in access.c.
 */
#ifndef _GUEST_ACCESS_MOCK_H
#define _GUEST_ACCESS_MOCK_H

void test_mock_pin(void **state);
void test_mock_comes_and_goes(void **state);
void test_mock_unmap(void **state);
void test_mock_copy(void **state);
void test_mock_rw(void **state);

#endif
