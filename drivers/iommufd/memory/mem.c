// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pinned-memory object: a contiguous slice of user memory whose pages are
 * pinned once and charged once, however many areas, domains and accesses use
 * them.
 *
 * A page is pinned as long as a user covers it.  Users come first and pin
 * afterwards (mem_use(), mem_fill()), so that a filling that fails half way
 * is undone by mem_unuse() like any other.  Frames are kept in chunk words;
 * nothing ever asks an IO page table for them.  mem->lock guards users, words,
 * pins, and who pays.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "iommufd/base/hole.h"
#include "iommufd/memory/account.h"
#include "iommufd/memory/chunk.h"
#include "iommufd/memory/fill.h"
#include "iommufd/memory/mem.h"
#include "iommufd/memory/memory.h"
#include "iommufd/memory/payer.h"
#include "iommufd/memory/piece.h"
#include "iommufd/memory/pin.h"
#include "iommufd/memory/share.h"

/* Chunk words that come with the mem; more of them wait for the first page. */
#define FEW_CHUNKS	8

/* ---- creation ---- */

/* @start is page aligned; who pays is said by mem_set_source(). */
static struct mem *mem_alloc(unsigned long start, unsigned long npages,
			     gfp_t gfp)
{
	unsigned long skew, nchunks;
	struct mem *mem;

	skew = (start >> PAGE_SHIFT) % CHUNK_PAGES;
	if (skew + npages <= CHUNK_PAGES)
		skew = 0;
	nchunks = DIV_ROUND_UP(skew + npages, CHUNK_PAGES);
	if (nchunks > FEW_CHUNKS)
		nchunks = 0;

	mem = kzalloc(struct_size(mem, few_chunks, nchunks),
		      GFP_KERNEL_ACCOUNT | gfp);
	if (!mem)
		return NULL;
	if (nchunks)
		mem->chunks = mem->few_chunks;
	refcount_set(&mem->refs, 1);
	mutex_init(&mem->lock);
	mem->skew = skew;
	mem->npages = npages;
	mem->users = RB_ROOT_CACHED;
	mem->source.start = start;
	return mem;
}

/* Takes over the reference on @account, and takes one on @file. */
static void mem_set_source(struct mem *mem, struct account *account,
			   struct file *file, bool writable)
{
	mem->account = account;
	if (file)
		mem->source.file = get_file(file);
	else
		mem->source.mm = account->mm;
	mem->source.is_file = file;
	mem->source.writable = writable;
}

/**
 * mem_create - a piece of memory, not yet pinned
 * @account: who pays; a reference is taken
 * @file: a file of memory, on which a reference is taken, or NULL for the
 *	memory of the mm of @account
 * @start: user address, or offset in the file, in bytes
 * @length: in bytes, not 0
 * @writable: it may be mapped for writing
 *
 * Return: the mem with one reference, or an ERR_PTR: -EOVERFLOW, -ENOMEM.
 */
struct mem *mem_create(struct account *account, struct file *file,
		       unsigned long start, unsigned long length,
		       bool writable)
{
	unsigned long last;
	struct mem *mem;

	if (check_add_overflow(start, length - 1, &last) ||
	    last > ULONG_MAX - PAGE_SIZE)
		return ERR_PTR(-EOVERFLOW);
	mem = mem_alloc(start & PAGE_MASK,
			(last >> PAGE_SHIFT) - (start >> PAGE_SHIFT) + 1, 0);
	if (!mem)
		return ERR_PTR(-ENOMEM);
	mem_set_source(mem, account_get(account), file, writable);
	return mem;
}

/**
 * mem_create_blank - a mem of one page: mem_adopt() says of which
 *
 * Return: the mem with one reference, or NULL without memory.
 */
struct mem *mem_create_blank(void)
{
	return mem_alloc(0, 1, 0);
}

/**
 * mem_part - another mem for a part of the same memory
 * @mem: the mem
 * @first: first page
 * @npages: how many
 *
 * Never fails for want of memory.
 *
 * Return: the part, not yet pinned, with one reference; or NULL where a process is
 * taking @mem over: nobody knows yet who would pay.
 */
struct mem *mem_part(struct mem *mem, unsigned long first,
		     unsigned long npages)
{
	const struct pin_source *source = &mem->source;
	struct account *account = NULL;
	struct mem *part;

	part = mem_alloc(source->start + (first << PAGE_SHIFT), npages,
			 __GFP_NOFAIL);
	mutex_lock(&mem->lock);
	if (!mem->heir)
		account = account_get(mem->account);
	mutex_unlock(&mem->lock);
	if (!account) {
		kfree(part);
		return NULL;
	}
	mem_set_source(part, account, source->is_file ? source->file : NULL,
		       source->writable);
	return part;
}

/**
 * mem_get - take a reference
 * @mem: a mem that the caller has a reference on
 */
struct mem *mem_get(struct mem *mem)
{
	refcount_inc(&mem->refs);
	return mem;
}

/**
 * mem_put - drop a reference
 * @mem: the mem; no user is left when the last one goes
 */
void mem_put(struct mem *mem)
{
	if (!refcount_dec_and_test(&mem->refs))
		return;
	WARN_ON(mem->npinned);
	if (mem->source.is_file)
		fput(mem->source.file);
	/* A blank one has no payer. */
	if (mem->account)
		account_put(mem->account);
	if (mem->chunks != mem->few_chunks)
		kvfree(mem->chunks);
	kfree(mem);
}

/**
 * mem_leak - keep a mem with its pins for ever
 * @mem: the mem
 */
void mem_leak(struct mem *mem)
{
	mem_get(mem);
	mutex_lock(&mem->lock);
	share_withdraw(mem);
	mutex_unlock(&mem->lock);
}

/* ---- release ---- */

static void mem_release(struct mem *mem, unsigned long first,
			unsigned long last)
{
	bool dirty = mem->source.writable;
	unsigned long released = 0;
	struct piece piece;

	if (!mem->npinned)
		return;
	share_withdraw(mem);
	for_each_piece(mem, &piece, first, last) {
		if (!*piece.chunk)
			continue;
		released += piece_unpin(&piece, dirty);
		chunk_clear(piece.chunk, piece.size, piece.first, piece.last);
		cond_resched();
	}
	mem->npinned -= released;
	mem_uncharge(mem, released);
}

/* ---- users ---- */

/**
 * mem_user_insert - say what range a new user covers
 * @mem: the mem; its lock is held, or nobody else knows it yet
 * @user: zeroed, but for what its owner has to say
 * @first: first page
 * @last: last page, inclusive
 */
void mem_user_insert(struct mem *mem, struct mem_user *user,
		     unsigned long first, unsigned long last)
{
	user->refs = 1;
	user->node.start = first;
	user->node.last = last;
	interval_tree_insert(&user->node, &mem->users);
}

/*
 * Copies of all of it, which are the most frequent ones, share the first user;
 * so a mem of one page never needs another.
 */
static struct mem_user *user_get(struct mem *mem, unsigned long first,
				 unsigned long last)
{
	struct mem_user *user = &mem->first_user;

	lockdep_assert_held(&mem->lock);

	if (user->refs && user->node.start == first &&
	    user->node.last == last) {
		user->refs++;
		return user;
	}
	if (user->refs)
		user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	if (user)
		mem_user_insert(mem, user, first, last);
	return user;
}

/**
 * mem_use - keep the pages of a range, once they are pinned
 * @mem: the mem
 * @first: first page
 * @last: last page, inclusive
 *
 * Return: the user, for mem_unuse(), or an ERR_PTR: -ENOMEM, -EINTR.
 */
struct mem_user *mem_use(struct mem *mem, unsigned long first,
			 unsigned long last)
{
	struct mem_user *user;

	if (mutex_lock_killable(&mem->lock))
		return ERR_PTR(-EINTR);
	user = user_get(mem, first, last);
	mutex_unlock(&mem->lock);
	return user ? user : ERR_PTR(-ENOMEM);
}

/**
 * mem_adopt - say that a blank mem is a page of a process
 * @mem: from mem_create_blank(), not yet known to anybody
 * @account: who pays, and whose memory it is; the reference is taken over
 * @address: of the page
 * @writable: it may be mapped for writing
 * @pfn: its frame, where it is pinned and charged already; 0 where not
 *
 * Context: may be called with a spinlock held.
 *
 * Return: the user that covers the pinned page, or NULL.
 */
struct mem_user *mem_adopt(struct mem *mem, struct account *account,
			   unsigned long address, bool writable,
			   unsigned long pfn)
{
	mem->source.start = address;
	mem_set_source(mem, account, NULL, writable);
	if (!pfn)
		return NULL;
	/* An empty chunk takes a run without an allocation. */
	WARN_ON(chunk_set_run(mem->chunks, 1, 0, 0, pfn, false));
	mem->npinned = 1;
	mem_user_insert(mem, &mem->first_user, 0, 0);
	return &mem->first_user;
}

/**
 * mem_unuse_locked - mem_unuse() by who holds mem->lock
 * @mem: the mem
 * @user: its user
 */
void mem_unuse_locked(struct mem *mem, struct mem_user *user)
{
	unsigned long first = user->node.start, last = user->node.last;
	unsigned long hole_last;

	lockdep_assert_held(&mem->lock);

	if (--user->refs)
		return;
	interval_tree_remove(&user->node, &mem->users);
	if (user != &mem->first_user)
		kfree(user);
	while (hole_next(&mem->users, &first, last, &hole_last)) {
		mem_release(mem, first, hole_last);
		if (hole_last == last)
			break;
		first = hole_last + 1;
	}
}

/**
 * mem_unuse - end a use: pages that no other user covers are unpinned
 * @mem: the mem
 * @user: from mem_use()
 *
 * No device can reach the pages through this user any more: they are unmapped
 * and the IOTLB is synced.
 */
void mem_unuse(struct mem *mem, struct mem_user *user)
{
	mutex_lock(&mem->lock);
	mem_unuse_locked(mem, user);
	mutex_unlock(&mem->lock);
}

/**
 * mem_frame - the frame of a page
 * @mem: the mem; its lock is held
 * @index: the page
 *
 * Return: the frame, CHUNK_NONE where it is not pinned.
 */
unsigned long mem_frame(const struct mem *mem, unsigned long index)
{
	unsigned long slot = mem->skew + index;

	if (!mem->chunks)
		return CHUNK_NONE;
	return chunk_frame(mem->chunks[slot >> CHUNK_SHIFT],
			   slot % CHUNK_PAGES);
}

/**
 * mem_emit_pages - give out pages
 * @arg: points to where the next one goes, which is moved on
 * @extent: of a mem_fill_locked()
 *
 * Return: 0.
 */
int mem_emit_pages(void *arg, const struct extent *extent)
{
	struct page ***out = arg;
	unsigned long i;

	for (i = 0; i < extent->npages; i++)
		*(*out)++ = pfn_to_page(extent->frames ? extent->frames[i] :
							 extent->pfn + i);
	return 0;
}

/**
 * mem_use_page - mem_use() of all of a mem of one page, which is pinned
 * @mem: the mem
 * @pfn: set to the frame
 *
 * Return: the user, for mem_unuse(), or an ERR_PTR with the errors of mem_fill().
 */
struct mem_user *mem_use_page(struct mem *mem, unsigned long *pfn)
{
	struct page *page, **out = &page;
	struct mem_user *user;
	int rc = 0;

	if (mutex_lock_killable(&mem->lock))
		return ERR_PTR(-EINTR);
	user = user_get(mem, 0, 0);
	if (mem->npinned) {
		*pfn = mem_frame(mem, 0);
	} else {
		rc = mem_fill_locked(mem, 0, 0, mem_emit_pages, &out);
		if (rc)
			mem_unuse_locked(mem, user);
		else
			*pfn = page_to_pfn(page);
	}
	mutex_unlock(&mem->lock);
	return rc ? ERR_PTR(rc) : user;
}

