/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations of a random test: a name and numbers, so that a list of them can
 * be printed, read back, and run with some of them left out. A number says
 * which of the model's objects, or where; nothing refers to another operation.
 *
 * Which operation comes next is chosen with an eye on the model, so that most
 * of them meet something.
 */
#ifndef _GUEST_OP_H
#define _GUEST_OP_H

#include <stdio.h>

#include "unit/random.h"
#include "model.h"

enum op_kind {
	OP_IOAS, OP_IOAS_DESTROY, OP_MAP, OP_COPY, OP_UNMAP, OP_ATTACH,
	OP_REPLACE, OP_DETACH, OP_HWPT, OP_HWPT_DESTROY, OP_ACCESS,
	OP_ACCESS_REPLACE, OP_ACCESS_CLOSE, OP_PIN, OP_UNPIN, OP_READ, OP_WRITE,
	OP_ALLOW, OP_RESERVE, OP_SMALL,
	OPS,
};

#define OP_ARGS 7

/*
 * "fail": the n-th page of an IOMMU's table that the call wants can't be had;
 * from FAIL_POOR on, the user may have so many pages more than there are; 0: all
 * can be had. "pt": the number of an IOAS, or PT_HWPT and that of a page table.
 */
#define PT_HWPT 16
#define FAIL_POOR 100

/* A part of the file of the arena, by MAP_FILE. */
#define MAP_BY_FILE 0x100

/* By an address with a tag: see tagged(). */
#define MAP_BY_TAG 0x200
#define MODEL_TAG 0x5a

struct op {
	enum op_kind kind;
	uint64_t arg[OP_ARGS];
};

/**
 * struct op_row - a kind of operation
 * @name: as it is printed
 * @args: what its numbers are
 * @nargs: how many there are
 * @fails: its last number is a "fail"
 * @weight: how often it comes
 */
static const struct op_row {
	const char *name;
	const char *args;
	unsigned int nargs;
	bool fails;
	unsigned int weight;
} op_rows[OPS] = {
	[OP_IOAS] = { "ioas", "ioas", 1, false, 5 },
	[OP_IOAS_DESTROY] = { "ioas-destroy", "ioas", 1, false, 1 },
	[OP_MAP] = { "map", "ioas iova at length flags fail", 6, true, 40 },
	[OP_COPY] = {
		"copy", "ioas iova from-ioas from-iova length flags fail",
		7, true, 24,
	},
	[OP_UNMAP] = { "unmap", "ioas iova length", 3, false, 24 },
	[OP_ATTACH] = { "attach", "device pt huge fail", 4, true, 14 },
	[OP_REPLACE] = { "replace", "device pt fail", 3, true, 8 },
	[OP_DETACH] = { "detach", "device", 1, false, 4 },
	[OP_HWPT] = { "hwpt", "hwpt device ioas fail", 4, true, 9 },
	[OP_HWPT_DESTROY] = { "hwpt-destroy", "hwpt", 1, false, 3 },
	[OP_ACCESS] = { "access", "access ioas pins", 3, false, 8 },
	[OP_ACCESS_REPLACE] = { "access-replace", "access ioas", 2, false, 3 },
	[OP_ACCESS_CLOSE] = { "access-close", "access", 1, false, 1 },
	[OP_PIN] = { "pin", "pin access iova length flags", 5, false, 18 },
	[OP_UNPIN] = { "unpin", "pin", 1, false, 6 },
	[OP_READ] = { "read", "access iova length", 3, false, 5 },
	[OP_WRITE] = { "write", "access iova length byte", 4, false, 5 },
	[OP_ALLOW] = { "allow", "ioas first length", 3, false, 2 },
	[OP_RESERVE] = { "reserve", "ioas first length", 3, false, 1 },
	[OP_SMALL] = { "small", "ioas yes", 2, false, 1 },
};

/* ---- as text ---- */

static inline void op_print(FILE *out, const struct op *op)
{
	unsigned int i;

	fputs(op_rows[op->kind].name, out);
	for (i = 0; i < op_rows[op->kind].nargs; i++)
		fprintf(out, op->arg[i] < 100 ? " %llu" : " %#llx",
			(unsigned long long)op->arg[i]);
}

/* One line, with what each number is. */
static inline void op_explain(FILE *out, const struct op *op)
{
	const struct op_row *row = &op_rows[op->kind];
	const char *name = row->args;
	unsigned int i;

	fprintf(out, "    %s:", row->name);
	for (i = 0; i < row->nargs; i++) {
		int length = strcspn(name, " ");

		fprintf(out, " %.*s %#llx", length, name,
			(unsigned long long)op->arg[i]);
		name += length + 1;
	}
	fprintf(out, "\n");
}

/* False where it is not an operation. */
static inline bool op_parse(const char *text, struct op *op)
{
	char name[20], *end;
	unsigned int i;
	int length;

	if (sscanf(text, "%19s%n", name, &length) != 1)
		return false;
	memset(op, 0, sizeof(*op));
	while (op->kind < OPS && strcmp(op_rows[op->kind].name, name))
		op->kind++;
	if (op->kind == OPS)
		return false;
	text += length;
	for (i = 0; i < op_rows[op->kind].nargs; i++, text = end) {
		op->arg[i] = strtoull(text, &end, 0);
		if (end == text)
			return false;
	}
	return true;
}

/* Let it not fail on purpose; false where it would not. */
static inline bool op_calm(struct op *op)
{
	uint64_t *fail = &op->arg[op_rows[op->kind].nargs - 1];

	if (!op_rows[op->kind].fails || !*fail)
		return false;
	*fail = 0;
	return true;
}

/* ---- numbers that meet something ---- */

/*
 * Where things are mapped: pages, and far behind them huge ones, one of them across
 * 1 GiB: there calls of an IOMMU's driver have to end.
 */
#define WINDOW 0x3c000000UL
#define WINDOW_HUGE (0x40000000UL - 3 * HUGE / 2)
#define WINDOW_PAGES 96

static inline bool once_in(unsigned int n)
{
	return !random_below(n);
}

/* Mostly of pages, sometimes of their halves, rarely of bytes. */
static inline uint64_t random_grain(void)
{
	return once_in(400) ? 1 : once_in(5) ? MOCK_PAGE : PAGE;
}

static inline uint64_t random_multiple(uint64_t grain, uint64_t limit)
{
	return grain * random_below(limit / grain);
}

/* One of an array of objects, all of which begin with whether they live. */
static inline unsigned int random_object(const void *objects, size_t size,
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

static inline struct model_area *random_area(struct model *model,
					     unsigned int ioas)
{
	unsigned int i = random_below(AREAS), n;

	for (n = 0; n < AREAS; n++, i = (i + 1) % AREAS)
		if (model->area[i].live && model->area[i].ioas == ioas)
			return &model->area[i];
	return NULL;
}

/* Of the pages from @first on; small ones are everywhere. */
static inline uint64_t random_length(uint64_t grain)
{
	if (once_in(3))
		return grain < PAGE ? grain : PAGE;
	return grain + random_multiple(grain, 8 * PAGE);
}

static inline uint64_t random_iova(struct model *model, unsigned int ioas)
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
static inline void random_mapped(struct model *model, unsigned int ioas,
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
static inline void random_huge(uint64_t *iova, uint64_t *at, uint64_t *length)
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

static inline void random_memory(uint64_t *at, uint64_t *length)
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
static inline uint64_t random_flags(struct model *model, unsigned int ioas)
{
	bool usable = ioas_has_domain(model, ioas) || model->ioas[ioas].limited;
	uint64_t prot = once_in(4) ? MAP_R : once_in(8) ? MAP_W : MAP_RW;

	return once_in(usable ? 4 : 40) ? prot : prot | MAP_FIXED_IOVA;
}

static inline uint64_t random_fail(void)
{
	if (once_in(10))
		return FAIL_POOR + random_below(4);
	return once_in(6) ? 1 + random_below(6) : 0;
}

static inline uint64_t random_ioas(struct model *model)
{
	return random_of(model->ioas, true);
}

static inline uint64_t random_pinning_access(struct model *model)
{
	unsigned int i = random_of(model->access, true), n;

	for (n = 0; n < ACCESSES && !once_in(20); n++, i = (i + 1) % ACCESSES)
		if (model->access[i].live && model->access[i].pins)
			break;
	return i;
}

static inline uint64_t random_pt(struct model *model)
{
	return once_in(3) ? PT_HWPT + random_of(model->hwpt, true) :
			    random_ioas(model);
}

/* As many pages as may still be pinned, or one more. */
static inline void random_rest(struct model *model, uint64_t *at,
			       uint64_t *length)
{
	uint64_t pages = model->limit - model->pinned + random_below(2);

	if (!pages || pages > ARENA_READ_ONLY)
		return;
	*at = 0;
	*length = pages * PAGE;
}

/* ---- operations ---- */

static inline void random_map(struct model *model, uint64_t *arg)
{
	arg[0] = random_ioas(model);
	arg[1] = random_iova(model, arg[0]);
	random_memory(&arg[2], &arg[3]);
	if (once_in(model->shares ? 2 : 8))
		random_huge(&arg[1], &arg[2], &arg[3]);
	if (once_in(4))
		random_rest(model, &arg[2], &arg[3]);
	arg[4] = random_flags(model, arg[0]);
	if (arena_is_file(arg[2], arg[3]) && once_in(2))
		arg[4] |= MAP_BY_FILE;
	else if (once_in(tags_are_ignored() ? 3 : 60))
		arg[4] |= MAP_BY_TAG;
	arg[5] = random_fail();
}

static inline void random_copy(struct model *model, uint64_t *arg)
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

static inline void random_unmap(struct model *model, uint64_t *arg)
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
static inline void random_reach(struct model *model, unsigned int access,
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

static inline void random_range(uint64_t *first, uint64_t *length,
				unsigned int npages)
{
	*first = WINDOW + random_multiple(PAGE,
					  WINDOW_PAGES * PAGE);
	*length = PAGE * (1 + random_below(npages));
}

static inline void op_fill_in(struct model *model, struct op *op)
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
		arg[3] = random_fail();
		break;
	case OP_HWPT_DESTROY:
		arg[0] = random_of(model->hwpt, true);
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
	default:
		arg[0] = random_ioas(model);
		arg[1] = once_in(3);
	}
}

static inline struct op op_random(struct model *model)
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

#endif
