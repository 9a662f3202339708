/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests of export.c, for the list in p2p.c.
 */
#ifndef _GUEST_P2P_EXPORT_H
#define _GUEST_P2P_EXPORT_H

void test_export(void **state);
void test_export_ends(void **state);
void test_export_errors(void **state);

#endif
