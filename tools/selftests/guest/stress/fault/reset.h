/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scenes of reset.c, for the list in fault.c.
 */
#ifndef _GUEST_FAULT_RESET_H
#define _GUEST_FAULT_RESET_H

void test_reset_count(void **state);
void test_reset_info(void **state);
void test_region_info(void **state);
void test_reset_asked(void **state);
void test_reset(void **state);

#endif
