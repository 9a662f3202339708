/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of nested.c, for the list in mock.c.
 */
#ifndef _GUEST_MOCK_NESTED_H
#define _GUEST_MOCK_NESTED_H

void test_nest_parent(void **state);
void test_nested(void **state);
void test_nested_on_unfilled(void **state);
void test_nested_moves(void **state);
void test_nested_refused(void **state);
void test_nested_close(void **state);
void test_invalidate(void **state);
void test_invalidate_many(void **state);
void test_invalidate_refused(void **state);
void test_invalidate_fields(void **state);
void test_invalidate_read_only(void **state);
void test_device_cache(void **state);
void test_nested_race(void **state);

#endif
