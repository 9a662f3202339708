/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of map.c, for the list in type1.c.
 */
#ifndef _GUEST_TYPE1_MAP_H
#define _GUEST_TYPE1_MAP_H

void test_dma(void **state);
void test_read_only(void **state);
void test_map_around(void **state);
void test_map_errors(void **state);
void test_unmap_errors(void **state);
void test_unmap_read_only(void **state);
void test_unmap_many(void **state);
void test_mmio(void **state);

#endif
