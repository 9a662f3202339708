/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of pointers.c, for the list in badinput.c.
 */
#ifndef _GUEST_BADINPUT_POINTERS_H
#define _GUEST_BADINPUT_POINTERS_H

void test_bad_argument_address(void **state);
void test_unaligned_argument(void **state);
void test_read_only_argument(void **state);
void test_bad_arrays(void **state);
void test_bad_memory_address(void **state);
void test_map_file_kinds(void **state);
void test_map_file_range(void **state);
void test_map_file_write_only(void **state);
void test_commands_of_others(void **state);

#endif
