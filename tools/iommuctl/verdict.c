// SPDX-License-Identifier: GPL-2.0
/*
 * The lines of the doctor, see verdict.h.
 */
#include <stdarg.h>
#include <stdio.h>

#include "out.h"
#include "verdict.h"

static const struct column columns[] = {
	{ "verdict", "", -5 },
	{ "what", "", -16 },
	{ "found", "", -40 },
	{ NULL, "", -2 },
	{ "next", "", -1 },
};

static enum verdict worst;

void verdict(enum verdict verdict, const char *what, const char *next,
	     const char *format, ...)
{
	static const char * const names[] = { "ok", "note", "BAD" };
	char text[256];
	va_list args;

	if (verdict > worst)
		worst = verdict;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	out_colour(COLOUR_GOOD + verdict);
	out_word(names[verdict]);
	out_word(what);
	out_word(text);
	out_word(*next ? "->" : "");
	out_word(next);
}

void verdicts_begin(void)
{
	out_table("checks", NULL, columns, ARRAY_SIZE(columns));
}

enum verdict verdicts_end(void)
{
	out_table_end();
	return worst;
}
