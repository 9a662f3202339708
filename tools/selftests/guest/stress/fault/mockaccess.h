/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scenes of mockaccess.c, for the list in fault.c.
 */
#ifndef _GUEST_FAULT_MOCKACCESS_H
#define _GUEST_FAULT_MOCKACCESS_H

void test_access(void **state);
void test_access_pin_lazy(void **state);
void test_access_pin_page(void **state);
void test_unmap_pinned(void **state);
void test_access_read_lazy(void **state);
void test_access_read_mapped(void **state);
void test_access_write_lazy(void **state);
void test_access_moves(void **state);

#endif
