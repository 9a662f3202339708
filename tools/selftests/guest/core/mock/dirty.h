/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of dirty.c, for the list in mock.c.
 */
#ifndef _GUEST_MOCK_DIRTY_H
#define _GUEST_MOCK_DIRTY_H

void test_dirty_marks(void **state);
void test_dirty_refused(void **state);

#endif
