/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scenes of mockmap.c, for the list in fault.c.
 */
#ifndef _GUEST_FAULT_MOCKMAP_H
#define _GUEST_FAULT_MOCKMAP_H

#include "scene.h"

void test_mock_map(void **state);
void test_mock_map_across(void **state);
void test_mock_map_anywhere(void **state);
void test_mock_map_many(void **state);
void test_mock_map_shared(void **state);
void test_mock_map_verified(void **state);
void test_mock_map_bulk(void **state);
void test_mock_unmap_bulk(void **state);
void test_mock_map_charged(void **state);
void test_mock_change(void **state);
void test_mock_map_file(void **state);
void test_mock_map_read(void **state);
void test_mock_copy(void **state);
void test_mock_copy_page(void **state);
int call_mock_unmap(struct scene *scene);
void undo_mock_unmap(struct scene *scene);
void test_mock_unmap(void **state);

#endif
