/* SPDX-License-Identifier: GPL-2.0 */
/*
 * After all sweeps: each call in the code of the modules has failed once, or there is
 * a reason why it can't.
 */
#ifndef _GUEST_FAULT_EXCUSE_H
#define _GUEST_FAULT_EXCUSE_H

void test_all_calls(void **state);

#endif
