/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of mapped.c, for the list in userfault.c.
 */
#ifndef _GUEST_USERFAULT_MAPPED_H
#define _GUEST_USERFAULT_MAPPED_H

void test_attach_pins(void **state);
void test_close_waits(void **state);
void test_open_fails(void **state);

#endif
