/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of domains.c, for the list in mock.c.
 */
#ifndef _GUEST_MOCK_DOMAINS_H
#define _GUEST_MOCK_DOMAINS_H

void test_two_devices_share(void **state);
void test_two_domains(void **state);
void test_lazy(void **state);
void test_attach_refused(void **state);
void test_copy(void **state);
void test_copy_to_self(void **state);
void test_replace(void **state);
void test_replace_refused(void **state);

#endif
