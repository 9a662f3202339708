/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of unmap.c, for the list in ioctl.c.
 */
#ifndef _GUEST_IOCTL_UNMAP_H
#define _GUEST_IOCTL_UNMAP_H

void test_copy(void **state);
void test_copy_over_two(void **state);
void test_copy_flags(void **state);
void test_copy_range(void **state);
void test_copy_overflow(void **state);
void test_copy_permission(void **state);
void test_unmap(void **state);
void test_unmap_all(void **state);
void test_unmap_halves(void **state);
void test_unmap_part(void **state);
void test_unmap_one_and_a_half(void **state);
void test_unmap_refused(void **state);

#endif
