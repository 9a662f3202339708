/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of pinning.c, for the list in container.c.
 */
#ifndef _GUEST_CONTAINER_PINNING_H
#define _GUEST_CONTAINER_PINNING_H

void test_emulated(void **state);
void test_emulated_beside(void **state);
void test_emulated_end(void **state);
void test_emulated_first(void **state);
void test_emulated_v1(void **state);

#endif
