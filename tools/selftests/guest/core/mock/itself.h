/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of itself.c, for the list in mock.c.
 */
#ifndef _GUEST_MOCK_ITSELF_H
#define _GUEST_MOCK_ITSELF_H

void test_says_what_it_is(void **state);
void test_log_is_spared(void **state);
void test_manners_refused(void **state);

#endif
