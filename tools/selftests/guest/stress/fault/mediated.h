/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scenes of mediated.c, for the list in fault.c.
 */
#ifndef _GUEST_FAULT_MEDIATED_H
#define _GUEST_FAULT_MEDIATED_H

int mediated_setup(void **state);
int mediated_teardown(void **state);
void test_mediated_bind(void **state);
void test_mediated_attach(void **state);

#endif
