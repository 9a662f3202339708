/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables that the entries of a mock would be in.
 */
#ifndef __SELFTEST_MOCK_TABLES_H
#define __SELFTEST_MOCK_TABLES_H

#include <linux/types.h>
#include <linux/xarray.h>

/* Entries in a page of a table. */
#define MOCK_TABLE 512UL

int mock_tables_make(struct xarray *tables, unsigned long iova, size_t pgsize,
		     gfp_t gfp);
void mock_tables_drop(struct xarray *tables, unsigned long iova, size_t size);
u64 mock_tables_bytes(struct xarray *tables);

#endif /* __SELFTEST_MOCK_TABLES_H */
