/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GUEST_TAKEOVER_REFUSED_H
#define _GUEST_TAKEOVER_REFUSED_H

void test_reserved(void **state);
void test_memory_of_process(void **state);
void test_limit(void **state);
void test_limit_of_process(void **state);
void test_limit_of_same_user(void **state);
void test_containers(void **state);

#endif
