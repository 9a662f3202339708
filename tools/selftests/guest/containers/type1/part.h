/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of part.c, for the list in type1.c.
 */
#ifndef _GUEST_TYPE1_PART_H
#define _GUEST_TYPE1_PART_H

void test_part(void **state);
void test_part_of_huge(void **state);
void test_part_errors(void **state);
void test_part_limit(void **state);
void test_part_access(void **state);

#endif
