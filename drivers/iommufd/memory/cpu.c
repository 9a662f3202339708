// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a mem as the CPU reaches it, for accesses: pinned, read and written.
 *
 * mem->lock is held over all of it.
 */
#include <linux/highmem.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "iommufd/memory/chunk.h"
#include "iommufd/memory/cpu.h"
#include "iommufd/memory/fill.h"
#include "iommufd/memory/mem.h"
#include "iommufd/memory/memory.h"
#include "iommufd/memory/pin.h"

static struct mem_user *access_user(struct mem *mem, unsigned long first,
				    unsigned long last)
{
	struct interval_tree_node *node;

	for (node = interval_tree_iter_first(&mem->users, first, last); node;
	     node = interval_tree_iter_next(node, first, last)) {
		struct mem_user *user =
			container_of(node, struct mem_user, node);

		if (user->access && node->start == first && node->last == last)
			return user;
	}
	return NULL;
}

/**
 * mem_access_pin - pin a range for the CPU
 * @mem: the mem
 * @first: first page
 * @last: last page, inclusive
 * @pages: out, one for each page
 *
 * Undone by mem_access_unpin() of the same range.
 *
 * Return: as mem_fill(), and -EOVERFLOW for too many pins.
 */
int mem_access_pin(struct mem *mem, unsigned long first, unsigned long last,
		   struct page **pages)
{
	struct mem_user *user;
	int rc;

	if (mutex_lock_killable(&mem->lock))
		return -EINTR;
	user = access_user(mem, first, last);
	if (user) {
		rc = -EOVERFLOW;
		if (user->refs == UINT_MAX)
			goto out;
		user->refs++;
	} else {
		user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
		if (!user) {
			rc = -ENOMEM;
			goto out;
		}
		user->access = true;
		mem_user_insert(mem, user, first, last);
	}
	rc = mem_fill_locked(mem, first, last, mem_emit_pages, &pages);
	if (rc)
		mem_unuse_locked(mem, user);
out:
	mutex_unlock(&mem->lock);
	return rc;
}

/**
 * mem_access_unpin - undo one mem_access_pin()
 * @mem: the mem
 * @first: first page
 * @last: last page, inclusive
 */
void mem_access_unpin(struct mem *mem, unsigned long first, unsigned long last)
{
	struct mem_user *user;

	mutex_lock(&mem->lock);
	user = access_user(mem, first, last);
	if (!WARN_ON(!user))
		mem_unuse_locked(mem, user);
	mutex_unlock(&mem->lock);
}

static void copy_page_part(struct page *page, unsigned int offset, void *data,
			   size_t len, bool write)
{
	if (write)
		memcpy_to_page(page, offset, data, len);
	else
		memcpy_from_page(data, page, offset, len);
}

/* Copy within one page, which is pinned for that long if it is not yet. */
static int rw_page(struct mem *mem, unsigned long index, unsigned int offset,
		   void *data, size_t len, bool write)
{
	unsigned long pfn = mem_frame(mem, index);
	struct page *page;
	long n;

	if (pfn != CHUNK_NONE) {
		copy_page_part(pfn_to_page(pfn), offset, data, len, write);
		return 0;
	}
	n = pin_pages(&mem->source, index, 1, &page);
	if (n < 0)
		return n;
	copy_page_part(page, offset, data, len, write);
	pin_release(&page, 1, write);
	return 0;
}

/**
 * mem_rw - read or write the memory from the CPU
 * @mem: the mem
 * @offset: in bytes from the start of page 0
 * @data: kernel memory
 * @len: bytes, within the mem
 * @write: from @data to the mem
 *
 * Return: 0, -EFAULT, -ENOMEM, -EPERM, -EINTR; some of the bytes may have been
 * copied.
 */
int mem_rw(struct mem *mem, unsigned long offset, void *data, size_t len,
	   bool write)
{
	int rc;

	if (mutex_lock_killable(&mem->lock))
		return -EINTR;
	for (;;) {
		size_t part = min_t(size_t, len,
				    PAGE_SIZE - offset_in_page(offset));

		rc = rw_page(mem, offset >> PAGE_SHIFT, offset_in_page(offset),
			     data, part, write);
		if (rc || part == len)
			break;
		offset += part;
		data += part;
		len -= part;
		if (fatal_signal_pending(current)) {
			rc = -EINTR;
			break;
		}
		cond_resched();
	}
	mutex_unlock(&mem->lock);
	return rc;
}
