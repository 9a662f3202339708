// SPDX-License-Identifier: GPL-2.0-only
/*
 * IO address spaces: MAP, UNMAP and COPY, and the areas that they make.
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
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "iommufd.h"

/* Areas handled in one hold of the spinlock. */
#define TREE_BATCH 64

/* How long UNMAP waits for the owners of accesses to let go. */
#define ACCESS_TIMEOUT (60 * HZ)

static struct kmem_cache *area_cache;

static long max_areas = 65535;
module_param(max_areas, long, 0644);
MODULE_PARM_DESC(max_areas,
		 "Mappings of one /dev/iommu file while it uses an IOMMU driver that does not charge its page tables (default 65535)");

/* ---- areas ---- */

static struct area *area_of(struct interval_tree_node *node)
{
	return node ? container_of(node, struct area, node) : NULL;
}

static struct area *area_first(struct ioas *ioas, unsigned long first,
			       unsigned long last)
{
	return area_of(interval_tree_iter_first(&ioas->areas, first, last));
}

static struct area *area_next(struct area *area, unsigned long last)
{
	return area_of(interval_tree_iter_next(&area->node, area->node.start,
					       last));
}

static size_t area_length(const struct area *area)
{
	return area->node.last - area->node.start + 1;
}

static unsigned long area_last_page(const struct area *area)
{
	return area->first +
	       ((area->offset + area_length(area) - 1) >> PAGE_SHIFT);
}

/* Where IOVA @iova of @area lies in its mem, in bytes. */
static unsigned long area_mem_offset(const struct area *area,
				     unsigned long iova)
{
	return (area->first << PAGE_SHIFT) + area->offset +
	       (iova - area->node.start);
}

static struct area *area_create(struct mem *mem, unsigned long offset,
				unsigned long length, int prot)
{
	struct area *area = kmem_cache_zalloc(area_cache, GFP_KERNEL_ACCOUNT);

	if (!area)
		return NULL;
	area->mem = mem_get(mem);
	area->first = offset >> PAGE_SHIFT;
	area->offset = offset_in_page(offset);
	area->prot = prot;
	area->state = AREA_RESERVED;
	/* The place in the tree comes later; until then only the length. */
	area->node.last = length - 1;
	return area;
}

static void area_free(struct area *area)
{
	mem_put(area->mem);
	kmem_cache_free(area_cache, area);
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
static int spread_emit(void *arg, unsigned long index, unsigned long pfn,
		       unsigned long npages)
{
	struct spread *spread = arg;
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
static bool spread_undo(struct spread *spread)
{
	struct iommu_iotlb_gather gather;
	bool clean = true;
	unsigned int i;

	for (i = 0; i < spread->ndomains; i++) {
		iommu_iotlb_gather_init(&gather);
		clean &= pgtable_unmap(spread->domains[i],
				       spread->area->node.start,
				       spread->mapped[i], &gather);
		pgtable_sync(spread->domains[i], &gather);
	}
	return clean;
}

/*
 * Put an area into some domains, pinning what is not pinned yet; on error no
 * domain holds any of it and *@clean tells whether its pins may be dropped.
 */
static int area_spread(struct ioas *ioas, struct area *area,
		       struct domain **domains, unsigned int ndomains,
		       bool *clean)
{
	struct spread spread = {
		.ioas = ioas, .area = area,
		.domains = domains, .ndomains = ndomains,
	};
	size_t mapped[4] = {};
	int rc;

	*clean = true;
	spread.mapped = mapped;
	if (ndomains > ARRAY_SIZE(mapped)) {
		spread.mapped = kcalloc(ndomains, sizeof(*mapped),
					GFP_KERNEL_ACCOUNT);
		if (!spread.mapped)
			return -ENOMEM;
	}
	rc = mem_fill(area->mem, area->user, spread_emit, &spread);
	if (!rc)
		rc = spread_sync(&spread);
	if (rc)
		*clean = spread_undo(&spread);
	if (spread.mapped != mapped)
		kfree(spread.mapped);
	return rc;
}

/* Drop an area's pins; leak them where a device may still reach the memory. */
static void area_unpin(struct area *area, bool clean)
{
	clean &= !area->leaked;
	if (area->user && clean)
		mem_unuse(area->mem, area->user);
	else if (area->user)
		mem_get(area->mem);
	area->user = NULL;
}

/* Pin an area and put it into some domains: all of it or nothing. */
static int area_fill(struct ioas *ioas, struct area *area,
		     struct domain **domains, unsigned int ndomains)
{
	bool clean;
	int rc;

	area->user = mem_use(area->mem, area->first, area_last_page(area));
	if (IS_ERR(area->user)) {
		rc = PTR_ERR(area->user);
		area->user = NULL;
		return rc;
	}
	rc = area_spread(ioas, area, domains, ndomains, &clean);
	if (rc)
		area_unpin(area, clean);
	return rc;
}

/* ---- lists of areas ---- */

/* Unmap a list of areas from one domain: runs of neighbours in one call. */
static bool areas_unmap(struct domain *domain, const struct area *area)
{
	struct iommu_iotlb_gather gather;
	bool clean = true;

	iommu_iotlb_gather_init(&gather);
	while (area) {
		unsigned long first = area->node.start, last;

		do {
			last = area->node.last;
			area = area->next;
		} while (area && last + 1 == area->node.start);
		clean &= pgtable_unmap(domain, first, last - first + 1,
				       &gather);
		cond_resched();
	}
	pgtable_sync(domain, &gather);
	return clean;
}

/* Take a list of areas out of all domains, and only then unpin them. */
static void areas_unfill(struct ioas *ioas, struct area *areas)
{
	struct area *area;
	bool clean = true;
	unsigned int i;

	for (i = 0; i < ioas->ndomains; i++)
		clean &= areas_unmap(ioas->domains[i], areas);
	for (area = areas; area; area = area->next) {
		area_unpin(area, clean);
		cond_resched();
	}
}

/* ---- MAP ---- */

/**
 * struct mapping - adjacent areas that one MAP or COPY makes
 * @head: the first, by IOVA; the rest by area->next
 * @tail: where the next one goes
 * @place: takes the IOVA of all of them while they are filled: @head itself
 *	where it is alone
 * @length: bytes of all
 * @count: areas
 */
struct mapping {
	struct area *head;
	struct area **tail;
	struct area *place;
	unsigned long length;
	unsigned long count;
};

static void mapping_init(struct mapping *mapping)
{
	memset(mapping, 0, sizeof(*mapping));
	mapping->tail = &mapping->head;
}

static int mapping_add(struct mapping *mapping, struct mem *mem,
		       unsigned long offset, unsigned long length, int prot)
{
	struct area *area;

	if ((prot & IOMMU_WRITE) && !mem->source.writable)
		return -EPERM;
	area = area_create(mem, offset, length, prot);
	if (!area)
		return -ENOMEM;
	*mapping->tail = area;
	mapping->tail = &area->next;
	mapping->length += length;
	mapping->count++;
	return 0;
}

static void mapping_free(struct mapping *mapping)
{
	struct area *area, *next;

	for (area = mapping->head; area; area = next) {
		next = area->next;
		area_free(area);
		cond_resched();
	}
}

/* May the areas be placed next to each other at an aligned IOVA? */
static int mapping_check(struct ioas *ioas, struct mapping *mapping)
{
	unsigned long mask = ioas->iova.alignment - 1;
	struct area *area;

	for (area = mapping->head; area; area = area->next)
		if ((area->offset | area_length(area)) & mask)
			return -EINVAL;
	return 0;
}

/* Is the IOVA that a MAP names free? */
static int place_check(struct ioas *ioas, unsigned long first,
		       unsigned long length)
{
	unsigned long last;

	if (first & (ioas->iova.alignment - 1))
		return -EINVAL;
	if (check_add_overflow(first, length - 1, &last))
		return -EOVERFLOW;
	if (iova_is_reserved(&ioas->iova, first, last))
		return -EINVAL;
	if (area_first(ioas, first, last))
		return -EEXIST;
	return 0;
}

static void place_insert(struct ioas *ioas, struct area *place,
			 unsigned long first, unsigned long length)
{
	lockdep_assert_held(&ioas->tree_lock);

	place->node.start = first;
	place->node.last = first + length - 1;
	interval_tree_insert(&place->node, &ioas->areas);
}

static int place_fixed(struct ioas *ioas, struct mapping *mapping,
		       unsigned long iova)
{
	int rc;

	spin_lock(&ioas->tree_lock);
	rc = place_check(ioas, iova, mapping->length);
	if (!rc)
		place_insert(ioas, mapping->place, iova, mapping->length);
	spin_unlock(&ioas->tree_lock);
	return rc;
}

/* Search from the cursor on, and once more from the start. */
static int place_search(struct ioas *ioas, struct iova_search *search,
			unsigned long *iova)
{
	unsigned long start = search->next;
	bool wrapped = ioas->cursor <= start;
	int rc;

	search->next = max(ioas->cursor, start);
	for (;;) {
		rc = iova_search_step(search, &ioas->iova, &ioas->areas, iova);
		if (rc == -ENOSPC && !wrapped) {
			search->next = start;
			wrapped = true;
		} else if (rc != -EAGAIN) {
			return rc;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched_lock(&ioas->tree_lock);
	}
}

static int place_anywhere(struct ioas *ioas, struct mapping *mapping,
			  unsigned long *iova)
{
	const struct area *area = mapping->head;
	struct iova_search search;
	unsigned long address;
	int rc;

	address = area->mem->source.start + (area->first << PAGE_SHIFT) +
		  area->offset;
	rc = iova_search_start(&search, &ioas->iova, address, mapping->length);
	if (rc)
		return rc;

	spin_lock(&ioas->tree_lock);
	rc = place_search(ioas, &search, iova);
	if (!rc) {
		place_insert(ioas, mapping->place, *iova, mapping->length);
		ioas->cursor = mapping->place->node.last + 1;
	}
	spin_unlock(&ioas->tree_lock);
	return rc;
}

/* Take IOVA for all areas, and tell each its own. */
static int mapping_place(struct ioas *ioas, struct mapping *mapping,
			 unsigned long *iova, bool fixed)
{
	struct area *area;
	unsigned long at;
	int rc;

	mapping->place = mapping->head;
	if (mapping->count > 1) {
		mapping->place = kmem_cache_zalloc(area_cache,
						   GFP_KERNEL_ACCOUNT);
		if (!mapping->place)
			return -ENOMEM;
	}
	rc = fixed ? place_fixed(ioas, mapping, *iova) :
		     place_anywhere(ioas, mapping, iova);
	if (mapping->place == mapping->head)
		return rc;
	if (rc) {
		kmem_cache_free(area_cache, mapping->place);
		return rc;
	}
	for (area = mapping->head, at = *iova; area; area = area->next) {
		unsigned long length = area_length(area);

		area->node.start = at;
		area->node.last = at + length - 1;
		at += length;
	}
	return 0;
}

static void mapping_unplace(struct ioas *ioas, struct mapping *mapping)
{
	spin_lock(&ioas->tree_lock);
	interval_tree_remove(&mapping->place->node, &ioas->areas);
	spin_unlock(&ioas->tree_lock);
	if (mapping->place != mapping->head)
		kmem_cache_free(area_cache, mapping->place);
}

/* All areas into all domains, or none. */
static int mapping_fill(struct ioas *ioas, struct mapping *mapping)
{
	struct area *area, *prev = NULL;
	int rc;

	if (!ioas->ndomains)
		return 0;
	for (area = mapping->head; area; area = area->next) {
		rc = area_fill(ioas, area, ioas->domains, ioas->ndomains);
		if (rc)
			goto err_unfill;
		prev = area;
	}
	return 0;

err_unfill:
	if (prev) {
		prev->next = NULL;
		areas_unfill(ioas, mapping->head);
		prev->next = area;
	}
	return rc;
}

/*
 * Make the areas LIVE.  The place keeps the IOVA of those that are still to
 * come, so the lock is not held for all of them.
 */
static void mapping_publish(struct ioas *ioas, struct mapping *mapping)
{
	struct area *place = mapping->place, *area = mapping->head, *next;
	unsigned long last = place->node.last;
	unsigned int n;

	spin_lock(&ioas->tree_lock);
	if (place == area) {
		area->state = AREA_LIVE;
		spin_unlock(&ioas->tree_lock);
		return;
	}
	while (area) {
		interval_tree_remove(&place->node, &ioas->areas);
		for (n = 0; area && n < TREE_BATCH; n++, area = next) {
			next = area->next;
			area->state = AREA_LIVE;
			interval_tree_insert(&area->node, &ioas->areas);
		}
		if (!area)
			break;
		place->node.start = area->node.start;
		place->node.last = last;
		interval_tree_insert(&place->node, &ioas->areas);
		cond_resched_lock(&ioas->tree_lock);
	}
	spin_unlock(&ioas->tree_lock);
	kmem_cache_free(area_cache, place);
}

static bool ioas_is_limited(struct ioas *ioas)
{
	unsigned int i;

	for (i = 0; i < ioas->ndomains; i++)
		if (!ioas->domains[i]->charged)
			return true;
	return false;
}

/* May the file have so many more areas? */
static int ioas_count_areas(struct ioas *ioas, unsigned long count)
{
	atomic_long_t *nareas = &ioas->obj.ictx->nareas;

	if (atomic_long_add_return(count, nareas) <= READ_ONCE(max_areas) ||
	    !ioas_is_limited(ioas))
		return 0;
	atomic_long_sub(count, nareas);
	return -ENOSPC;
}

static int mapping_commit(struct ioas *ioas, struct mapping *mapping,
			  unsigned long *iova, bool fixed)
{
	unsigned long at = *iova;
	int rc;

	rc = mapping_check(ioas, mapping);
	if (rc)
		return rc;
	rc = ioas_count_areas(ioas, mapping->count);
	if (rc)
		return rc;
	rc = mapping_place(ioas, mapping, &at, fixed);
	if (rc)
		goto err_count;
	rc = mapping_fill(ioas, mapping);
	if (rc)
		goto err_unplace;
	mapping_publish(ioas, mapping);
	*iova = at;
	return 0;

err_unplace:
	mapping_unplace(ioas, mapping);
err_count:
	atomic_long_sub(mapping->count, &ioas->obj.ictx->nareas);
	return rc;
}

static int ioas_map_all(struct ioas *ioas, struct mapping *mapping,
			unsigned long *iova, bool fixed)
{
	int rc;

	if (down_read_killable(&ioas->topo))
		return -EINTR;
	rc = mapping_commit(ioas, mapping, iova, fixed);
	up_read(&ioas->topo);
	return rc;
}

/**
 * ioas_map - map memory
 * @ioas: where
 * @mem: the memory
 * @offset: first byte of @mem
 * @length: bytes, not 0
 * @iova: where it is mapped: given with @fixed, chosen and set without
 * @fixed: see @iova
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE
 *
 * Return: 0; -EINVAL for a bad alignment or an IOVA that may not be used,
 * -EEXIST where something is mapped, -EOVERFLOW, -ENOSPC, -EPERM for writing
 * to memory that was mapped to be read, or the errors of pinning and mapping.
 * On error nothing has changed.
 */
int ioas_map(struct ioas *ioas, struct mem *mem, unsigned long offset,
	     unsigned long length, unsigned long *iova, bool fixed, int prot)
{
	struct mapping mapping;
	int rc;

	mapping_init(&mapping);
	rc = mapping_add(&mapping, mem, offset, length, prot);
	if (!rc)
		rc = ioas_map_all(ioas, &mapping, iova, fixed);
	if (rc)
		mapping_free(&mapping);
	return rc;
}

/* ---- UNMAP ---- */

/**
 * struct closing - the areas that one UNMAP owns
 * @head: the first, by IOVA; the rest by area->next
 * @tail: where the next one goes
 * @next: where the search goes on
 * @bytes: their length
 * @accessed: some have pins of accesses
 */
struct closing {
	struct area *head;
	struct area **tail;
	unsigned long next;
	unsigned long bytes;
	bool accessed;
};

/* Claim up to a batch of areas; -EAGAIN where there are more. */
static int closing_claim_batch(struct ioas *ioas, struct closing *closing,
			       unsigned long first, unsigned long last)
{
	struct area *area = area_first(ioas, closing->next, last);
	unsigned int n;

	for (n = 0; area; n++) {
		if (n == TREE_BATCH)
			return -EAGAIN;
		if (area->node.start < first || area->node.last > last)
			return -ENOENT;
		if (area->state != AREA_LIVE)
			return -EBUSY;
		area->state = AREA_CLOSING;
		area->next = NULL;
		*closing->tail = area;
		closing->tail = &area->next;
		closing->bytes += area_length(area);
		closing->accessed |= area->accesses != 0;
		if (area->node.last == last)
			return 0;
		closing->next = area->node.last + 1;
		area = area_next(area, last);
	}
	return 0;
}

static int closing_claim(struct ioas *ioas, struct closing *closing,
			 unsigned long first, unsigned long last)
{
	int rc;

	closing->tail = &closing->head;
	closing->next = first;
	do {
		spin_lock(&ioas->tree_lock);
		rc = closing_claim_batch(ioas, closing, first, last);
		spin_unlock(&ioas->tree_lock);
		cond_resched();
	} while (rc == -EAGAIN);
	return rc;
}

static void closing_cancel(struct ioas *ioas, struct closing *closing)
{
	struct area *area = closing->head, *next;
	unsigned int n = 0;

	spin_lock(&ioas->tree_lock);
	for (; area; area = next) {
		next = area->next;
		area->state = AREA_LIVE;
		if (++n % TREE_BATCH == 0)
			cond_resched_lock(&ioas->tree_lock);
	}
	spin_unlock(&ioas->tree_lock);
}

static bool closing_has_accesses(struct ioas *ioas, struct closing *closing)
{
	bool busy = false;
	struct area *area;

	for (area = closing->head; area && !busy; area = area->next)
		busy = READ_ONCE(area->accesses);
	return busy;
}

/* Call the owner of each access, with a reference and no lock held. */
static void ioas_notify_accesses(struct ioas *ioas, unsigned long iova,
				 unsigned long length)
{
	struct iommufd_access *access;
	unsigned long id = 0;

	for (;;) {
		xa_lock(&ioas->accesses);
		access = xa_find(&ioas->accesses, &id, ULONG_MAX, XA_PRESENT);
		if (access && !refcount_inc_not_zero(&access->obj.busy)) {
			xa_unlock(&ioas->accesses);
			id++;
			continue;
		}
		xa_unlock(&ioas->accesses);
		if (!access)
			return;
		if (access->ops->unmap)
			access->ops->unmap(access->data, iova, length);
		object_put(&access->obj);
		id++;
	}
}

/*
 * Ask the owners of accesses to drop their pins, and wait until they did.  No
 * lock is held: they unpin from inside the call.
 */
static int closing_wait(struct ioas *ioas, struct closing *closing)
{
	struct area *area;
	long left;

	for (area = closing->head; area; area = area->next)
		if (READ_ONCE(area->accesses))
			ioas_notify_accesses(ioas, area->node.start,
					     area_length(area));
	left = wait_event_killable_timeout(ioas->access_wait,
					   !closing_has_accesses(ioas, closing),
					   ACCESS_TIMEOUT);
	if (left < 0)
		return -EINTR;
	return left ? 0 : -EBUSY;
}

/* Nothing here can fail. */
static void closing_finish(struct ioas *ioas, struct closing *closing)
{
	struct area *area, *next;
	long count = 0;

	areas_unfill(ioas, closing->head);

	spin_lock(&ioas->tree_lock);
	if (closing->head)
		ioas->cursor = min(ioas->cursor, closing->head->node.start);
	for (area = closing->head; area; area = area->next) {
		interval_tree_remove(&area->node, &ioas->areas);
		if (++count % TREE_BATCH == 0)
			cond_resched_lock(&ioas->tree_lock);
	}
	spin_unlock(&ioas->tree_lock);
	atomic_long_sub(count, &ioas->obj.ictx->nareas);

	for (area = closing->head; area; area = next) {
		next = area->next;
		area_free(area);
		cond_resched();
	}
}

/**
 * ioas_unmap - unmap all areas in a range
 * @ioas: where
 * @first: first IOVA
 * @last: last IOVA, inclusive
 * @unmapped: set to the bytes that were mapped
 *
 * Return: 0, also where nothing is mapped; -ENOENT where an area lies only
 * partly in the range, -EBUSY where another call is at work on one or an
 * access does not let go, -EINTR.  On error nothing is unmapped.
 */
int ioas_unmap(struct ioas *ioas, unsigned long first, unsigned long last,
	       unsigned long *unmapped)
{
	struct closing closing = {};
	int rc;

	*unmapped = 0;
	rc = down_read_killable(&ioas->topo);
	if (rc)
		return rc;
	rc = closing_claim(ioas, &closing, first, last);
	if (!rc && closing.accessed) {
		up_read(&ioas->topo);
		rc = closing_wait(ioas, &closing);
		down_read(&ioas->topo);
	}
	if (rc) {
		closing_cancel(ioas, &closing);
	} else {
		closing_finish(ioas, &closing);
		*unmapped = closing.bytes;
	}
	up_read(&ioas->topo);
	return rc;
}

/* ---- looking up, for COPY and accesses ---- */

/**
 * ioas_find - find the memory behind an IOVA
 * @ioas: where; the caller holds topo for reading
 * @iova: the first IOVA
 * @last: the last one that is of interest, inclusive
 * @prot: what the area has to allow
 * @pin: count a pin of an access in the area: UNMAP waits for ioas_unpin()
 * @slice: set to the part of the area from @iova to @last, with a reference
 *	on its mem
 *
 * Return: 0, -ENOENT where nothing is mapped or it is being unmapped, -EPERM
 * where the area does not allow @prot, -EOVERFLOW for too many pins.
 */
int ioas_find(struct ioas *ioas, unsigned long iova, unsigned long last,
	      int prot, bool pin, struct slice *slice)
{
	struct area *area;
	int rc = 0;

	lockdep_assert_held(&ioas->topo);

	spin_lock(&ioas->tree_lock);
	area = area_first(ioas, iova, iova);
	if (!area || area->state != AREA_LIVE)
		rc = -ENOENT;
	else if ((area->prot & prot) != prot)
		rc = -EPERM;
	else if (pin && area->accesses == U32_MAX)
		rc = -EOVERFLOW;
	if (!rc) {
		slice->mem = mem_get(area->mem);
		slice->offset = area_mem_offset(area, iova);
		slice->length = min(area->node.last, last) - iova + 1;
		area->accesses += pin;
	}
	spin_unlock(&ioas->tree_lock);
	return rc;
}

/**
 * ioas_find_pinned - find the memory behind an IOVA that an access has pinned
 * @ioas: where
 * @iova: the first IOVA
 * @last: the last one that is of interest, inclusive
 * @slice: as in ioas_find()
 *
 * Return: false where no pin is there.
 */
bool ioas_find_pinned(struct ioas *ioas, unsigned long iova,
		      unsigned long last, struct slice *slice)
{
	struct area *area;

	spin_lock(&ioas->tree_lock);
	area = area_first(ioas, iova, iova);
	if (area && !area->accesses)
		area = NULL;
	if (area) {
		slice->mem = mem_get(area->mem);
		slice->offset = area_mem_offset(area, iova);
		slice->length = min(area->node.last, last) - iova + 1;
	}
	spin_unlock(&ioas->tree_lock);
	return area;
}

/**
 * ioas_unpin - take back the pin that ioas_find() counted
 * @ioas: where
 * @iova: as given to ioas_find()
 */
void ioas_unpin(struct ioas *ioas, unsigned long iova)
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

/* ---- COPY ---- */

static int copy_collect(struct ioas *ioas, unsigned long iova,
			unsigned long last, int prot, struct mapping *mapping)
{
	struct slice slice;
	int rc;

	for (;;) {
		rc = ioas_find(ioas, iova, last, 0, false, &slice);
		if (rc)
			return rc;
		rc = mapping_add(mapping, slice.mem, slice.offset,
				 slice.length, prot);
		mem_put(slice.mem);
		if (rc)
			return rc;
		if (last - iova < slice.length)
			return 0;
		iova += slice.length;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
}

/**
 * ioas_copy - map in one IOAS what is mapped in another
 * @src: from
 * @src_iova: first IOVA there; the range must be mapped throughout, and may
 *	begin and end within areas
 * @dst: to, may be @src
 * @dst_iova: as the IOVA of ioas_map()
 * @length: bytes
 * @fixed: @dst_iova is given
 * @prot: as of ioas_map()
 *
 * Never holds both IOASes: a reference on each mem is carried over.
 *
 * Return: as ioas_map(), and -ENOENT where something is not mapped in @src.
 */
int ioas_copy(struct ioas *src, unsigned long src_iova, struct ioas *dst,
	      unsigned long *dst_iova, unsigned long length, bool fixed,
	      int prot)
{
	struct mapping mapping;
	unsigned long last;
	int rc;

	if (!length)
		return -EINVAL;
	if (check_add_overflow(src_iova, length - 1, &last))
		return -EOVERFLOW;

	mapping_init(&mapping);
	if (down_read_killable(&src->topo))
		return -EINTR;
	rc = copy_collect(src, src_iova, last, prot, &mapping);
	up_read(&src->topo);
	if (!rc)
		rc = ioas_map_all(dst, &mapping, dst_iova, fixed);
	if (rc)
		mapping_free(&mapping);
	return rc;
}

/* ---- alignment, reservations, domains ---- */

static unsigned long ioas_alignment(struct ioas *ioas)
{
	unsigned long alignment = 1;
	unsigned int i;

	if (ioas->small_pages || ioas->npinning)
		alignment = PAGE_SIZE;
	for (i = 0; i < ioas->ndomains; i++)
		alignment = max(alignment, domain_page(ioas->domains[i]));
	return alignment;
}

/* Does every area fit an alignment? */
static bool areas_are_aligned(struct ioas *ioas, unsigned long alignment)
{
	struct area *area;

	if (alignment <= ioas->iova.alignment)
		return true;
	for (area = area_first(ioas, 0, ULONG_MAX); area;
	     area = area_next(area, ULONG_MAX)) {
		if ((area->node.start | area_length(area) | area->offset) &
		    (alignment - 1))
			return false;
		cond_resched();
	}
	return true;
}

/**
 * ioas_reserve - take a range away from mappings
 * @ioas: where; the caller holds topo for writing
 * @first: first byte
 * @last: last byte, inclusive
 * @owner: names the reservation for iova_unreserve()
 *
 * Return: 0, -EADDRINUSE where it is mapped or wanted, -ENOMEM.
 */
int ioas_reserve(struct ioas *ioas, unsigned long first, unsigned long last,
		 const void *owner)
{
	lockdep_assert_held_write(&ioas->topo);

	if (area_first(ioas, first, last))
		return -EADDRINUSE;
	return iova_reserve(&ioas->iova, first, last, owner);
}

/* What a domain does not translate can't be mapped. */
static int ioas_reserve_outside(struct ioas *ioas, struct domain *domain)
{
	int rc = 0;

	if (domain->first)
		rc = ioas_reserve(ioas, 0, domain->first - 1, domain);
	if (!rc && domain->last != ULONG_MAX)
		rc = ioas_reserve(ioas, domain->last + 1, ULONG_MAX, domain);
	return rc;
}

/* Take all areas before @end out of a domain again. */
static void domain_unfill(struct ioas *ioas, struct domain *domain,
			  struct area *end)
{
	struct iommu_iotlb_gather gather;
	bool first = !ioas->ndomains;
	struct area *area;
	bool clean = true;

	iommu_iotlb_gather_init(&gather);
	for (area = area_first(ioas, 0, ULONG_MAX); area != end;
	     area = area_next(area, ULONG_MAX)) {
		clean &= pgtable_unmap(domain, area->node.start,
				       area_length(area), &gather);
		cond_resched();
	}
	pgtable_sync(domain, &gather);

	for (area = area_first(ioas, 0, ULONG_MAX); area != end;
	     area = area_next(area, ULONG_MAX)) {
		area->leaked |= !clean;
		if (first)
			area_unpin(area, clean);
		cond_resched();
	}
}

/* Put all areas into a domain that is the first one, or one more. */
static int domain_fill(struct ioas *ioas, struct domain *domain)
{
	struct area *area;
	bool clean;
	int rc = 0;

	for (area = area_first(ioas, 0, ULONG_MAX); area;
	     area = area_next(area, ULONG_MAX)) {
		if (!ioas->ndomains) {
			rc = area_fill(ioas, area, &domain, 1);
		} else {
			rc = area_spread(ioas, area, &domain, 1, &clean);
			area->leaked |= !clean;
		}
		if (rc)
			break;
		cond_resched();
	}
	if (rc)
		domain_unfill(ioas, domain, area);
	return rc;
}

/* One more entry in the array of domains, not yet used. */
static int ioas_grow_domains(struct ioas *ioas)
{
	struct domain **domains;

	domains = krealloc_array(ioas->domains, ioas->ndomains + 1,
				 sizeof(*domains), GFP_KERNEL_ACCOUNT);
	if (!domains)
		return -ENOMEM;
	ioas->domains = domains;
	return 0;
}

static int ioas_add_domain_locked(struct ioas *ioas, struct domain *domain)
{
	struct iommufd_ctx *ictx = ioas->obj.ictx;
	int rc;

	if (!areas_are_aligned(ioas, domain_page(domain)))
		return -EADDRINUSE;
	if (!domain->charged &&
	    atomic_long_read(&ictx->nareas) > READ_ONCE(max_areas))
		return -ENOSPC;
	rc = ioas_grow_domains(ioas);
	if (rc)
		return rc;
	rc = ioas_reserve_outside(ioas, domain);
	if (!rc)
		rc = domain_fill(ioas, domain);
	if (rc) {
		iova_unreserve(&ioas->iova, domain);
		return rc;
	}
	ioas->domains[ioas->ndomains++] = domain;
	ioas->iova.alignment = ioas_alignment(ioas);
	return 0;
}

/**
 * ioas_add_domain - put all areas into a domain, now and from now on
 * @ioas: the IOAS
 * @domain: settled and empty
 *
 * Memory is pinned by the first domain.
 *
 * Return: 0; -EADDRINUSE where areas or allowed ranges lie outside of what
 * the domain can do, -ENOSPC where they are too many for a domain whose
 * tables nobody pays for, or the errors of pinning and mapping.  On error the
 * domain is empty and nothing has changed.
 */
int ioas_add_domain(struct ioas *ioas, struct domain *domain)
{
	int rc;

	if (down_write_killable(&ioas->topo))
		return -EINTR;
	rc = ioas_add_domain_locked(ioas, domain);
	up_write(&ioas->topo);
	return rc;
}

/**
 * ioas_remove_domain - free a domain with all that it maps
 * @ioas: the IOAS
 * @domain: no device is attached to it any more
 *
 * It is not unmapped page by page: its tables go as a whole.  When the last
 * domain is gone the memory is unpinned.
 */
void ioas_remove_domain(struct ioas *ioas, struct domain *domain)
{
	struct area *area;
	unsigned int i;

	down_write(&ioas->topo);
	for (i = 0; ioas->domains[i] != domain; i++)
		;
	ioas->domains[i] = ioas->domains[--ioas->ndomains];
	iova_unreserve(&ioas->iova, domain);
	domain_free(domain);

	if (!ioas->ndomains) {
		for (area = area_first(ioas, 0, ULONG_MAX); area;
		     area = area_next(area, ULONG_MAX)) {
			area_unpin(area, true);
			cond_resched();
		}
	}
	ioas->iova.alignment = ioas_alignment(ioas);
	up_write(&ioas->topo);
}

/**
 * ioas_set_small_pages - map with the smallest IO page only
 * @ioas: the IOAS
 * @small: or with all sizes
 *
 * Return: 0, -EINVAL to go to small pages where domains already hold areas or
 * areas are not made of pages, -EINTR.
 */
int ioas_set_small_pages(struct ioas *ioas, bool small)
{
	int rc = 0;

	if (down_write_killable(&ioas->topo))
		return -EINTR;
	if (small && !ioas->small_pages &&
	    ((ioas->ndomains && area_first(ioas, 0, ULONG_MAX)) ||
	     !areas_are_aligned(ioas, PAGE_SIZE)))
		rc = -EINVAL;
	else
		ioas->small_pages = small;
	ioas->iova.alignment = ioas_alignment(ioas);
	up_write(&ioas->topo);
	return rc;
}

/**
 * ioas_add_access - let an access use the IOAS
 * @ioas: the IOAS
 * @access: the access
 *
 * Return: 0, -EADDRINUSE where it pins pages and areas are not made of pages,
 * -ENOMEM, -EINTR.
 */
int ioas_add_access(struct ioas *ioas, struct iommufd_access *access)
{
	bool pins = access->ops->needs_pin_pages;
	int rc;

	if (down_write_killable(&ioas->topo))
		return -EINTR;
	if (pins && !areas_are_aligned(ioas, PAGE_SIZE))
		rc = -EADDRINUSE;
	else
		rc = xa_insert(&ioas->accesses, access->obj.id, access,
			       GFP_KERNEL_ACCOUNT);
	if (!rc) {
		ioas->npinning += pins;
		ioas->iova.alignment = ioas_alignment(ioas);
	}
	up_write(&ioas->topo);
	return rc;
}

/**
 * ioas_remove_access - undo ioas_add_access()
 * @ioas: the IOAS
 * @access: the access; it has no pins left
 */
void ioas_remove_access(struct ioas *ioas, struct iommufd_access *access)
{
	down_write(&ioas->topo);
	xa_erase(&ioas->accesses, access->obj.id);
	ioas->npinning -= access->ops->needs_pin_pages;
	ioas->iova.alignment = ioas_alignment(ioas);
	up_write(&ioas->topo);
}

/* ---- the object ---- */

static void ioas_destroy_object(struct object *obj)
{
	struct ioas *ioas = container_of(obj, struct ioas, obj);
	struct closing closing = {};

	/* No domain, no access, no other call: nothing to wait for. */
	down_read(&ioas->topo);
	WARN_ON(closing_claim(ioas, &closing, 0, ULONG_MAX));
	closing_finish(ioas, &closing);
	up_read(&ioas->topo);

	WARN_ON(ioas->ndomains || !xa_empty(&ioas->accesses) ||
		!list_empty(&ioas->hwpts));
	iova_space_destroy(&ioas->iova);
	xa_destroy(&ioas->accesses);
	kfree(ioas->domains);
}

/**
 * ioas_create - a new IOAS, to be published
 * @ictx: the context
 *
 * Return: the IOAS with its id reserved, or an ERR_PTR: -ENOMEM.
 */
struct ioas *ioas_create(struct iommufd_ctx *ictx)
{
	struct ioas *ioas = kzalloc(sizeof(*ioas), GFP_KERNEL_ACCOUNT);
	int rc;

	if (!ioas)
		return ERR_PTR(-ENOMEM);
	init_rwsem(&ioas->topo);
	iova_space_init(&ioas->iova);
	mutex_init(&ioas->hwpts_lock);
	INIT_LIST_HEAD(&ioas->hwpts);
	xa_init_flags(&ioas->accesses, XA_FLAGS_ACCOUNT);
	spin_lock_init(&ioas->tree_lock);
	ioas->areas = RB_ROOT_CACHED;
	init_waitqueue_head(&ioas->access_wait);

	rc = object_reserve(ictx, &ioas->obj, OBJECT_IOAS,
			    ioas_destroy_object);
	if (rc) {
		kfree(ioas);
		return ERR_PTR(rc);
	}
	return ioas;
}

/**
 * ioas_abort - undo ioas_create()
 * @ioas: never published
 */
void ioas_abort(struct ioas *ioas)
{
	object_abort(&ioas->obj);
	kfree(ioas);
}

/**
 * ioas_get - find an IOAS by its id
 * @ictx: the context
 * @id: its id
 *
 * Return: the IOAS, for ioas_put(), or ERR_PTR(-ENOENT).
 */
struct ioas *ioas_get(struct iommufd_ctx *ictx, u32 id)
{
	struct object *obj = object_get(ictx, id, OBJECT_IOAS);

	if (IS_ERR(obj))
		return ERR_CAST(obj);
	return container_of(obj, struct ioas, obj);
}

/**
 * ioas_put - end a use
 * @ioas: from ioas_get()
 */
void ioas_put(struct ioas *ioas)
{
	object_put(&ioas->obj);
}

/**
 * ioas_init - when the module is loaded
 *
 * Return: 0 or -ENOMEM.
 */
int ioas_init(void)
{
	area_cache = KMEM_CACHE(area, SLAB_ACCOUNT);
	return area_cache ? 0 : -ENOMEM;
}

/** ioas_exit - when it is unloaded */
void ioas_exit(void)
{
	kmem_cache_destroy(area_cache);
}
