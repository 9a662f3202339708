/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scenes of devicebar.c, for the list in fault.c.
 */
#ifndef _GUEST_FAULT_DEVICEBAR_H
#define _GUEST_FAULT_DEVICEBAR_H

void test_map_bar(void **state);
void test_map_bar_off(void **state);
void test_copy_bar(void **state);
void test_attach_bar(void **state);

#endif
