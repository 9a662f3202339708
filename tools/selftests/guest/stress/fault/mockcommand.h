/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scenes of mockcommand.c, for the list in fault.c.
 */
#ifndef _GUEST_FAULT_MOCKCOMMAND_H
#define _GUEST_FAULT_MOCKCOMMAND_H

void test_ranges(void **state);
void test_objects(void **state);
void test_areas(void **state);
void test_fdinfo(void **state);
void test_option_set(void **state);
void test_option_get(void **state);
void test_mock_hw_info(void **state);
void test_long_struct(void **state);
void test_reserve(void **state);

#endif
