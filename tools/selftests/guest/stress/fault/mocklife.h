/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scenes of mocklife.c, for the list in fault.c.
 */
#ifndef _GUEST_FAULT_MOCKLIFE_H
#define _GUEST_FAULT_MOCKLIFE_H

void test_life(void **state);

#endif
