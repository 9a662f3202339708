/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of end.c, for the list in container.c.
 */
#ifndef _GUEST_CONTAINER_END_H
#define _GUEST_CONTAINER_END_H

void test_close(void **state);
void test_killed(void **state);
void test_limit(void **state);
void test_limit_mmio(void **state);

#endif
