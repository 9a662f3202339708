/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scenes of feature.c, for the list in fault.c.
 */
#ifndef _GUEST_FAULT_FEATURE_H
#define _GUEST_FAULT_FEATURE_H

void test_get_migration(void **state);
void test_get_data_size(void **state);
void test_get_state(void **state);
void test_stop(void **state);
void test_save(void **state);
void test_resume(void **state);
void test_bad_state(void **state);
void test_log_start(void **state);
void test_log_stop(void **state);
void test_log_report(void **state);

#endif
