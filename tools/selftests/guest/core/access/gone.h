/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of gone.c, for the list in access.c.
 */
#ifndef _GUEST_ACCESS_GONE_H
#define _GUEST_ACCESS_GONE_H

void test_unmap_drops_pins(void **state);
void test_unmap_half_of_pin(void **state);
void test_unmap_refused(void **state);
void test_unmap_of_two_accesses(void **state);
void test_unmap_under_way(void **state);
void test_copy_of_pinned(void **state);
void test_replace(void **state);
void test_replace_by_same(void **state);
void test_replace_refused(void **state);
void test_alignment(void **state);
void test_destroy(void **state);
void test_close_while_pinned(void **state);
void test_close_context_first(void **state);

#endif
