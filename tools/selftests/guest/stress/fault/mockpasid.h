/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scenes of mockpasid.c, for the list in fault.c.
 */
#ifndef _GUEST_FAULT_MOCKPASID_H
#define _GUEST_FAULT_MOCKPASID_H

void test_attach_pasid(void **state);
void test_replace_pasid(void **state);
void test_detach_pasid(void **state);
void test_pasid_device(void **state);
void test_pasid_hw_info(void **state);

#endif
