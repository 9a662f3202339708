/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of alike.c, for the list in share.c.
 */
#ifndef _GUEST_SHARE_ALIKE_H
#define _GUEST_SHARE_ALIKE_H

void test_small(void **state);
void test_huge(void **state);
void test_shared(void **state);
void test_file(void **state);
void test_hugetlb(void **state);
void test_same_file(void **state);
void test_part(void **state);
void test_not_alike(void **state);
void test_user_pays_once(void **state);
void test_process_pays_once(void **state);

#endif
