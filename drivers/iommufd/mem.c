// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pinned-memory object: a contiguous slice of user memory whose pages are
 * pinned once and charged once, however many areas, domains and accesses use
 * them.
 *
 * A page is pinned as long as a user covers it.  Users come first and pin
 * afterwards (mem_use(), mem_fill()), so that a filling that fails half way
 * is undone by mem_unuse() like any other.  Frames are kept in chunk words;
 * nothing ever asks an IO page table for them.
 *
 * mem->lock is held over pinning and over the calls that put frames into a
 * domain: a frame that was given out stays pinned until they are done.
 */
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "hole.h"
#include "iommufd.h"

/* Chunk words that come with the mem; more of them wait for its first user. */
#define FEW_CHUNKS	8

/* Pages that are pinned at a time where no scratch page is to be had. */
#define SMALL_BATCH	16

/* Pages gathered on the stack before they are unpinned together. */
#define RELEASE_BATCH	32

/* ---- creation ---- */

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
	unsigned long last, npages, skew, nchunks;
	struct mem *mem;

	if (check_add_overflow(start, length - 1, &last) ||
	    last > ULONG_MAX - PAGE_SIZE)
		return ERR_PTR(-EOVERFLOW);
	npages = (last >> PAGE_SHIFT) - (start >> PAGE_SHIFT) + 1;
	skew = (start >> PAGE_SHIFT) % CHUNK_PAGES;
	if (skew + npages <= CHUNK_PAGES)
		skew = 0;
	nchunks = DIV_ROUND_UP(skew + npages, CHUNK_PAGES);
	if (nchunks > FEW_CHUNKS)
		nchunks = 0;

	mem = kzalloc(struct_size(mem, few_chunks, nchunks),
		      GFP_KERNEL_ACCOUNT);
	if (!mem)
		return ERR_PTR(-ENOMEM);
	if (nchunks)
		mem->chunks = mem->few_chunks;
	refcount_set(&mem->refs, 1);
	mutex_init(&mem->lock);
	mem->skew = skew;
	mem->npages = npages;
	mem->users = RB_ROOT_CACHED;
	mem->account = account_get(account);
	mem->source.mm = account->mm;
	mem->source.file = file ? get_file(file) : NULL;
	mem->source.start = start & PAGE_MASK;
	mem->source.writable = writable;
	return mem;
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
	if (mem->source.file)
		fput(mem->source.file);
	account_put(mem->account);
	if (mem->chunks != mem->few_chunks)
		kvfree(mem->chunks);
	kfree(mem);
}

/* ---- pages and their chunks ---- */

/**
 * struct piece - the part of a range of pages that lies in one chunk
 * @chunk: the chunk
 * @size: slots that the chunk has
 * @first: first slot
 * @last: last slot, inclusive
 * @index: page of slot 0 in the mem; wraps below 0 in the first chunk
 */
struct piece {
	chunk_t *chunk;
	unsigned int size;
	unsigned int first;
	unsigned int last;
	unsigned long index;
};

/* Set @piece to the part of [@first, @last] in the chunk of @first. */
static void mem_piece(struct mem *mem, struct piece *piece,
		      unsigned long first, unsigned long last)
{
	unsigned long slots = mem->skew + mem->npages;
	unsigned long slot = mem->skew + first;
	unsigned long base = round_down(slot, CHUNK_PAGES);

	piece->chunk = &mem->chunks[slot >> CHUNK_SHIFT];
	piece->size = min_t(unsigned long, slots - base, CHUNK_PAGES);
	piece->first = slot - base;
	piece->last = min_t(unsigned long, mem->skew + last - base,
			    CHUNK_PAGES - 1);
	piece->index = base - mem->skew;
}

#define mem_for_each_piece(mem, piece, pos, last)			\
	for (; (pos) <= (last) &&					\
	       (mem_piece(mem, piece, pos, last), true);		\
	     (pos) = (piece)->index + (piece)->last + 1)

/* Have room for the chunk words, once they are paid for. */
static int mem_prepare(struct mem *mem)
{
	unsigned long nchunks = DIV_ROUND_UP(mem->skew + mem->npages,
					     CHUNK_PAGES);

	if (!mem->chunks)
		mem->chunks = kvcalloc(nchunks, sizeof(*mem->chunks),
				       GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return mem->chunks ? 0 : -ENOMEM;
}

static unsigned long mem_missing(struct mem *mem, unsigned long first,
				 unsigned long last)
{
	unsigned long missing = last - first + 1;
	struct piece piece;

	if (!mem->npinned)
		return missing;
	mem_for_each_piece(mem, &piece, first, last)
		missing -= chunk_count(*piece.chunk, piece.first, piece.last);
	return missing;
}

/* ---- folios that share one pin ---- */

/* Does @chunk hold a frame of @folio outside the slots @first to @last? */
static bool chunk_has_folio(chunk_t chunk, unsigned int size,
			    struct folio *folio, unsigned int first,
			    unsigned int last)
{
	unsigned long start = folio_pfn(folio);
	unsigned long nr = folio_nr_pages(folio);
	unsigned int slot;

	for (slot = 0; slot < first; slot++)
		if (chunk_frame(chunk, slot) - start < nr)
			return true;
	for (slot = last + 1; slot < size; slot++)
		if (chunk_frame(chunk, slot) - start < nr)
			return true;
	return false;
}

/*
 * How many of @pages from the first on are of one large folio; each other
 * page stands for itself, also where it comes twice.
 */
static unsigned int folio_run(struct page **pages, unsigned int npages)
{
	struct folio *folio = page_folio(pages[0]);
	unsigned int n = 1;

	while (n < npages && folio_test_large(folio) &&
	       page_folio(pages[n]) == folio)
		n++;
	return n;
}

/*
 * The slots from @slot on were just set to @pages, with one pin a folio or
 * one a page: leave one pin for each folio in the chunk, that of its first
 * pages here if it has none yet.
 */
static void piece_fold_pins(const struct piece *piece, unsigned int slot,
			    struct page **pages, unsigned int npages,
			    bool by_folio, bool was_empty)
{
	unsigned int i, n, extra;

	for (i = 0; i < npages; i += n) {
		struct folio *folio = page_folio(pages[i]);

		n = folio_run(pages + i, npages - i);
		extra = by_folio ? 0 : n - 1;
		if (!was_empty && folio_test_large(folio) &&
		    chunk_has_folio(*piece->chunk, piece->size, folio,
				    slot + i, slot + npages - 1))
			extra++;
		if (extra)
			pin_release(pages + i, extra, false);
	}
}

static void pages_unpin(struct page **pages, unsigned int npages,
			bool by_folio)
{
	unsigned int i, n;

	if (!by_folio) {
		pin_release(pages, npages, false);
		return;
	}
	for (i = 0; i < npages; i += n) {
		n = folio_run(pages + i, npages - i);
		pin_release(pages + i, 1, false);
	}
}

/* ---- filling ---- */

/* Pages that are pinned and given out at a time: for tests. */
static unsigned int fill_limit = UINT_MAX;

/**
 * mem_limit_fill - set how many pages are pinned and given out at a time
 * @npages: how many, not 0; UINT_MAX for no limit
 */
void mem_limit_fill(unsigned int npages)
{
	WRITE_ONCE(fill_limit, npages);
}

/**
 * struct fill - a range of a mem being pinned and given out
 * @mem: the mem
 * @emit: who gets the frames
 * @arg: for @emit
 * @pages: scratch
 * @room: entries of @pages
 * @pinned: pages pinned so far
 * @index: first page of the run of adjacent frames that is being gathered
 * @pfn: its first frame
 * @npages: its length, 0 for none
 */
struct fill {
	struct mem *mem;
	mem_emit_fn emit;
	void *arg;
	struct page **pages;
	unsigned int room;
	unsigned long pinned;
	unsigned long index;
	unsigned long pfn;
	unsigned long npages;
};

static int fill_flush(struct fill *fill)
{
	unsigned long npages = fill->npages;

	fill->npages = 0;
	if (!npages)
		return 0;
	return fill->emit(fill->arg, fill->index, fill->pfn, npages);
}

static int fill_gather(struct fill *fill, unsigned long index,
		       unsigned long pfn, unsigned long npages)
{
	int rc;

	if (fill->npages && fill->pfn + fill->npages == pfn &&
	    fill->npages < READ_ONCE(fill_limit)) {
		fill->npages += npages;
		return 0;
	}
	rc = fill_flush(fill);
	fill->index = index;
	fill->pfn = pfn;
	fill->npages = npages;
	return rc;
}

/* Pin the rest of a hugetlb page by one pin; false where it is not one. */
static bool fill_pin_hugetlb(struct fill *fill, const struct piece *piece,
			     unsigned int slot, unsigned int npages, int *rc)
{
	struct mem *mem = fill->mem;
	bool was_empty = !*piece->chunk;
	struct page *page;

	if (!mem->hugetlb ||
	    !(was_empty || chunk_is_by_folio(*piece->chunk)) ||
	    !pin_hugetlb(&mem->source, piece->index + slot, npages, &page))
		return false;

	*rc = chunk_set_run(piece->chunk, piece->size, slot, slot + npages - 1,
			    page_to_pfn(page), true);
	if (*rc) {
		pin_release(&page, 1, false);
		return true;
	}
	if (!was_empty && chunk_has_folio(*piece->chunk, piece->size,
					  page_folio(page), slot,
					  slot + npages - 1))
		pin_release(&page, 1, false);
	fill->pinned += npages;
	return true;
}

/* Pin pages from @slot on, at most @npages of them. */
static int fill_pin(struct fill *fill, const struct piece *piece,
		    unsigned int slot, unsigned int npages)
{
	struct mem *mem = fill->mem;
	bool by_folio = pin_is_by_folio(&mem->source);
	chunk_t before = *piece->chunk;
	long n;
	int rc;

	if (fill_pin_hugetlb(fill, piece, slot, npages, &rc))
		return rc;

	n = pin_pages(&mem->source, piece->index + slot,
		      min(npages, fill->room), fill->pages);
	if (n < 0)
		return n;
	mem->hugetlb = !by_folio && PageHuge(fill->pages[0]);

	rc = chunk_set(piece->chunk, piece->size, slot, fill->pages, n,
		       by_folio || chunk_is_by_folio(before));
	if (rc) {
		pages_unpin(fill->pages, n, by_folio);
		return rc;
	}
	if (chunk_is_by_folio(*piece->chunk))
		piece_fold_pins(piece, slot, fill->pages, n, by_folio, !before);
	fill->pinned += n;
	return 0;
}

static int fill_piece(struct fill *fill, const struct piece *piece)
{
	unsigned int slot = piece->first, n;
	unsigned long pfn;
	int rc;

	while (slot <= piece->last) {
		n = chunk_run(*piece->chunk, slot, piece->last, &pfn);
		if (pfn == CHUNK_NONE) {
			rc = fill_pin(fill, piece, slot, n);
		} else {
			rc = fill_gather(fill, piece->index + slot, pfn, n);
			slot += n;
		}
		if (rc)
			return rc;
	}
	return 0;
}

static int fill_range(struct fill *fill, unsigned long first,
		      unsigned long last)
{
	struct piece piece;
	int rc;

	mem_for_each_piece(fill->mem, &piece, first, last) {
		rc = fill_piece(fill, &piece);
		if (rc)
			return rc;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return fill_flush(fill);
}

static int mem_fill_locked(struct mem *mem, unsigned long first,
			   unsigned long last, mem_emit_fn emit, void *arg)
{
	struct page *small[SMALL_BATCH];
	struct fill fill = {
		.mem = mem, .emit = emit, .arg = arg,
		.pages = small, .room = SMALL_BATCH,
	};
	unsigned long missing = mem_missing(mem, first, last);
	struct page **scratch = NULL;
	int rc;

	rc = account_charge(mem->account, missing);
	if (rc)
		return rc;
	rc = mem_prepare(mem);
	if (rc)
		goto out;

	if (missing > SMALL_BATCH)
		scratch = kmalloc_array(CHUNK_PAGES, sizeof(*scratch),
					GFP_KERNEL | __GFP_NOWARN);
	if (scratch) {
		fill.pages = scratch;
		fill.room = CHUNK_PAGES;
	}
	fill.room = min(fill.room, READ_ONCE(fill_limit));
	rc = fill_range(&fill, first, last);
	kfree(scratch);
	mem->npinned += fill.pinned;
out:
	account_uncharge(mem->account, missing - fill.pinned);
	return rc;
}

/**
 * mem_fill - give out the frames of a range, pinning those that are not yet
 * @mem: the mem
 * @user: the range, from mem_use()
 * @emit: called for each run of adjacent frames, in order, without gaps
 * @arg: for @emit
 *
 * Pages are charged before the first one is pinned.
 *
 * Return: 0, or the error of @emit, or -ENOMEM, -EFAULT, -EPERM, -EINTR.  On
 * error some pages may be pinned: mem_unuse() undoes that, after the caller
 * has taken back what @emit put to use.
 */
int mem_fill(struct mem *mem, const struct mem_user *user, mem_emit_fn emit,
	     void *arg)
{
	int rc;

	if (mutex_lock_killable(&mem->lock))
		return -EINTR;
	rc = mem_fill_locked(mem, user->node.start, user->node.last, emit, arg);
	mutex_unlock(&mem->lock);
	return rc;
}

/* ---- release ---- */

/* Unpin a piece in which each page has its own pin. */
static void piece_unpin_pages(const struct piece *piece, bool dirty)
{
	struct page *pages[RELEASE_BATCH];
	unsigned int slot, n, count = 0;
	unsigned long pfn;

	for (slot = piece->first; slot <= piece->last; slot += n) {
		n = chunk_run(*piece->chunk, slot, piece->last, &pfn);
		if (pfn == CHUNK_NONE)
			continue;
		if (n > 1) {
			pin_release_run(pfn_to_page(pfn), n, dirty);
			continue;
		}
		pages[count++] = pfn_to_page(pfn);
		if (count == RELEASE_BATCH) {
			pin_release(pages, count, dirty);
			count = 0;
		}
	}
	if (count)
		pin_release(pages, count, dirty);
}

/* Unpin each folio of which no page is left in the chunk afterwards. */
static void piece_unpin_folios(const struct piece *piece, bool dirty)
{
	unsigned int slot, n;

	for (slot = piece->first; slot <= piece->last; slot += n) {
		unsigned long pfn;
		struct folio *folio;
		struct page *page;

		n = chunk_run(*piece->chunk, slot, piece->last, &pfn);
		if (pfn == CHUNK_NONE)
			continue;
		page = pfn_to_page(pfn);
		folio = page_folio(page);
		n = min_t(unsigned long, n,
			  folio_pfn(folio) + folio_nr_pages(folio) - pfn);
		if (!folio_test_large(folio) ||
		    !chunk_has_folio(*piece->chunk, piece->size, folio, slot,
				     piece->last))
			pin_release(&page, 1, dirty);
	}
}

static void mem_release(struct mem *mem, unsigned long first,
			unsigned long last)
{
	bool dirty = mem->source.writable;
	unsigned long released = 0;
	struct piece piece;

	if (!mem->npinned)
		return;
	mem_for_each_piece(mem, &piece, first, last) {
		if (!*piece.chunk)
			continue;
		released += chunk_count(*piece.chunk, piece.first, piece.last);
		if (chunk_is_by_folio(*piece.chunk))
			piece_unpin_folios(&piece, dirty);
		else
			piece_unpin_pages(&piece, dirty);
		chunk_clear(piece.chunk, piece.size, piece.first, piece.last);
		cond_resched();
	}
	mem->npinned -= released;
	account_uncharge(mem->account, released);
}

/* ---- users ---- */

static void user_insert(struct mem *mem, struct mem_user *user,
			unsigned long first, unsigned long last)
{
	user->refs = 1;
	user->node.start = first;
	user->node.last = last;
	interval_tree_insert(&user->node, &mem->users);
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
	struct mem_user *user = NULL;

	if (mutex_lock_killable(&mem->lock))
		return ERR_PTR(-EINTR);
	if (!mem->first_user.refs)
		user = &mem->first_user;
	else
		user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	if (user)
		user_insert(mem, user, first, last);
	mutex_unlock(&mem->lock);
	return user ? user : ERR_PTR(-ENOMEM);
}

/**
 * mem_adopt - take over a page that is pinned and charged
 * @mem: fresh, of one page, not yet known to anybody
 * @pfn: its frame
 *
 * Context: may be called with a spinlock held.
 *
 * Return: the user that covers it.
 */
struct mem_user *mem_adopt(struct mem *mem, unsigned long pfn)
{
	/* An empty chunk takes a run without an allocation. */
	WARN_ON(chunk_set_run(mem->chunks, 1, 0, 0, pfn, false));
	mem->npinned = 1;
	user_insert(mem, &mem->first_user, 0, 0);
	return &mem->first_user;
}

static void mem_unuse_locked(struct mem *mem, struct mem_user *user)
{
	unsigned long first = user->node.start, last = user->node.last;
	unsigned long hole_last;

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

/* ---- accesses of the CPU ---- */

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

static int emit_pages(void *arg, unsigned long index, unsigned long pfn,
		      unsigned long npages)
{
	struct page ***out = arg;

	while (npages--)
		*(*out)++ = pfn_to_page(pfn++);
	return 0;
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
 * Return: as mem_fill().
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
		user->refs++;
	} else {
		user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
		if (!user) {
			rc = -ENOMEM;
			goto out;
		}
		user->access = true;
		user_insert(mem, user, first, last);
	}
	rc = mem_fill_locked(mem, first, last, emit_pages, &pages);
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

static unsigned long mem_frame(struct mem *mem, unsigned long index)
{
	struct piece piece;

	if (!mem->chunks)
		return CHUNK_NONE;
	mem_piece(mem, &piece, index, index);
	return chunk_frame(*piece.chunk, piece.first);
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
	int rc = 0;

	if (mutex_lock_killable(&mem->lock))
		return -EINTR;
	while (len && !rc) {
		size_t part = min_t(size_t, len,
				    PAGE_SIZE - offset_in_page(offset));

		rc = rw_page(mem, offset >> PAGE_SHIFT, offset_in_page(offset),
			     data, part, write);
		offset += part;
		data += part;
		len -= part;
		if (fatal_signal_pending(current))
			rc = -EINTR;
		cond_resched();
	}
	mutex_unlock(&mem->lock);
	return rc;
}
