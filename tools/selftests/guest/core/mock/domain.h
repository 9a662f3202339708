/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of domain.c, for the list in mock.c.
 */
#ifndef _GUEST_MOCK_DOMAIN_H
#define _GUEST_MOCK_DOMAIN_H

void test_map(void **state);
void test_map_halves(void **state);
void test_map_halves_of_a_page(void **state);
void test_rights(void **state);
void test_aperture(void **state);
void test_unmap_runs(void **state);
void test_huge(void **state);
void test_huge_of_neighbours(void **state);
void test_huge_off(void **state);
void test_huge_off_refused(void **state);
void test_long(void **state);
void test_across(void **state);
void test_across_copy(void **state);
void test_across_parts(void **state);
void test_memory_limits(void **state);

#endif
