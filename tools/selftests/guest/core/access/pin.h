/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of pin.c, for the list in access.c.
 */
#ifndef _GUEST_ACCESS_PIN_H
#define _GUEST_ACCESS_PIN_H

void test_pin(void **state);
void test_pin_bytes(void **state);
void test_pin_overlapping(void **state);
void test_pin_of_two_accesses(void **state);
void test_pin_across_areas(void **state);
void test_pin_hole(void **state);
void test_pin_permission(void **state);
void test_pin_refused(void **state);
void test_pin_nothing_there(void **state);
void test_pin_read_only_argument(void **state);
void test_pin_thp(void **state);
void test_pin_memfd(void **state);
void test_pin_hugetlb(void **state);
void test_pin_memory_limit(void **state);

#endif
