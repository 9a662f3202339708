/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of registers.c, for the list in container.c.
 */
#ifndef _GUEST_CONTAINER_REGISTERS_H
#define _GUEST_CONTAINER_REGISTERS_H

void test_mmio_swapped(void **state);
void test_many(void **state);

#endif
