/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of pasid.c, for the list in mock.c.
 */
#ifndef _GUEST_MOCK_PASID_H
#define _GUEST_MOCK_PASID_H

void test_pasid(void **state);
void test_pasid_stands(void **state);
void test_pasid_refused(void **state);
void test_pasid_beside_others(void **state);
void test_pasid_moves(void **state);
void test_pasid_way_back(void **state);
void test_pasid_nested(void **state);
void test_pasid_limit(void **state);
void test_pasid_close(void **state);
void test_pasid_race(void **state);

#endif
