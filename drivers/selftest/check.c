// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compare what the kernel has with what the calling process sees.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>

#include "selftest/call.h"
#include "selftest/check.h"

/**
 * test_check_page - is this the page that the process sees
 * @address: where it should see it
 * @page: the page
 *
 * Return: 0, -EBADE where it is another, -EFAULT where there is none.
 */
int test_check_page(unsigned long address, struct page *page)
{
	struct page *seen;
	int n = get_user_pages_fast(address & PAGE_MASK, 1, 0, &seen);

	if (n != 1)
		return n < 0 ? n : -EFAULT;
	put_page(seen);
	return seen == page ? 0 : -EBADE;
}

/* How often a page that is no part of a larger one is pinned. */
static int page_check_refs(unsigned long address, unsigned int refs)
{
	struct page *page;
	int n = get_user_pages_fast(address, 1, 0, &page);
	bool same;

	if (n != 1)
		return n < 0 ? n : -EFAULT;
	same = PageCompound(page) ||
	       page_ref_count(page) / GUP_PIN_COUNTING_BIAS == refs;
	put_page(page);
	return same ? 0 : -EIO;
}

/**
 * test_check_refs - MD_CHECK_REFS
 * @call: the call
 *
 * Return: 0, -EIO where a page is not pinned as often as that, -EINVAL,
 * -EFAULT.
 */
int test_check_refs(struct test_call *call)
{
	unsigned long address = call->cmd.check_refs.uptr;
	unsigned long length = call->cmd.check_refs.length, end;
	int rc = 0;

	if (((address | length) & ~PAGE_MASK) ||
	    check_add_overflow(address, length, &end))
		return -EINVAL;
	for (; address < end && !rc; address += PAGE_SIZE) {
		rc = page_check_refs(address, call->cmd.check_refs.refs);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return rc;
}
