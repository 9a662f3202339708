/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands: page tables of the mock IOMMU.
 */
#ifndef __SELFTEST_TABLE_H
#define __SELFTEST_TABLE_H

struct test_call;

int test_check_map(struct test_call *call);
int test_check_iotlb(struct test_call *call);
int test_dirty(struct test_call *call);
int test_md_entry(struct test_call *call);
int test_md_track(struct test_call *call);
int test_md_taken(struct test_call *call);

#endif /* __SELFTEST_TABLE_H */
