/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nested domains of the mock.
 */
#ifndef __SELFTEST_MOCK_NESTED_H
#define __SELFTEST_MOCK_NESTED_H

#include <linux/types.h>

struct mock_domain;

struct mock_domain *mock_nested_alloc(struct mock_domain *parent,
				      const void *data);
void mock_nested_free(struct mock_domain *mock);
int mock_nested_invalidate(struct mock_domain *mock, const void *entry);

#endif /* __SELFTEST_MOCK_NESTED_H */
