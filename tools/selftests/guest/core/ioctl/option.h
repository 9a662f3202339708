/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of option.c, for the list in ioctl.c.
 */
#ifndef _GUEST_IOCTL_OPTION_H
#define _GUEST_IOCTL_OPTION_H

void test_option_huge_pages(void **state);
void test_option_refused(void **state);
void test_option_rlimit_mode(void **state);
void test_option_rlimit_mode_unprivileged(void **state);
void test_hwpt_alloc_refused(void **state);
void test_hw_info_refused(void **state);

#endif
