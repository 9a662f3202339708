/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of rw.c, for the list in access.c.
 */
#ifndef _GUEST_ACCESS_RW_H
#define _GUEST_ACCESS_RW_H

void test_rw(void **state);
void test_rw_exact(void **state);
void test_rw_refused(void **state);
void test_rw_of_pinned(void **state);
void test_rw_unaligned_areas(void **state);

#endif
