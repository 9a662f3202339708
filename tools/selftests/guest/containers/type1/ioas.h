/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of ioas.c, for the list in type1.c.
 */
#ifndef _GUEST_TYPE1_IOAS_H
#define _GUEST_TYPE1_IOAS_H

void test_ioas(void **state);
void test_ioas_gone(void **state);
void test_without_ioas(void **state);
void test_extensions(void **state);
void test_set_iommu(void **state);
void test_info(void **state);
void test_info_room(void **state);
void test_info_avail(void **state);

#endif
