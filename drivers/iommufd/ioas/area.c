// SPDX-License-Identifier: GPL-2.0-only
/*
 * Areas, the mapped ranges of IOVA: how they are made, found and freed.
 *
 * An area is in the tree from the moment its IOVA is chosen until no device
 * can reach its memory any more, so nobody else can take the IOVA meanwhile:
 *
 *   RESERVED	MAP put it there and is filling the domains; MAP holds topo
 *		for reading all the while, so whoever holds topo for writing
 *		meets no such area
 *   LIVE	may be copied, accessed, unmapped
 *   CLOSING	belongs to one UNMAP
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "compat/mm.h"
#include "iommufd/ioas/area.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/mmio.h"
#include "iommufd/memory/account.h"
#include "iommufd/memory/mem.h"
#include "iommufd/memory/memory.h"

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
 * @area: not a place holder
 */
unsigned long area_address(const struct area *area)
{
	if (area->lone)
		return area->address + area->offset;
	if (area->is_mmio)
		return area->mmio->watch.first + (area->first << PAGE_SHIFT) +
		       area->offset;
	return area->mem->source.start + (area->first << PAGE_SHIFT) +
	       area->offset;
}

/**
 * area_mem_offset - where an IOVA lies in the mem of its area, or in the registers
 * @area: the area, not a lone one
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
 * area_create_mmio - an area of registers
 * @mmio: the registers; a reference is taken
 * @offset: first byte of @mmio
 * @length: bytes
 * @prot: IOMMU_READ, IOMMU_WRITE; the rest is known
 *
 * Return: the area, or NULL without memory.
 */
struct area *area_create_mmio(struct mmio *mmio, unsigned long offset,
			      unsigned long length, int prot)
{
	struct area *area;

	prot = (prot & (IOMMU_READ | IOMMU_WRITE)) | IOMMU_MMIO;
	area = area_create(NULL, offset, length, prot);
	if (!area)
		return NULL;
	area->is_mmio = true;
	area->mmio = mmio_get(mmio);
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
	else if (area->is_mmio)
		mmio_put(area->mmio);
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
