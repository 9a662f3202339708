// SPDX-License-Identifier: GPL-2.0-only
/*
 * Areas: mapped ranges of IOVA, one at a time, and what puts them into domains
 * and takes them out.
 *
 * An area is in the tree from the moment its IOVA is chosen until no device
 * can reach its memory any more, so nobody else can take the IOVA meanwhile:
 *
 *   RESERVED	MAP put it there and is filling the domains; MAP holds topo
 *		for reading all the while, so whoever holds topo for writing
 *		meets no such area
 *   LIVE	may be copied, accessed, unmapped
 *   CLOSING	belongs to one UNMAP
 *
 * An area is in all domains of its IOAS.  area->user pins its memory for as
 * long as there is any domain.
 */
#include <linux/slab.h>

#include "compat/mm.h"
#include "iommufd.h"

/* Areas that are given back at once: their pointers are on the stack. */
#define FREE_BATCH 32

static struct kmem_cache *area_cache;

static struct area *area_of(struct span *span)
{
	return span ? container_of(span, struct area, node) : NULL;
}

/**
 * area_first - the first area that touches a range
 * @ioas: the IOAS; tree_lock is held, or topo for writing
 * @first: first IOVA
 * @last: last IOVA, inclusive
 */
struct area *area_first(struct ioas *ioas, unsigned long first,
			unsigned long last)
{
	return area_of(span_first(&ioas->areas, first, last));
}

/**
 * area_next - the area after another
 * @area: the other
 * @last: last IOVA to look at, inclusive; locks as of area_first()
 */
struct area *area_next(struct area *area, unsigned long last)
{
	return area_of(span_next(&area->node, last));
}

/**
 * area_address - the user address, or the offset in the file, of an area
 * @area: neither a place holder nor device memory
 */
unsigned long area_address(const struct area *area)
{
	if (area->lone)
		return area->address + area->offset;
	return area->mem->source.start + (area->first << PAGE_SHIFT) +
	       area->offset;
}

static unsigned long area_last_page(const struct area *area)
{
	return area->first +
	       ((area->offset + area_length(area) - 1) >> PAGE_SHIFT);
}

/**
 * area_mem_offset - where an IOVA lies in the mem of its area
 * @area: the area, which has one
 * @iova: the IOVA
 *
 * Return: bytes from the start of page 0.
 */
unsigned long area_mem_offset(const struct area *area, unsigned long iova)
{
	return (area->first << PAGE_SHIFT) + area->offset +
	       (iova - area->node.start);
}

/**
 * areas_alloc - blank areas, for area_set_user()
 * @areas: out, @count of them
 * @count: how many
 *
 * Return: 0 or -ENOMEM; then there is none.
 */
int areas_alloc(struct area **areas, unsigned int count)
{
	return kmem_cache_alloc_bulk(area_cache,
				     GFP_KERNEL_ACCOUNT | __GFP_ZERO, count,
				     (void **)areas) ? 0 : -ENOMEM;
}

static struct area *area_alloc(void)
{
	return kmem_cache_zalloc(area_cache, GFP_KERNEL_ACCOUNT);
}

/* What a blank area is, but for its IOVA; takes a reference on @mem. */
static void area_set(struct area *area, struct mem *mem, unsigned long offset,
		     unsigned long length, int prot)
{
	area->mem = mem ? mem_get(mem) : NULL;
	area->first = offset >> PAGE_SHIFT;
	area->offset = offset_in_page(offset);
	area->prot = prot;
	area->state = AREA_RESERVED;
	/* The place in the tree comes later; until then only the length. */
	area->node.last = length - 1;
}

/*
 * Say that a blank area is memory of a process; takes over the reference on
 * @account where it succeeds.  What lies in one page does without a mem: that is
 * the most frequent MAP of a VMM with a virtual IOMMU.
 *
 * Here addresses lose the tag that a processor may take no notice of: behind
 * this, two names of one address are one, to the notifiers of share.c as well.
 */
static __always_inline int
area_take_user(struct area *area, struct account *account,
	       unsigned long address, unsigned long length, int prot)
{
	struct mem *mem;

	address = untagged_addr(address);
	if (address < TASK_SIZE_MAX &&
	    length <= PAGE_SIZE - offset_in_page(address)) {
		area_set(area, NULL, offset_in_page(address), length, prot);
		area->lone = true;
		area->account = account;
		area->address = address & PAGE_MASK;
		return 0;
	}
	mem = mem_create(account, NULL, address, length, prot & IOMMU_WRITE);
	if (IS_ERR(mem))
		return PTR_ERR(mem);
	account_put(account);
	area_set(area, mem, offset_in_page(address), length, prot);
	mem_put(mem);
	return 0;
}

/**
 * area_set_user - say that a blank area is memory of a process
 * @area: the area
 * @account: who pays, and whose memory it is; a reference is taken
 * @address: first byte
 * @length: bytes, not 0
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE
 *
 * Return: 0, or the errors of mem_create(): then it is still blank.
 */
int area_set_user(struct area *area, struct account *account,
		  unsigned long address, unsigned long length, int prot)
{
	int rc = area_take_user(area, account_get(account), address, length,
				prot);

	if (rc)
		account_put(account);
	return rc;
}

/**
 * area_create_user - an area of memory of a process, that has no IOVA yet
 * @account: who pays, and whose memory it is; the reference is taken over
 * @address: as of area_set_user(), as is the rest
 * @length: see there
 * @prot: see there
 *
 * Return: the area, or an ERR_PTR.
 */
struct area *area_create_user(struct account *account, unsigned long address,
			      unsigned long length, int prot)
{
	struct area *area = area_alloc();
	int rc = -ENOMEM;

	if (area) {
		rc = area_take_user(area, account, address, length, prot);
		if (!rc)
			return area;
		area_free(area);
	}
	account_put(account);
	return ERR_PTR(rc);
}

/**
 * area_create - an area that has no IOVA yet
 * @mem: the memory, or NULL for a place holder; a reference is taken
 * @offset: first byte of @mem
 * @length: bytes
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE
 *
 * Return: the area, or NULL without memory.
 */
struct area *area_create(struct mem *mem, unsigned long offset,
			 unsigned long length, int prot)
{
	struct area *area = area_alloc();

	if (area)
		area_set(area, mem, offset, length, prot);
	return area;
}

/**
 * area_create_mmio - an area of device memory
 * @pfn: its first frame; the rest is adjacent
 * @offset: of the first byte in that
 * @length: bytes
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE
 *
 * Return: the area, or NULL without memory.
 */
struct area *area_create_mmio(unsigned long pfn, unsigned long offset,
			      unsigned long length, int prot)
{
	struct area *area = area_create(NULL, offset, length, prot);

	if (!area)
		return NULL;
	area->mmio = true;
	area->pfn = pfn;
	return area;
}

/**
 * area_unplace - take an area out of the tree, before anything could use it
 * @ioas: where
 * @area: the area, RESERVED
 */
void area_unplace(struct ioas *ioas, struct area *area)
{
	spin_lock(&ioas->tree_lock);
	span_remove(&ioas->areas, &area->node);
	spin_unlock(&ioas->tree_lock);
}

static void area_clear(struct area *area)
{
	if (area->lone)
		account_put(area->account);
	else if (area->mem)
		mem_put(area->mem);
}

/**
 * area_free - free an area
 * @area: not in a tree, and not using its memory; or blank
 */
void area_free(struct area *area)
{
	area_clear(area);
	kmem_cache_free(area_cache, area);
}

static noinline_for_stack void areas_free_many(struct area *areas)
{
	void *batch[FREE_BATCH];
	unsigned int n = 0;

	while (areas) {
		area_clear(areas);
		batch[n++] = areas;
		areas = areas->next;
		if (n == FREE_BATCH || !areas) {
			kmem_cache_free_bulk(area_cache, n, batch);
			n = 0;
			cond_resched();
		}
	}
}

/**
 * areas_free - free areas
 * @areas: a list by area->next of such as area_free() takes
 */
void areas_free(struct area *areas)
{
	if (areas && areas->next)
		areas_free_many(areas);
	else if (areas)
		area_free(areas);
}

/* ---- the page of a lone area ---- */

static bool lone_is_writable(const struct area *area)
{
	return area->prot & IOMMU_WRITE;
}

static __always_inline int lone_pin(struct area *area)
{
	struct account *account = area->account;
	struct page *page;
	long n;
	int rc;

	rc = account_charge(account, 1);
	if (rc)
		return rc;
	n = pin_user(account->mm, area->address, 1, lone_is_writable(area),
		     &page);
	if (n < 0) {
		account_uncharge(account, 1);
		return n;
	}
	area->pfn = page_to_pfn(page);
	return 0;
}

static void lone_unpin(struct area *area)
{
	struct page *page = pfn_to_page(area->pfn);

	pin_release(&page, 1, lone_is_writable(area));
	account_uncharge(area->account, 1);
}

/**
 * area_promote - give a lone area a mem
 * @area: the area; tree_lock of its IOAS is held
 * @mem: a blank one, taken over
 */
void area_promote(struct area *area, struct mem *mem)
{
	area->user = mem_adopt(mem, area->account, area->address,
			       lone_is_writable(area), area->pfn);
	area->first = 0;
	area->lone = false;
	area->mem = mem;
}

/*
 * Pin the pages of lone areas that are neighbours in memory by one call.
 *
 * Return: how many of @areas, from the first on, have got a pin; none where that
 * gains nothing, or fails: who then pins one at a time finds out what is wrong,
 * and with which.
 */
static noinline_for_stack unsigned int lones_pin(struct area **areas,
						 unsigned int count)
{
	struct page *pages[TREE_BATCH] __uninitialized;
	struct area *area = areas[0];
	unsigned int i, n;
	long pinned;

	for (n = 1; n < count; n++)
		if (!areas[n]->lone || areas[n]->account != area->account ||
		    areas[n]->address != area->address + n * PAGE_SIZE ||
		    lone_is_writable(areas[n]) != lone_is_writable(area))
			break;
	if (n == 1 || account_charge(area->account, n))
		return 0;
	pinned = pin_user(area->account->mm, area->address, n,
			  lone_is_writable(area), pages);
	pinned = max(pinned, 0L);
	account_uncharge(area->account, n - pinned);
	for (i = 0; i < pinned; i++)
		areas[i]->pfn = page_to_pfn(pages[i]);
	return pinned;
}

/* ---- one area to domains ---- */

/**
 * struct spread - an area being put into domains
 * @ioas: its IOAS
 * @area: the area
 * @domains: the domains
 * @ndomains: how many
 * @mapped: for each, the bytes mapped from the start of @area on
 */
struct spread {
	struct ioas *ioas;
	struct area *area;
	struct domain **domains;
	unsigned int ndomains;
	size_t *mapped;
};

/* A run of frames that holds the pages from @index of the mem on. */
static int spread_run(struct spread *spread, unsigned long index,
		      unsigned long pfn, unsigned long npages)
{
	struct area *area = spread->area;
	size_t start = (index - area->first) << PAGE_SHIFT;
	size_t end = start + (npages << PAGE_SHIFT);
	phys_addr_t paddr = PFN_PHYS(pfn);
	unsigned int i;
	int rc = 0;

	/* Pages count from the page of the first byte, areas from that byte. */
	if (start)
		start -= area->offset;
	else
		paddr += area->offset;
	end = min(end - area->offset, area_length(area));

	for (i = 0; i < spread->ndomains && !rc; i++) {
		size_t done;

		rc = pgtable_map(spread->domains[i], area->node.start + start,
				 paddr, end - start, area->prot,
				 spread->ioas->small_pages, &done);
		spread->mapped[i] += done;
	}
	return rc;
}

/* Whole pages that are not adjacent. */
static int spread_frames(struct spread *spread, const struct extent *extent)
{
	struct area *area = spread->area;
	unsigned long iova;
	unsigned int i;
	int rc = 0;

	iova = area->node.start +
	       ((extent->index - area->first) << PAGE_SHIFT);
	for (i = 0; i < spread->ndomains && !rc; i++) {
		size_t done;

		rc = pgtable_map_frames(spread->domains[i], iova,
					extent->frames, extent->npages,
					area->prot, spread->ioas->small_pages,
					&done);
		spread->mapped[i] += done;
	}
	return rc;
}

static int spread_emit(void *arg, const struct extent *extent)
{
	struct spread *spread = arg;
	unsigned long i;
	int rc = 0;

	if (!extent->frames)
		return spread_run(spread, extent->index, extent->pfn,
				  extent->npages);
	if (PAGE_ALIGNED(spread->area->offset | area_length(spread->area)))
		return spread_frames(spread, extent);
	for (i = 0; i < extent->npages && !rc; i++)
		rc = spread_run(spread, extent->index + i, extent->frames[i],
				1);
	return rc;
}

static int spread_sync(struct spread *spread)
{
	struct area *area = spread->area;
	unsigned int i;
	int rc = 0;

	for (i = 0; i < spread->ndomains && !rc; i++)
		rc = pgtable_map_sync(spread->domains[i], area->node.start,
				      area_length(area));
	return rc;
}

/* Take back what was mapped; false where a pin must be leaked. */
static bool domain_take_back(struct domain *domain, unsigned long iova,
			     size_t mapped)
{
	struct pgtable_gather gather;
	bool clean;

	pgtable_gather(domain, &gather);
	clean = pgtable_unmap(domain, iova, mapped, &gather);
	pgtable_sync(domain, &gather);
	return clean;
}

static bool spread_undo(struct spread *spread)
{
	bool clean = true;
	unsigned int i;

	for (i = 0; i < spread->ndomains; i++)
		clean &= domain_take_back(spread->domains[i],
					  spread->area->node.start,
					  spread->mapped[i]);
	return clean;
}

/* An area that has a mem, or is memory of a device. */
static int spread_all(struct spread *spread, bool sync, bool *clean)
{
	struct area *area = spread->area;
	size_t mapped[4] = {};
	int rc;

	spread->mapped = mapped;
	if (spread->ndomains > ARRAY_SIZE(mapped)) {
		spread->mapped = kcalloc(spread->ndomains, sizeof(*mapped),
					 GFP_KERNEL_ACCOUNT);
		if (!spread->mapped)
			return -ENOMEM;
	}
	if (area->mmio)
		rc = spread_run(spread, area->first, area->pfn,
				area_last_page(area) - area->first + 1);
	else
		rc = mem_fill(area->mem, area->user, spread_emit, spread);
	if (!rc && sync)
		rc = spread_sync(spread);
	if (rc)
		*clean = spread_undo(spread);
	if (spread->mapped != mapped)
		kfree(spread->mapped);
	return rc;
}

/*
 * An area of one page: what a domain holds of it needs no account.  Inline, as
 * frames of functions would be most of what we add to the work of mm and driver.
 */
static __always_inline int
page_spread(struct ioas *ioas, struct area *area, unsigned long pfn,
	    struct domain **domains, unsigned int ndomains, bool sync,
	    bool *clean)
{
	phys_addr_t paddr = PFN_PHYS(pfn) + area->offset;
	size_t length = area_length(area), mapped;
	unsigned int i;
	int rc;

	for (i = 0; i < ndomains; i++) {
		rc = pgtable_map(domains[i], area->node.start, paddr, length,
				 area->prot, ioas->small_pages, &mapped);
		if (!rc && sync)
			rc = pgtable_map_sync(domains[i], area->node.start,
					      length);
		if (rc)
			goto err_undo;
	}
	return 0;

err_undo:
	*clean = domain_take_back(domains[i], area->node.start, mapped);
	while (i--)
		*clean &= domain_take_back(domains[i], area->node.start,
					   length);
	return rc;
}

/**
 * area_spread - put an area that uses its memory into some domains
 * @ioas: its IOAS
 * @area: the area
 * @domains: the domains
 * @ndomains: how many
 * @sync: make devices see it now; the caller does by areas_sync() without
 * @clean: set to whether its pins may be dropped after an error
 *
 * Pins what is not pinned yet.
 *
 * Return: 0, or the error of pinning or mapping: then no domain holds any of
 * the area, unless *@clean says that one may.
 */
int area_spread(struct ioas *ioas, struct area *area,
		struct domain **domains, unsigned int ndomains, bool sync,
		bool *clean)
{
	*clean = true;
	if (area->lone)
		return page_spread(ioas, area, area->pfn, domains, ndomains,
				   sync, clean);
	return spread_all(&(struct spread) {
		.ioas = ioas, .area = area,
		.domains = domains, .ndomains = ndomains,
	}, sync, clean);
}

/**
 * area_release - drop an area's use of its memory
 * @area: the area
 * @clean: no domain holds it any more; otherwise its pins are leaked, since a
 *	device may still reach the memory
 */
void area_release(struct area *area, bool clean)
{
	clean &= !area->leaked;
	if (area->mmio)
		return;
	if (area->lone) {
		if (area->pfn && clean)
			lone_unpin(area);
		area->pfn = 0;
		return;
	}
	if (area->user && clean)
		mem_unuse(area->mem, area->user);
	else if (area->user)
		mem_leak(area->mem);
	area->user = NULL;
}

/* ---- one mem for several IOASes ---- */

/*
 * Before an area pins its memory: if another has the same pinned, take its mem.
 * What somebody has copied stays as it is, and so does what an access has
 * pinned.
 */
static struct share *area_share(struct ioas *ioas, struct area *area)
{
	struct iommufd_ctx *ictx = ioas->obj.ictx;
	struct mem *own = area->mem, *mem;
	int rc;

	if (refcount_read(&own->refs) > 1 || area->accesses)
		return share_offer(ictx, own);
	do {
		mem = share_find(ictx, own);
		if (!mem)
			return share_offer(ictx, own);
		rc = share_verify(mem, own);
		if (rc)
			mem_put(mem);
	} while (rc == -ESTALE);
	if (rc)
		return NULL;

	area->mem = mem;
	area->first += (own->source.start - mem->source.start) >> PAGE_SHIFT;
	area->shared = true;
	mem_put(own);
	return NULL;
}

/**
 * area_unshare - give an area a mem of its own again
 * @area: the area, which does not use its memory; its IOAS has no domain
 *
 * So that it pins what the process has there by then.  Where an access still
 * has pins it stays as it is.
 */
void area_unshare(struct area *area)
{
	struct mem *mem = area->mem;

	if (!area->shared || area->accesses)
		return;
	area->mem = mem_part(mem, area->first,
			     area_last_page(area) - area->first + 1);
	area->first = 0;
	area->shared = false;
	mem_put(mem);
}

static int area_use(struct area *area)
{
	struct mem_user *user;

	user = mem_use(area->mem, area->first, area_last_page(area));
	if (IS_ERR(user))
		return PTR_ERR(user);
	area->user = user;
	return 0;
}

/* An area of one page, that has its pin, which goes where this fails. */
static __always_inline int
pinned_fill(struct ioas *ioas, struct area *area, unsigned long pfn,
	    struct domain **domains, unsigned int ndomains, bool sync)
{
	bool clean;
	int rc;

	rc = page_spread(ioas, area, pfn, domains, ndomains, sync, &clean);
	if (rc)
		area_release(area, clean);
	return rc;
}

static __always_inline int
lone_fill(struct ioas *ioas, struct area *area, struct domain **domains,
	  unsigned int ndomains, bool sync)
{
	int rc = lone_pin(area);

	if (rc)
		return rc;
	return pinned_fill(ioas, area, area->pfn, domains, ndomains, sync);
}

/* An area whose mem is one page. */
static int page_fill(struct ioas *ioas, struct area *area,
		     struct domain **domains, unsigned int ndomains, bool sync)
{
	struct mem_user *user;
	unsigned long pfn;

	user = mem_use_page(area->mem, &pfn);
	if (IS_ERR(user))
		return PTR_ERR(user);
	area->user = user;
	return pinned_fill(ioas, area, pfn, domains, ndomains, sync);
}

static noinline int area_fill_mem(struct ioas *ioas, struct area *area,
				  struct domain **domains,
				  unsigned int ndomains, bool sync)
{
	struct share *share = NULL;
	bool clean;
	int rc = 0;

	if (!area->mmio) {
		if (mem_is_large(area->mem))
			share = area_share(ioas, area);
		rc = area_use(area);
	}
	if (rc)
		goto err_share;
	rc = area_spread(ioas, area, domains, ndomains, sync, &clean);
	if (!rc) {
		share_publish(share);
		return 0;
	}
	area_release(area, clean);
err_share:
	share_cancel(share);
	area_unshare(area);
	return rc;
}

static __always_inline int
area_fill_inline(struct ioas *ioas, struct area *area, struct domain **domains,
		 unsigned int ndomains, bool sync)
{
	if (area->lone)
		return lone_fill(ioas, area, domains, ndomains, sync);
	if (!area->mmio && area->mem->npages == 1)
		return page_fill(ioas, area, domains, ndomains, sync);
	return area_fill_mem(ioas, area, domains, ndomains, sync);
}

/**
 * area_fill - pin an area and put it into some domains
 * @ioas: its IOAS
 * @area: the area, which does not use its memory yet
 * @domains: the domains
 * @ndomains: how many
 * @sync: as of area_spread()
 *
 * Return: 0, or the error of pinning or mapping: then nothing has changed.
 */
int area_fill(struct ioas *ioas, struct area *area,
	      struct domain **domains, unsigned int ndomains, bool sync)
{
	return area_fill_inline(ioas, area, domains, ndomains, sync);
}

/**
 * areas_fill - pin areas and put them into all domains, if there are any
 * @ioas: their IOAS
 * @areas: the areas, which do not use their memory yet
 * @count: how many
 * @error: set to the error of the one that fails, if one does
 *
 * The caller syncs, by areas_sync().
 *
 * Return: how many there were before that: the rest is as it was.
 */
unsigned int areas_fill(struct ioas *ioas, struct area **areas,
			unsigned int count, int *error)
{
	unsigned int i, pinned = 0;
	int rc;

	if (!ioas->ndomains)
		return count;
	for (i = 0; i < count; i++) {
		if (!pinned && areas[i]->lone)
			pinned = lones_pin(areas + i, count - i);
		if (pinned) {
			rc = pinned_fill(ioas, areas[i], areas[i]->pfn,
					 ioas->domains, ioas->ndomains, false);
			pinned--;
		} else {
			rc = area_fill_inline(ioas, areas[i], ioas->domains,
					      ioas->ndomains, false);
		}
		if (rc) {
			*error = rc;
			break;
		}
	}
	/* Of those that come after one that has failed. */
	while (pinned)
		area_release(areas[i + pinned--], true);
	return i;
}

/* ---- a part of an area ---- */

/**
 * area_create_part - an area that is going to replace a part of another
 * @area: the other, of more than one page, which the caller made CLOSING; its
 *	IOAS maps small pages, and topo is held for reading until one of the two
 *	is gone
 * @first: first IOVA, page aligned as @area is
 * @last: last IOVA, inclusive
 *
 * It has a use of its own of the memory, so that no page is unpinned when that
 * of @area goes.
 *
 * Return: the area, not in the tree, or an ERR_PTR: -ENOMEM, -EINTR.
 */
struct area *area_create_part(struct area *area, unsigned long first,
			      unsigned long last)
{
	struct area *part;
	int rc = 0;

	part = area_create(area->mem, area_mem_offset(area, first),
			   last - first + 1, area->prot);
	if (!part)
		return ERR_PTR(-ENOMEM);
	part->node.start = first;
	part->node.last = last;
	part->mmio = area->mmio;
	part->shared = area->shared;
	if (area->mmio)
		part->pfn = area->pfn + (part->first - area->first);
	else if (area->user)
		rc = area_use(part);
	if (rc) {
		area_free(part);
		return ERR_PTR(rc);
	}
	return part;
}

/* ---- lists of areas ---- */

/**
 * areas_publish - make areas that are in the tree LIVE
 * @ioas: their IOAS
 * @areas: a list by area->next, RESERVED or CLOSING, the caller's until then
 */
void areas_publish(struct ioas *ioas, struct area *areas)
{
	struct area *area, *next;
	unsigned int n = 0;

	spin_lock(&ioas->tree_lock);
	for (area = areas; area; area = next) {
		/* It is anybody's as soon as the lock is dropped. */
		next = area->next;
		area->state = AREA_LIVE;
		if (++n % TREE_BATCH == 0)
			cond_resched_lock(&ioas->tree_lock);
	}
	spin_unlock(&ioas->tree_lock);
}

/* Neighbours that follow each other: the first IOVA, and the last. */
static const struct area *areas_run(const struct area *area,
				    unsigned long *first, unsigned long *last)
{
	*first = area->node.start;
	do {
		*last = area->node.last;
		area = area->next;
	} while (area && *last + 1 == area->node.start);
	return area;
}

static int domain_sync(struct domain *domain, const struct area *area)
{
	unsigned long first, last, more_first, more_last;
	int rc = 0;

	area = areas_run(area, &first, &last);
	while (area && !rc) {
		area = areas_run(area, &more_first, &more_last);
		if (pgtable_span_extend(&first, &last, more_first,
					more_last))
			continue;
		rc = pgtable_map_sync(domain, first, last - first + 1);
		first = more_first;
		last = more_last;
	}
	return rc ? rc : pgtable_map_sync(domain, first, last - first + 1);
}

/**
 * areas_sync - let devices see areas that were put into all domains
 * @ioas: their IOAS; topo is held
 * @areas: a list by area->next
 *
 * Return: 0, or the driver's error.
 */
int areas_sync(struct ioas *ioas, const struct area *areas)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < ioas->ndomains && !rc; i++)
		rc = domain_sync(ioas->domains[i], areas);
	return rc;
}

/* Unmap a list of areas from one domain: runs of neighbours in one call. */
static bool areas_unmap(struct domain *domain, const struct area *area)
{
	struct pgtable_gather gather;
	bool clean = true;

	pgtable_gather(domain, &gather);
	while (area) {
		unsigned long first, last;

		area = areas_run(area, &first, &last);
		clean &= pgtable_unmap(domain, first, last - first + 1,
				       &gather);
		cond_resched();
	}
	pgtable_sync(domain, &gather);
	return clean;
}

/**
 * areas_unfill - take areas out of all domains, and only then unpin them
 * @ioas: their IOAS; topo is held
 * @areas: a list by area->next, ordered by IOVA
 */
void areas_unfill(struct ioas *ioas, struct area *areas)
{
	struct area *area;
	bool clean = true;
	unsigned int i;

	for (i = 0; i < ioas->ndomains; i++)
		clean &= areas_unmap(ioas->domains[i], areas);
	for (area = areas; area; area = area->next) {
		area_release(area, clean);
		cond_resched();
	}
}

/* ---- pins of accesses ---- */

/**
 * area_next_pinned - find the next area that accesses have pins in
 * @ioas: where
 * @first: where the search begins; set to the area's first IOVA
 * @last: set to its last one
 *
 * Return: false where there is none.
 */
bool area_next_pinned(struct ioas *ioas, unsigned long *first,
		      unsigned long *last)
{
	struct area *area;
	bool found = false;

	spin_lock(&ioas->tree_lock);
	do {
		area = area_first(ioas, *first, ULONG_MAX);
		if (!area)
			break;
		found = area->accesses;
		*last = area->node.last;
		*first = found ? area->node.start : *last + 1;
		/* The next search is from the root: the tree may change. */
		cond_resched_lock(&ioas->tree_lock);
	} while (!found && *first);
	spin_unlock(&ioas->tree_lock);
	return found;
}

/**
 * area_drop_pin - take back the pin that slice_find() counted
 * @ioas: where
 * @iova: as given to slice_find()
 */
void area_drop_pin(struct ioas *ioas, unsigned long iova)
{
	struct area *area;
	bool last = false;

	spin_lock(&ioas->tree_lock);
	area = area_first(ioas, iova, iova);
	if (!WARN_ON(!area || !area->accesses))
		last = !--area->accesses;
	spin_unlock(&ioas->tree_lock);
	if (last)
		wake_up_all(&ioas->access_wait);
}

/**
 * area_init - when the module is loaded
 *
 * Return: 0 or -ENOMEM.
 */
int area_init(void)
{
	area_cache = KMEM_CACHE(area, SLAB_ACCOUNT);
	return area_cache ? 0 : -ENOMEM;
}

/** area_exit - when it is unloaded */
void area_exit(void)
{
	kmem_cache_destroy(area_cache);
}
