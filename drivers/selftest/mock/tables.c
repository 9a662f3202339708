// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables that a driver would have for the entries, where nobody is charged for
 * them: by table_key(), an address and a level.  Otherwise none are kept.
 *
 * No lock but the array's own.
 */
#include <linux/math.h>
#include <linux/mm.h>

#include "compat/iommu.h"
#include "selftest/abi.h"
#include "selftest/mock/manners.h"
#include "selftest/mock/tables.h"

/* Levels above the entries, but for the root. */
#define TABLE_LEVELS 4

/* Level 1 has the entries of MOCK_PAGE. */
static unsigned long table_span(unsigned int level)
{
	unsigned long span = MOCK_PAGE;

	while (level--)
		span *= MOCK_TABLE;
	return span;
}

static unsigned long table_key(unsigned long iova, unsigned int level)
{
	return iova / table_span(level) * (TABLE_LEVELS + 1) + level;
}

/* Charged tables are not looked for; with a struct for each call there are none. */
static bool tables_are_kept(void)
{
	return !mock_traits->charged && !mock_traits->by_call;
}

/**
 * mock_tables_make - make those that a page will be in
 * @tables: the tables
 * @iova: of the page
 * @pgsize: its size
 * @gfp: how to allocate
 *
 * What there is then stays, whatever comes of the page.
 *
 * Return: 0 or -ENOMEM.
 */
int mock_tables_make(struct xarray *tables, unsigned long iova, size_t pgsize,
		     gfp_t gfp)
{
	unsigned int level = pgsize == MOCK_PAGE ? 1 : 2;
	int rc = 0;

	if (!tables_are_kept())
		return 0;
	for (; level <= TABLE_LEVELS && !rc; level++)
		rc = xa_err(xa_store(tables, table_key(iova, level),
				     xa_mk_value(level), gfp));
	return rc;
}

/**
 * mock_tables_drop - drop those that one unmap call covers as a whole
 * @tables: the tables
 * @iova: first IOVA that was unmapped
 * @size: bytes
 */
void mock_tables_drop(struct xarray *tables, unsigned long iova, size_t size)
{
	unsigned long span, at, end = iova + size;
	unsigned int level;

	if (!tables_are_kept())
		return;
	for (level = 1; level <= TABLE_LEVELS; level++) {
		span = table_span(level);
		for (at = round_up(iova, span); at < end && end - at >= span;
		     at += span)
			xa_erase(tables, table_key(at, level));
	}
}

/**
 * mock_tables_bytes - what a driver would have allocated for them
 * @tables: the tables
 */
u64 mock_tables_bytes(struct xarray *tables)
{
	unsigned long index;
	void *entry;
	u64 bytes = 0;

	xa_for_each(tables, index, entry)
		bytes += PAGE_SIZE;
	return bytes;
}
