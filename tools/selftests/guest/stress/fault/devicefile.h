/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scenes of devicefile.c, for the list in fault.c.
 */
#ifndef _GUEST_FAULT_DEVICEFILE_H
#define _GUEST_FAULT_DEVICEFILE_H

void test_open(void **state);
void test_open_device(void **state);
void test_bind(void **state);
void test_bind_token(void **state);
void test_feature(void **state);
void test_probe(void **state);

#endif
