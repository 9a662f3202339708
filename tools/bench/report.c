// SPDX-License-Identifier: GPL-2.0
/*
 * What was measured, see report.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static struct value {
	const char *contender;
	char name[REPORT_NAME];
	const char *unit;
	double value;
} values[REPORT_VALUES];
static unsigned int count;

void report_progress(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "bench: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
}

static struct value *value_get(const char *contender, const char *name)
{
	struct value *value;

	for (value = values; value < values + count; value++)
		if (!strcmp(value->name, name) &&
		    !strcmp(value->contender, contender))
			return value;
	if (count == REPORT_VALUES)
		abort();
	count++;
	value->contender = contender;
	snprintf(value->name, sizeof(value->name), "%s", name);
	return value;
}

void report_value(const char *contender, const char *name, const char *unit,
		  double value)
{
	struct value *place = value_get(contender, name);

	if (!place->unit || value < place->value)
		place->value = value;
	place->unit = unit;
}

void report_print(void)
{
	const struct value *value;

	for (value = values; value < values + count; value++)
		printf("%s\t%s\t%s\t%.2f\n", value->name, value->unit,
		       value->contender, value->value);
}
