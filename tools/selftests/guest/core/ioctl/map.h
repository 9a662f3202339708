/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of map.c, for the list in ioctl.c.
 */
#ifndef _GUEST_IOCTL_MAP_H
#define _GUEST_IOCTL_MAP_H

void test_map_flags(void **state);
void test_map_overflow(void **state);
void test_map_length(void **state);
void test_map_exists(void **state);
void test_map_adjacent(void **state);
void test_map_extremes(void **state);
void test_map_kernel_chosen(void **state);
void test_map_kernel_chosen_alignment(void **state);
void test_map_lazy(void **state);
void test_map_read_only_argument(void **state);
void test_map_file(void **state);
void test_map_file_refused(void **state);
void test_map_file_descriptor(void **state);
void test_map_file_permission(void **state);
void test_map_file_sealed(void **state);

#endif
