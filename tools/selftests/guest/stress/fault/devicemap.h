/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scenes of devicemap.c, for the list in fault.c.
 */
#ifndef _GUEST_FAULT_DEVICEMAP_H
#define _GUEST_FAULT_DEVICEMAP_H

void test_ioas_alloc(void **state);
void test_allow(void **state);
void test_map_page(void **state);
void test_map_scattered(void **state);
void test_map_adjacent(void **state);
void test_map_large(void **state);
void test_map_fresh(void **state);
void test_map_file(void **state);
void test_copy(void **state);
void test_copy_pinned(void **state);
void test_unmap(void **state);

#endif
