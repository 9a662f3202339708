/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The private header of iommufd_selftest.ko.
 */
#ifndef __IOMMUFD_SELFTEST_H
#define __IOMMUFD_SELFTEST_H

#include "abi.h"

struct dentry;
struct iommufd_ctx;
struct page;

/**
 * struct test_call - one call of the test command
 * @ictx: the context
 * @user: its struct in user memory
 * @cmd: a copy of it
 */
struct test_call {
	struct iommufd_ctx *ictx;
	void __user *user;
	struct iommu_test_cmd cmd;
};

int test_respond(struct test_call *call);

/* ---- access.c: files that hold an access ---- */

int test_create_access(struct test_call *call);
int test_destroy_access_pages(struct test_call *call);
int test_access_pages(struct test_call *call);
int test_access_rw(struct test_call *call);
int test_access_replace(struct test_call *call);

/* ---- check.c: compare with what user space sees ---- */

int test_check_page(unsigned long address, struct page *page);
int test_check_refs(struct test_call *call);

/* ---- table.c: page tables of the mock IOMMU ---- */

int test_check_map(struct test_call *call);
int test_check_iotlb(struct test_call *call);
int test_dirty(struct test_call *call);
int test_md_entry(struct test_call *call);
int test_md_track(struct test_call *call);
int test_md_taken(struct test_call *call);

/* ---- device.c: devices behind it ---- */

int test_mock_domain(struct test_call *call);
int test_mock_domain_flags(struct test_call *call);
int test_mock_domain_replace(struct test_call *call);

/* ---- stopped.c: an ftrace that has stopped ---- */

void stopped_start(struct dentry *directory);
void stopped_stop(void);

#endif /* __IOMMUFD_SELFTEST_H */
