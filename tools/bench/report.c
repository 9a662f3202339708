// SPDX-License-Identifier: GPL-2.0
/*
 * The table, see report.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "report.h"

struct cell {
	double value;
	bool known;
};

struct row {
	char name[REPORT_NAME];
	const char *unit;
	struct cell cell[REPORT_COLUMNS];
};

static struct {
	const char *column[REPORT_COLUMNS];
	unsigned int columns;
	struct row row[REPORT_ROWS];
	unsigned int rows;
} table;

void report_progress(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "bench: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
}

void report_column(unsigned int column, const char *name)
{
	table.column[column] = name;
	table.columns = column + 1;
}

static struct row *row_get(const char *name, const char *unit)
{
	struct row *row;

	for (row = table.row; row < table.row + table.rows; row++)
		if (!strcmp(row->name, name))
			return row;
	if (table.rows == REPORT_ROWS)
		abort();
	table.rows++;
	snprintf(row->name, sizeof(row->name), "%s", name);
	row->unit = unit;
	return row;
}

void report_value(unsigned int column, const char *name, const char *unit,
		  double value)
{
	struct cell *cell = &row_get(name, unit)->cell[column];

	if (!cell->known || value < cell->value)
		cell->value = value;
	cell->known = true;
}

/* Beside each other contender, ours as a part of it. */
static void print_cell(const struct cell *cell, const struct cell *ours)
{
	if (cell->known)
		printf(" %10.*f", cell->value < 1000 ? 1 : 0, cell->value);
	else
		printf(" %10s", "-");
	if (cell == ours)
		return;
	if (cell->known && ours->known && cell->value)
		printf(" %6.3f", ours->value / cell->value);
	else
		printf(" %6s", "-");
}

static void print_table(const char *kernel, const char *bed)
{
	const struct row *row;
	unsigned int i;

	printf("Linux %s%s%s\n\n%-51s", kernel, *bed ? ", " : "", bed, "");
	for (i = 0; i < table.columns; i++)
		printf(i ? " %10s  ratio" : " %10s", table.column[i]);
	printf("\n");
	for (row = table.row; row < table.row + table.rows; row++) {
		printf("%-28s %-22s", row->name, row->unit);
		for (i = 0; i < table.columns; i++)
			print_cell(&row->cell[i], &row->cell[0]);
		printf("\n");
	}
}

static void print_json(const char *kernel, const char *bed)
{
	const struct row *row;
	unsigned int i;

	printf("{\n  \"kernel\": \"%s\",\n  \"bed\": \"%s\",\n  \"rows\": [",
	       kernel, bed);
	for (row = table.row; row < table.row + table.rows; row++) {
		printf("%s\n    {\"name\": \"%s\", \"unit\": \"%s\"",
		       row == table.row ? "" : ",", row->name, row->unit);
		for (i = 0; i < table.columns; i++)
			if (row->cell[i].known)
				printf(", \"%s\": %.2f", table.column[i],
				       row->cell[i].value);
		printf("}");
	}
	printf("\n  ]\n}\n");
}

void report_print(bool json, const char *bed)
{
	struct utsname kernel;

	uname(&kernel);
	if (json)
		print_json(kernel.release, bed);
	else
		print_table(kernel.release, bed);
}
