/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an open file of /dev/iommu should be like after some calls: a model
 * that is so simple that one can see that it is right. Nothing here calls the
 * kernel.
 *
 * The rule of pins, which is most of it: each MAP is one piece of memory (a
 * mem), which COPY shares. A page of a mem is pinned and charged, once, as long
 * as somebody needs it: an area that holds it and whose IOAS has a domain, or a
 * pin of an access. So the model counts who needs each page of each mem, from
 * scratch after each call. Where MAPs share what they have pinned that is the
 * most that may be; at least each page is pinned that anybody needs.
 *
 * Functions that return an int return what the call should: 0 or -errno.
 */
#ifndef _GUEST_MODEL_H
#define _GUEST_MODEL_H

#include "arena.h"
#include "test.h"

#define IOASES 3
#define AREAS 40
#define MEMS (AREAS + 1)
#define HWPTS 8
#define DEVICES 4
#define ACCESSES 3
#define PINS 8
#define RESERVED 2

/* Page tables of HWPT_ALLOC have the first places; then those of ATTACH. */
#define HWPTS_NAMED 4

/**
 * struct model_mem - the memory of one MAP
 * @writable: pinned to be written
 * @file: given as a part of a file
 * @nowhere: given by an address where there is no memory
 * @need: who needs each page of the arena
 */
struct model_mem {
	bool writable;
	bool file;
	bool nowhere;
	uint8_t need[ARENA_PAGES];
};

/**
 * struct model_area - a mapped range
 * @at: its first byte in the arena
 * @flags: MAP_R, MAP_W
 */
struct model_area {
	bool live;
	unsigned int ioas;
	unsigned int mem;
	uint64_t iova;
	uint64_t length;
	uint64_t at;
	uint32_t flags;
};

/**
 * struct model_range - a range of IOVA
 * @first: first byte
 * @last: last byte, inclusive
 */
struct model_range {
	uint64_t first;
	uint64_t last;
};

struct model_ioas {
	bool live;
	uint32_t id;
	bool small;
	bool limited;
	struct model_range allowed;
	unsigned int nreserved;
	struct model_range reserved[RESERVED];
};

/**
 * struct model_hwpt - a page table
 * @filled: its IOAS is in it: some can be filled only once they are attached
 */
struct model_hwpt {
	bool live;
	bool filled;
	uint32_t id;
	unsigned int ioas;
};

struct model_device {
	bool live;
	uint32_t stdev;
	uint32_t idev;
	unsigned int hwpt;
};

struct model_access {
	bool live;
	bool pins;
	int fd;
	unsigned int ioas;
};

struct model_pin {
	bool live;
	uint32_t id;
	unsigned int access;
	uint64_t iova;
	uint64_t length;
};

/**
 * struct model - all of it
 * @late: page tables are filled by their first attach, not by HWPT_ALLOC
 * @shares: MAPs of the same huge page may share its pins
 * @limit: pages that may be pinned
 * @pinned: pages that are
 * @va: the arena's address
 */
struct model {
	bool late;
	bool shares;
	uint64_t limit;
	uint64_t pinned;
	uintptr_t va;
	struct model_mem mem[MEMS];
	struct model_area area[AREAS];
	struct model_ioas ioas[IOASES];
	struct model_hwpt hwpt[HWPTS];
	struct model_device device[DEVICES];
	struct model_access access[ACCESSES];
	struct model_pin pin[PINS];
};

/* ---- areas ---- */

static inline uint64_t area_last(const struct model_area *area)
{
	return area->iova + area->length - 1;
}

/* The lowest area of an IOAS that touches a range. */
static inline struct model_area *area_in(struct model *model, unsigned int ioas,
					 uint64_t first, uint64_t last)
{
	struct model_area *area, *lowest = NULL;

	for (area = model->area; area < model->area + AREAS; area++)
		if (area->live && area->ioas == ioas && area->iova <= last &&
		    area_last(area) >= first &&
		    (!lowest || area->iova < lowest->iova))
			lowest = area;
	return lowest;
}

static inline struct model_area *area_after(struct model *model,
					    const struct model_area *area,
					    uint64_t last)
{
	uint64_t end = area_last(area);

	return end >= last ? NULL : area_in(model, area->ioas, end + 1, last);
}

#define for_each_area(model, area, ioas, first, last)			\
	for ((area) = area_in(model, ioas, first, last); (area);	\
	     (area) = area_after(model, area, last))

/* The part of an area from @iova to @last, as an area of its own. */
static inline struct model_area area_part(const struct model_area *area,
					  uint64_t iova, uint64_t last)
{
	struct model_area part = *area;

	part.iova = iova;
	part.at += iova - area->iova;
	part.length = (area_last(area) < last ? area_last(area) : last) -
		      iova + 1;
	return part;
}

/* ---- who needs what ---- */

static inline unsigned int page_of(uint64_t at)
{
	return at / PAGE;
}

static inline bool ioas_has_domain(const struct model *model, unsigned int ioas)
{
	int i;

	for (i = 0; i < HWPTS; i++)
		if (model->hwpt[i].live && model->hwpt[i].filled &&
		    model->hwpt[i].ioas == ioas)
			return true;
	return false;
}

static inline bool mem_can_pin(const struct model_mem *mem, unsigned int page)
{
	return !mem->nowhere && arena_can_pin(page, mem->writable);
}

/*
 * One more that needs the pages of a part of a mem: first they are charged,
 * then those that nobody needed before are pinned.
 */
static inline int model_need(struct model *model, const struct model_area *part)
{
	unsigned int first = page_of(part->at), page;
	unsigned int last = page_of(part->at + part->length - 1);
	struct model_mem *mem = &model->mem[part->mem];
	uint64_t missing = 0;

	for (page = first; page <= last; page++)
		missing += !mem->need[page];
	if (model->pinned + missing > model->limit)
		return -ENOMEM;
	for (page = first; page <= last; page++)
		if (!mem->need[page] && !mem_can_pin(mem, page))
			return -EFAULT;
	for (page = first; page <= last; page++)
		mem->need[page]++;
	model->pinned += missing;
	return 0;
}

/* The same for all of a range of IOVA that is mapped throughout. */
static inline int model_need_range(struct model *model, unsigned int ioas,
				   uint64_t first, uint64_t last)
{
	struct model_area *area, part;
	int rc = 0;

	for_each_area(model, area, ioas, first, last) {
		part = area_part(area, area->iova > first ? area->iova : first,
				 last);
		rc = model_need(model, &part);
		if (rc)
			break;
	}
	return rc;
}

/* Count anew, whatever a call that failed has added. False: it can't be. */
static inline bool model_count(struct model *model)
{
	struct model_pin *pin;
	int i, rc = 0;

	for (i = 0; i < MEMS; i++)
		memset(model->mem[i].need, 0, sizeof(model->mem[i].need));
	model->pinned = 0;
	for (i = 0; i < IOASES; i++)
		if (ioas_has_domain(model, i))
			rc |= model_need_range(model, i, 0, UINT64_MAX);
	for (pin = model->pin; pin < model->pin + PINS; pin++)
		if (pin->live)
			rc |= model_need_range(model,
					       model->access[pin->access].ioas,
					       pin->iova,
					       pin->iova + pin->length - 1);
	return !rc;
}

/* How often a page should be pinned: by each mem once. */
static inline unsigned int model_refs(const struct model *model,
				      unsigned int page)
{
	unsigned int refs = 0;
	int i;

	for (i = 0; i < MEMS; i++)
		refs += !!model->mem[i].need[page];
	return refs;
}

/* Pages from @first on that somebody needs. */
static inline uint64_t model_needed(const struct model *model,
				    unsigned int first)
{
	uint64_t needed = 0;
	unsigned int page;

	for (page = first; page < ARENA_PAGES; page++)
		needed += !!model_refs(model, page);
	return needed;
}

/* Pages that are pinned at least; model->pinned is how many are at most. */
static inline uint64_t model_least(const struct model *model)
{
	return model->shares ? model_needed(model, 0) : model->pinned;
}

/* ---- IOVA ---- */

static inline uint64_t ioas_alignment(const struct model *model,
				      unsigned int ioas)
{
	int i;

	for (i = 0; i < ACCESSES; i++)
		if (model->access[i].live && model->access[i].pins &&
		    model->access[i].ioas == ioas)
			return PAGE;
	if (model->ioas[ioas].small)
		return PAGE;
	return ioas_has_domain(model, ioas) ? MOCK_PAGE : 1;
}

static inline bool areas_are_aligned(struct model *model, unsigned int ioas,
				     uint64_t alignment)
{
	struct model_area *area;

	for_each_area(model, area, ioas, 0, UINT64_MAX)
		if ((area->iova | area->length | area->at) & (alignment - 1))
			return false;
	return true;
}

static inline bool ranges_meet(struct model_range a, uint64_t first,
			       uint64_t last)
{
	return a.first <= last && a.last >= first;
}

#define BLOCKED (RESERVED + 2)

/* What is reserved, or outside of a domain. */
static inline int ioas_blocked(const struct model *model, unsigned int i,
			       struct model_range *blocked)
{
	const struct model_ioas *ioas = &model->ioas[i];
	unsigned int n;

	for (n = 0; n < ioas->nreserved; n++)
		blocked[n] = ioas->reserved[n];
	if (!ioas_has_domain(model, i))
		return n;
	blocked[n++] = (struct model_range){ 0, MOCK_APERTURE_START - 1 };
	blocked[n++] = (struct model_range){ MOCK_APERTURE_LAST + 1,
					     UINT64_MAX };
	return n;
}

static inline bool iova_is_blocked(const struct model *model, unsigned int ioas,
				   uint64_t first, uint64_t last)
{
	struct model_range blocked[BLOCKED];
	int n = ioas_blocked(model, ioas, blocked);

	while (n--)
		if (ranges_meet(blocked[n], first, last))
			return true;
	return false;
}

/* The first range from *@first on that is not blocked. */
static inline bool iova_usable(const struct model *model, unsigned int ioas,
			       uint64_t *first, uint64_t *last)
{
	struct model_range blocked[BLOCKED];
	int n = ioas_blocked(model, ioas, blocked), i;

	for (i = 0; i < n; i++) {
		if (!ranges_meet(blocked[i], *first, *first))
			continue;
		if (blocked[i].last == UINT64_MAX)
			return false;
		*first = blocked[i].last + 1;
		i = -1;
	}
	*last = UINT64_MAX;
	for (i = 0; i < n; i++)
		if (blocked[i].first > *first && blocked[i].first <= *last)
			*last = blocked[i].first - 1;
	return true;
}

/* May something be mapped exactly here? */
static inline int iova_check(struct model *model, unsigned int ioas,
			     uint64_t iova, uint64_t length)
{
	if (iova & (ioas_alignment(model, ioas) - 1))
		return -EINVAL;
	if (iova_is_blocked(model, ioas, iova, iova + length - 1))
		return -EINVAL;
	if (area_in(model, ioas, iova, iova + length - 1))
		return -EEXIST;
	return 0;
}

/**
 * struct model_choice - what an IOVA of the kernel's choice looks like
 * @step: it is a multiple of this, but for
 * @offset: bits that are set in it
 */
struct model_choice {
	uint64_t step;
	uint64_t offset;
};

static inline struct model_choice choice_for(uint64_t address, uint64_t length)
{
	struct model_choice choice = {
		.step = 1, .offset = address & (PAGE - 1),
	};

	while (choice.step < length && choice.step < HUGE &&
	       !(address & choice.step))
		choice.step *= 2;
	return choice;
}

static inline bool choice_is(const struct model_choice *choice, uint64_t iova)
{
	return (iova & choice->offset) == choice->offset &&
	       !((iova & ~choice->offset) & (choice->step - 1));
}

/* Is the kernel's choice one that it may make? */
static inline bool choice_is_allowed(struct model *model, unsigned int i,
				     const struct model_choice *choice,
				     uint64_t iova, uint64_t length)
{
	const struct model_ioas *ioas = &model->ioas[i];

	return choice_is(choice, iova) && !iova_check(model, i, iova, length) &&
	       (!ioas->limited ||
		(iova >= ioas->allowed.first &&
		 iova + length - 1 <= ioas->allowed.last));
}

/* Is there an IOVA to choose? Only where it is limited this takes a look. */
static inline int choice_check(struct model *model, unsigned int i,
			       uint64_t address, uint64_t length)
{
	struct model_choice choice = choice_for(address, length);
	const struct model_ioas *ioas = &model->ioas[i];
	uint64_t iova;

	if (choice.step < ioas_alignment(model, i))
		return -EINVAL;
	if (!ioas->limited)
		return 0;
	for (iova = ioas->allowed.first; iova <= ioas->allowed.last; iova++) {
		/* Blocks of less than a page are looked at one by one. */
		if (choice_is_allowed(model, i, &choice, iova, length))
			return 0;
		if (choice.step >= MOCK_PAGE && !(iova % MOCK_PAGE))
			iova += MOCK_PAGE - 1;
	}
	return -ENOSPC;
}

/* ---- MAP and COPY ---- */

/**
 * struct plan - areas that a MAP or COPY is about to make, next to each other
 * @ioas: where
 * @n: how many
 * @length: of all
 * @address: of the first, in memory or in its file
 * @part: the areas; their IOVA comes last
 */
struct plan {
	unsigned int ioas;
	unsigned int n;
	uint64_t length;
	uint64_t address;
	struct model_area part[AREAS];
};

static inline void plan_add(struct plan *plan, const struct model_area *part)
{
	plan->part[plan->n] = *part;
	plan->part[plan->n].live = true;
	plan->part[plan->n++].ioas = plan->ioas;
	plan->length += part->length;
}

static inline uint64_t mem_address(const struct model *model, unsigned int mem,
				   uint64_t at)
{
	if (model->mem[mem].file)
		return at - ARENA_FILE * PAGE;
	return model->va + at;
}

/* A place for a mem that no area has. */
static inline unsigned int model_free_mem(const struct model *model)
{
	unsigned int mem;
	int i;

	for (mem = 0; ; mem++) {
		for (i = 0; i < AREAS; i++)
			if (model->area[i].live && model->area[i].mem == mem)
				break;
		if (i == AREAS)
			return mem;
	}
}

static inline void plan_map(struct model *model, struct plan *plan, uint64_t at,
			    uint64_t length, uint32_t flags, bool file)
{
	struct model_area part = { .at = at, .length = length };

	part.flags = flags & MAP_RW;
	part.mem = model_free_mem(model);
	model->mem[part.mem].writable = flags & MAP_W;
	model->mem[part.mem].file = file;
	model->mem[part.mem].nowhere = false;
	memset(model->mem[part.mem].need, 0, sizeof(model->mem[0].need));
	plan_add(plan, &part);
	plan->address = mem_address(model, part.mem, at);
}

static inline int plan_copy(struct model *model, struct plan *plan,
			    unsigned int src, uint64_t iova, uint64_t last,
			    uint32_t flags)
{
	struct model_area *area, part;

	for (;;) {
		area = area_in(model, src, iova, iova);
		if (!area)
			return -ENOENT;
		part = area_part(area, iova, last);
		part.flags = flags & MAP_RW;
		if ((flags & MAP_W) && !model->mem[part.mem].writable)
			return -EPERM;
		plan_add(plan, &part);
		if (part.length > last - iova)
			break;
		iova += part.length;
	}
	plan->address = mem_address(model, plan->part[0].mem,
				    plan->part[0].at);
	return 0;
}

static inline int plan_check(struct model *model, const struct plan *plan,
			     uint64_t iova, bool fixed)
{
	uint64_t mask = ioas_alignment(model, plan->ioas) - 1;
	unsigned int i;
	int rc = 0;

	for (i = 0; i < plan->n; i++)
		if ((plan->part[i].at | plan->part[i].length) & mask)
			return -EINVAL;
	if (fixed)
		rc = iova_check(model, plan->ioas, iova, plan->length);
	else
		rc = choice_check(model, plan->ioas, plan->address,
				  plan->length);
	if (!ioas_has_domain(model, plan->ioas))
		return rc;
	for (i = 0; i < plan->n && !rc; i++)
		rc = model_need(model, &plan->part[i]);
	return rc;
}

/* Is there room for the areas in the model? */
static inline bool model_has_room(const struct model *model, unsigned int n)
{
	int i;

	for (i = 0; i < AREAS; i++)
		n -= n && !model->area[i].live;
	return !n;
}

static inline void plan_commit(struct model *model, const struct plan *plan,
			       uint64_t iova)
{
	unsigned int i, slot = 0;

	for (i = 0; i < plan->n; i++) {
		while (model->area[slot].live)
			slot++;
		model->area[slot] = plan->part[i];
		model->area[slot].iova = iova;
		iova += plan->part[i].length;
	}
}

/* ---- UNMAP ---- */

/* Pins that reach into a range are dropped as a whole by their owner. */
static inline void model_drop_pins(struct model *model, unsigned int ioas,
				   uint64_t first, uint64_t last)
{
	struct model_pin *pin;

	for (pin = model->pin; pin < model->pin + PINS; pin++)
		if (model->access[pin->access].ioas == ioas &&
		    pin->iova <= last && pin->iova + pin->length - 1 >= first)
			pin->live = false;
}

static inline int model_unmap(struct model *model, unsigned int ioas,
			      uint64_t first, uint64_t last, uint64_t *bytes)
{
	struct model_area *area;

	*bytes = 0;
	for_each_area(model, area, ioas, first, last) {
		if (area->iova < first || area_last(area) > last)
			return -ENOENT;
		*bytes += area->length;
	}
	if (!*bytes && (first || last != UINT64_MAX))
		return -ENOENT;
	while ((area = area_in(model, ioas, first, last))) {
		model_drop_pins(model, ioas, area->iova, area_last(area));
		area->live = false;
	}
	return 0;
}

/* ---- domains ---- */

/* Can one more domain hold the IOAS? */
static inline int model_fill(struct model *model, unsigned int i)
{
	const struct model_ioas *ioas = &model->ioas[i];

	if (!areas_are_aligned(model, i, MOCK_PAGE) ||
	    area_in(model, i, 0, MOCK_APERTURE_START - 1) ||
	    area_in(model, i, MOCK_APERTURE_LAST + 1, UINT64_MAX) ||
	    (ioas->limited && (ioas->allowed.first < MOCK_APERTURE_START ||
			       ioas->allowed.last > MOCK_APERTURE_LAST)))
		return -EADDRINUSE;
	if (ioas_has_domain(model, i))
		return 0;
	return model_need_range(model, i, 0, UINT64_MAX);
}

static inline unsigned int hwpt_devices(const struct model *model,
					unsigned int hwpt)
{
	unsigned int n = 0;
	int i;

	for (i = 0; i < DEVICES; i++)
		n += model->device[i].live && model->device[i].hwpt == hwpt;
	return n;
}

/* The page table that ATTACH to an IOAS shares; or a free place for one. */
static inline unsigned int hwpt_of_ioas(const struct model *model,
					unsigned int ioas)
{
	unsigned int i, free = HWPTS;

	for (i = HWPTS_NAMED; i < HWPTS; i++) {
		if (!model->hwpt[i].live)
			free = i;
		else if (model->hwpt[i].ioas == ioas)
			return i;
	}
	return free;
}

/* A device was there: a page table that ATTACH has made goes with the last. */
static inline void hwpt_leave(struct model *model, unsigned int hwpt)
{
	if (hwpt >= HWPTS_NAMED && !hwpt_devices(model, hwpt))
		model->hwpt[hwpt].live = false;
}

/* Do page tables or accesses stand on an IOAS? */
static inline bool ioas_is_used(const struct model *model, unsigned int ioas)
{
	int i;

	for (i = 0; i < HWPTS; i++)
		if (model->hwpt[i].live && model->hwpt[i].ioas == ioas)
			return true;
	for (i = 0; i < ACCESSES; i++)
		if (model->access[i].live && model->access[i].ioas == ioas)
			return true;
	return false;
}

/* ---- accesses ---- */

static inline int model_pin(struct model *model, unsigned int ioas,
			    uint64_t iova, uint64_t last, uint32_t flags)
{
	struct model_area *area, part;
	int rc;

	for (;;) {
		area = area_in(model, ioas, iova, iova);
		if (!area)
			return -ENOENT;
		if (!(area->flags & flags))
			return -EPERM;
		part = area_part(area, iova, last);
		rc = model_need(model, &part);
		if (rc || part.length > last - iova)
			return rc;
		iova += part.length;
	}
}

#endif
