/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of group.c, for the list in container.c.
 */
#ifndef _GUEST_CONTAINER_GROUP_H
#define _GUEST_CONTAINER_GROUP_H

void test_dma(void **state);
void test_answers(void **state);
void test_errors(void **state);
void test_v1(void **state);
void test_one_owner(void **state);
void test_two_groups(void **state);
void test_two_dma(void **state);
void test_groups_first(void **state);
void test_mmio(void **state);

#endif
