/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scenes of deviceattach.c, for the list in fault.c.
 */
#ifndef _GUEST_FAULT_DEVICEATTACH_H
#define _GUEST_FAULT_DEVICEATTACH_H

void test_attach(void **state);
void test_replace(void **state);
void test_hwpt(void **state);
void test_second_hwpt(void **state);
void test_replace_by_second(void **state);
void test_detach(void **state);
void test_attach_node_pasid(void **state);
void test_detach_node_pasid(void **state);
void test_destroy(void **state);
void test_hw_info(void **state);

#endif
