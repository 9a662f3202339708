/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GUEST_TAKEOVER_PAYER_H
#define _GUEST_TAKEOVER_PAYER_H

void test_nothing_is_mapped(void **state);
void test_same_process(void **state);
void test_user_pays(void **state);
void test_process_pays(void **state);
void test_same_user(void **state);
void test_privileged_heir(void **state);
void test_owner_is_gone(void **state);
void test_heir_is_gone(void **state);
void test_pinned_once(void **state);
void test_pinned_later(void **state);
void test_pinned_by_access(void **state);
void test_shared_afterwards(void **state);
void test_unshared_afterwards(void **state);
void test_unmapped_by_owner(void **state);

#endif
