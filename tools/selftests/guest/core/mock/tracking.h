/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of tracking.c, for the list in mock.c.
 */
#ifndef _GUEST_MOCK_TRACKING_H
#define _GUEST_MOCK_TRACKING_H

void test_tracking_lacks(void **state);
void test_tracking_reads(void **state);
void test_tracking_starts_clean(void **state);
void test_tracking_huge(void **state);
void test_tracking_holes(void **state);
void test_tracking_random(void **state);
void test_tracking_far(void **state);
void test_tracking_nested(void **state);
void test_tracking_refused(void **state);
void test_tracking_fields(void **state);
void test_tracking_race(void **state);

#endif
