/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compare with what user space sees.
 */
#ifndef __SELFTEST_CHECK_H
#define __SELFTEST_CHECK_H

struct page;
struct test_call;

int test_check_page(unsigned long address, struct page *page);
int test_check_refs(struct test_call *call);

#endif /* __SELFTEST_CHECK_H */
