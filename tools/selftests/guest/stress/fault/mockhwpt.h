/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scenes of mockhwpt.c, for the list in fault.c.
 */
#ifndef _GUEST_FAULT_MOCKHWPT_H
#define _GUEST_FAULT_MOCKHWPT_H

void test_mock_device(void **state);
void test_mock_remote(void **state);
void test_mock_replace_ioas(void **state);
void test_mock_hwpt(void **state);
void test_destroy_hwpt(void **state);
void test_nest_parent(void **state);
void test_nested(void **state);
void test_replace_by_nested(void **state);
void test_destroy_nested(void **state);
void test_invalidate(void **state);
void test_tracked(void **state);
void test_set_dirty(void **state);
void test_get_dirty(void **state);

#endif
