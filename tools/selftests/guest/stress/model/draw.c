// SPDX-License-Identifier: GPL-2.0
/*
 * What is random, see draw.h.
 */
#include "area.h"
#include "arena.h"
#include "bed.h"
#include "compiler.h"
#include "draw.h"
#include "iommufd.h"
#include "memory.h"
#include "model.h"
#include "need.h"
#include "op.h"
#include "test.h"
#include "trial.h"
#include "unit/random.h"

/* ---- numbers that meet something ---- */

/*
 * Where things are mapped: pages, and far behind them huge ones, one of them across
 * 1 GiB: there calls of an IOMMU's driver have to end.
 */
#define WINDOW 0x3c000000UL
#define WINDOW_HUGE (0x40000000UL - 3 * HUGE / 2)
#define WINDOW_PAGES 96

static bool once_in(unsigned int n)
{
	return !random_below(n);
}

/* Mostly of pages, sometimes of their halves, rarely of bytes. */
static uint64_t random_grain(void)
{
	return once_in(400) ? 1 : once_in(5) ? MOCK_PAGE : PAGE;
}

static uint64_t random_multiple(uint64_t grain, uint64_t limit)
{
	return grain * random_below(limit / grain);
}

/* One of an array of objects, all of which begin with whether they live. */
static unsigned int random_object(const void *objects, size_t size,
				  unsigned int count, bool live)
{
	unsigned int i = random_below(count), n;

	/* Now and then any, which is mostly refused. */
	for (n = 0; n < count && !once_in(20); n++, i = (i + 1) % count)
		if (*(const bool *)((const char *)objects + i * size) == live)
			return i;
	return i;
}

#define random_of(array, live)						\
	random_object(array, sizeof((array)[0]), ARRAY_SIZE(array), live)

static struct model_area *random_area(struct model *model, unsigned int ioas)
{
	unsigned int i = random_below(AREAS), n;

	for (n = 0; n < AREAS; n++, i = (i + 1) % AREAS)
		if (model->area[i].live && model->area[i].ioas == ioas)
			return &model->area[i];
	return NULL;
}

/* Of the pages from @first on; small ones are everywhere. */
static uint64_t random_length(uint64_t grain)
{
	if (once_in(3))
		return grain < PAGE ? grain : PAGE;
	return grain + random_multiple(grain, 8 * PAGE);
}

static uint64_t random_iova(struct model *model, unsigned int ioas)
{
	struct model_area *area = random_area(model, ioas);

	if (once_in(100))
		return once_in(2) ? PAGE * (1 + random_below(4)) :
		       MOCK_APERTURE_LAST + 1 - PAGE * random_below(4);
	if (area && once_in(3))
		return once_in(3) ? area->iova : area_last(area) + 1;
	return WINDOW + random_multiple(random_grain(),
					WINDOW_PAGES * PAGE);
}

/* A range that lies in areas, or begins or ends with one. */
static void random_mapped(struct model *model, unsigned int ioas,
			  uint64_t *iova, uint64_t *length)
{
	struct model_area *area = random_area(model, ioas), *other;
	uint64_t grain = random_grain(), last;

	if (!area || once_in(20)) {
		*iova = random_iova(model, ioas);
		*length = random_length(grain);
		return;
	}
	*iova = area->iova;
	last = area_last(area);
	other = area_in(model, ioas, last + 1, last + 1);
	if (other && once_in(2))
		last = area_last(other);
	if (once_in(2))
		*iova += random_multiple(grain, last - *iova + grain);
	*length = last - *iova + 1;
	if (once_in(2) && *length > grain)
		*length -= random_multiple(grain, *length);
	if (once_in(20))
		*length += grain;
}

/* A huge page of the arena, or both; or much of one, or the border of two kinds. */
static void random_huge(uint64_t *iova, uint64_t *at, uint64_t *length)
{
	uint64_t shift = random_multiple(random_grain(), 4 * PAGE);
	bool second = once_in(2);

	*at = (second ? ARENA_HUGETLB : ARENA_THP) * PAGE;
	*iova = WINDOW_HUGE + random_below(4) * HUGE;
	*length = HUGE;
	if (!second && once_in(4))
		*length += HUGE;
	if (once_in(2))
		return;
	*iova += random_multiple(random_grain(), 4 * PAGE);
	if (once_in(2) || !second) {
		*at -= shift;
		*length = PAGE * (4 + random_below(500));
	} else {
		*at += shift;
		*length -= 2 * shift;
	}
}

static void random_file(uint64_t *at, uint64_t *length)
{
	unsigned int first = random_below(ARENA_HOLE - ARENA_FILE);

	*at = (ARENA_FILE + first) * PAGE;
	*length = (1 + random_below(ARENA_HOLE - ARENA_FILE - first)) * PAGE;
}

static void random_memory(uint64_t *at, uint64_t *length)
{
	uint64_t grain = random_grain(), end = ARENA_THP * PAGE;

	*length = random_length(grain);
	*at = random_multiple(grain, end - *length);
	/* Not often on the hole. */
	if (once_in(3) || *at + *length > ARENA_READ_ONLY * PAGE)
		*at %= ARENA_READ_ONLY * PAGE;
	if (once_in(5))
		*at = random_multiple(grain, end - *length);
}

/*
 * Without a domain the kernel chooses the lowest IOVA, which no domain of the
 * mock translates: not often.
 */
static uint64_t random_flags(struct model *model, unsigned int ioas)
{
	bool usable = ioas_has_domain(model, ioas) || model->ioas[ioas].limited;
	uint64_t prot = once_in(4) ? MAP_R : once_in(8) ? MAP_W : MAP_RW;

	return once_in(usable ? 4 : 40) ? prot : prot | MAP_FIXED_IOVA;
}

static uint64_t random_fail(void)
{
	if (once_in(10))
		return FAIL_POOR + random_below(4);
	return once_in(6) ? 1 + random_below(6) : 0;
}

static uint64_t random_ioas(struct model *model)
{
	return random_of(model->ioas, true);
}

static uint64_t random_pinning_access(struct model *model)
{
	unsigned int i = random_of(model->access, true), n;

	for (n = 0; n < ACCESSES && !once_in(20); n++, i = (i + 1) % ACCESSES)
		if (model->access[i].live && model->access[i].pins)
			break;
	return i;
}

static uint64_t random_pt(struct model *model)
{
	return once_in(3) ? PT_HWPT + random_of(model->hwpt, true) :
			    random_ioas(model);
}

/* As many pages as may still be pinned, or one more. */
static void random_rest(struct model *model, uint64_t *at, uint64_t *length)
{
	uint64_t pages = model->limit - model->pinned + random_below(2);

	if (!pages || pages > ARENA_READ_ONLY)
		return;
	*at = 0;
	*length = pages * PAGE;
}

/* ---- operations ---- */

static void random_map(struct model *model, uint64_t *arg)
{
	arg[0] = random_ioas(model);
	arg[1] = random_iova(model, arg[0]);
	random_memory(&arg[2], &arg[3]);
	if (once_in(model->shares ? 2 : 8))
		random_huge(&arg[1], &arg[2], &arg[3]);
	if (once_in(4))
		random_rest(model, &arg[2], &arg[3]);
	arg[4] = random_flags(model, arg[0]);
	if (model->files)
		random_file(&arg[2], &arg[3]);
	if (arena_is_file(arg[2], arg[3]) && (model->files || once_in(2)))
		arg[4] |= MAP_BY_FILE;
	else if (once_in(tags_are_ignored() ? 3 : 60))
		arg[4] |= MAP_BY_TAG;
	arg[5] = random_fail();
}

static void random_copy(struct model *model, uint64_t *arg)
{
	arg[0] = random_ioas(model);
	arg[1] = random_iova(model, arg[0]);
	arg[2] = random_ioas(model);
	random_mapped(model, arg[2], &arg[3], &arg[4]);
	if (arg[4] > 64 * PAGE)
		arg[1] = WINDOW_HUGE + random_below(4) * HUGE;
	arg[5] = random_flags(model, arg[0]);
	arg[6] = random_fail();
}

static void random_unmap(struct model *model, uint64_t *arg)
{
	struct model_area *area, *other;

	arg[0] = random_ioas(model);
	area = random_area(model, arg[0]);
	if (once_in(15)) {
		arg[1] = 0;
		arg[2] = UINT64_MAX;
	} else if (!area || once_in(6)) {
		random_mapped(model, arg[0], &arg[1], &arg[2]);
	} else {
		other = once_in(3) ? random_area(model, arg[0]) : area;
		if (other->iova < area->iova)
			other = area;
		arg[1] = area->iova;
		arg[2] = area_last(other) - area->iova + 1;
	}
}

/* What an access does: in the IOAS that it is attached to. */
static void random_reach(struct model *model, unsigned int access,
			 uint64_t *iova, uint64_t *length)
{
	unsigned int ioas = model->access[access].ioas;

	random_mapped(model, ioas, iova, length);
	/* Any bytes. */
	if (once_in(3))
		*iova += random_below(64);
	if (once_in(3) && *length > 128)
		*length -= random_below(128);
}

static void random_range(uint64_t *first, uint64_t *length, unsigned int npages)
{
	*first = WINDOW + random_multiple(PAGE,
					  WINDOW_PAGES * PAGE);
	*length = PAGE * (1 + random_below(npages));
}

static void op_fill_in(struct model *model, struct op *op)
{
	uint64_t *arg = op->arg;

	switch (op->kind) {
	case OP_MAP:
		random_map(model, arg);
		break;
	case OP_COPY:
		random_copy(model, arg);
		break;
	case OP_UNMAP:
		random_unmap(model, arg);
		break;
	case OP_ATTACH:
		arg[0] = random_of(model->device, false);
		arg[1] = random_pt(model);
		arg[2] = once_in(3);
		arg[3] = random_fail();
		break;
	case OP_REPLACE:
		arg[0] = random_of(model->device, true);
		arg[1] = random_pt(model);
		arg[2] = random_fail();
		break;
	case OP_DETACH:
		arg[0] = random_of(model->device, true);
		break;
	case OP_HWPT:
		arg[0] = random_below(HWPTS_NAMED);
		arg[1] = random_of(model->device, true);
		arg[2] = random_ioas(model);
		arg[3] = !once_in(3);
		arg[4] = random_fail();
		break;
	case OP_HWPT_DESTROY:
		arg[0] = random_of(model->hwpt, true);
		break;
	case OP_PASID:
	case OP_PASID_REPLACE:
		arg[0] = random_of(model->device, true);
		arg[1] = random_below(PASIDS);
		arg[2] = random_below(HWPTS_NAMED);
		arg[3] = random_fail();
		break;
	case OP_PASID_DETACH:
		arg[0] = random_of(model->device, true);
		arg[1] = random_below(PASIDS);
		break;
	case OP_ACCESS:
		arg[0] = random_of(model->access, false);
		arg[1] = random_ioas(model);
		arg[2] = !once_in(3);
		break;
	case OP_ACCESS_REPLACE:
		arg[0] = random_of(model->access, true);
		arg[1] = random_ioas(model);
		break;
	case OP_ACCESS_CLOSE:
		arg[0] = random_of(model->access, true);
		break;
	case OP_PIN:
		arg[0] = random_of(model->pin, false);
		arg[1] = random_pinning_access(model);
		random_reach(model, arg[1], &arg[2], &arg[3]);
		arg[4] = once_in(2) ? MAP_R : MAP_W;
		break;
	case OP_UNPIN:
		arg[0] = random_of(model->pin, true);
		break;
	case OP_READ:
	case OP_WRITE:
		arg[0] = random_of(model->access, true);
		random_reach(model, arg[0], &arg[1], &arg[2]);
		arg[3] = random_below(256);
		break;
	case OP_ALLOW:
		arg[0] = random_ioas(model);
		random_range(&arg[1], &arg[2], 40);
		if (once_in(2))
			arg[2] = 0;
		break;
	case OP_RESERVE:
		arg[0] = random_ioas(model);
		random_range(&arg[1], &arg[2], 6);
		break;
	case OP_IOAS:
		arg[0] = random_of(model->ioas, false);
		break;
	case OP_CHANGE:
		arg[0] = random_below(2);
		break;
	default:
		arg[0] = random_ioas(model);
		arg[1] = once_in(3);
	}
}

bool random_files(void)
{
	return once_in(6);
}

struct op op_random(struct model *model)
{
	struct op op = {};
	unsigned int sum = 0, left;

	for (left = 0; left < OPS; left++)
		sum += op_rows[left].weight;
	left = random_below(sum);
	while (left >= op_rows[op.kind].weight)
		left -= op_rows[op.kind++].weight;
	op_fill_in(model, &op);
	return op;
}

/* ---- trials ---- */

void record_draw(struct record *record, uint64_t seed)
{
	static const unsigned int batches[] = { 16, 64, 65536, 65536 };

	random_state = seed;
	/* Neighbours would begin alike. */
	random_below(1);
	random_below(1);
	record->random = true;
	record->payer = random_below(PAYERS);
	record->limit = random_below(2) ? 6 + random_below(40) : NO_LIMIT;
	/* Which call it would stop is not known. */
	if (record->shares)
		record->limit = NO_LIMIT;
	record->batch = batches[random_below(4)];
}
