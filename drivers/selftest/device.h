/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands: devices behind the mock IOMMU.
 */
#ifndef __SELFTEST_DEVICE_H
#define __SELFTEST_DEVICE_H

struct test_call;

int test_mock_domain(struct test_call *call);
int test_mock_domain_flags(struct test_call *call);
int test_mock_domain_replace(struct test_call *call);
int test_check_dev_cache(struct test_call *call);
int test_pasid_attach(struct test_call *call);
int test_pasid_replace(struct test_call *call);
int test_pasid_detach(struct test_call *call);
int test_pasid_check(struct test_call *call);

#endif /* __SELFTEST_DEVICE_H */
