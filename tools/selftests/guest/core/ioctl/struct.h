/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of struct.c, for the list in ioctl.c.
 */
#ifndef _GUEST_IOCTL_STRUCT_H
#define _GUEST_IOCTL_STRUCT_H

void test_size_too_small(void **state);
void test_size_grown(void **state);
void test_size_nonzero_tail(void **state);
void test_size_told_counts(void **state);
void test_bad_pointer(void **state);
void test_unknown_command(void **state);
void test_near_command(void **state);
void test_no_file_operations(void **state);
void test_destroy(void **state);
void test_destroy_filled(void **state);
void test_foreign_id(void **state);
void test_unknown_ioas(void **state);

#endif
