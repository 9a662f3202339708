/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations of a random test: a name and numbers, so that a list of them can
 * be printed, read back, and run with some of them left out. A number says
 * which of the model's objects, or where; nothing refers to another operation.
 */
#ifndef _GUEST_MODEL_OP_H
#define _GUEST_MODEL_OP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum op_kind {
	OP_IOAS, OP_IOAS_DESTROY, OP_MAP, OP_COPY, OP_UNMAP, OP_ATTACH,
	OP_REPLACE, OP_DETACH, OP_HWPT, OP_HWPT_DESTROY, OP_PASID,
	OP_PASID_REPLACE, OP_PASID_DETACH, OP_ACCESS,
	OP_ACCESS_REPLACE, OP_ACCESS_CLOSE, OP_PIN, OP_UNPIN, OP_READ, OP_WRITE,
	OP_ALLOW, OP_RESERVE, OP_SMALL, OP_CHANGE,
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
struct op_row {
	const char *name;
	const char *args;
	unsigned int nargs;
	bool fails;
	unsigned int weight;
};

extern const struct op_row op_rows[OPS];

void op_print(FILE *out, const struct op *op);

/* One line, with what each number is. */
void op_explain(FILE *out, const struct op *op);

/* False where it is not an operation. */
bool op_parse(const char *text, struct op *op);

/* Let it not fail on purpose; false where it would not. */
bool op_calm(struct op *op);

#endif
