/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of choice.c, for the list in container.c.
 */
#ifndef _GUEST_CONTAINER_CHOICE_H
#define _GUEST_CONTAINER_CHOICE_H

void test_choice(void **state);
void test_modprobe(void **state);

#endif
