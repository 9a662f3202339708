/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands: files that hold an access.
 */
#ifndef __SELFTEST_ACCESS_H
#define __SELFTEST_ACCESS_H

struct test_call;

int test_create_access(struct test_call *call);
int test_destroy_access_pages(struct test_call *call);
int test_access_pages(struct test_call *call);
int test_access_rw(struct test_call *call);
int test_access_replace(struct test_call *call);

#endif /* __SELFTEST_ACCESS_H */
