// SPDX-License-Identifier: GPL-2.0
/*
 * Operations and their text, see op.h.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"

const struct op_row op_rows[OPS] = {
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
	[OP_HWPT] = { "hwpt", "hwpt device ioas pasids fail", 5, true, 9 },
	[OP_HWPT_DESTROY] = { "hwpt-destroy", "hwpt", 1, false, 3 },
	[OP_PASID] = { "pasid", "device pasid hwpt fail", 4, true, 10 },
	[OP_PASID_REPLACE] = {
		"pasid-replace", "device pasid hwpt fail", 4, true, 6,
	},
	[OP_PASID_DETACH] = { "pasid-detach", "device pasid", 2, false, 4 },
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
	[OP_CHANGE] = { "change", "by-child", 1, false, 4 },
};

/* ---- as text ---- */

void op_print(FILE *out, const struct op *op)
{
	unsigned int i;

	fputs(op_rows[op->kind].name, out);
	for (i = 0; i < op_rows[op->kind].nargs; i++)
		fprintf(out, op->arg[i] < 100 ? " %llu" : " %#llx",
			(unsigned long long)op->arg[i]);
}

void op_explain(FILE *out, const struct op *op)
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

bool op_parse(const char *text, struct op *op)
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

bool op_calm(struct op *op)
{
	uint64_t *fail = &op->arg[op_rows[op->kind].nargs - 1];

	if (!op_rows[op->kind].fails || !*fail)
		return false;
	*fail = 0;
	return true;
}
