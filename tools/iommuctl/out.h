/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is printed: tables and single values, for people or, with --json, for programs.
 * Both come from the same calls, so neither knows more than the other. Nothing is kept:
 * a table may have any number of rows.
 */
#ifndef _IOMMUCTL_OUT_H
#define _IOMMUCTL_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler.h"

/**
 * struct column - of a table
 * @key: in JSON; NULL: for people alone, and never the first
 * @title: for people; NULL: in JSON alone
 * @width: negative: to the left
 */
struct column {
	const char *key;
	const char *title;
	int width;
};

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_MIDDLE, COLOUR_BAD };

/* At the beginning and at the end of all. */
void out_begin(bool json);
void out_end(void);

/* A value by itself. */
void __printf(2, 3) out_value(const char *key, const char *format, ...);
void out_value_number(const char *key, uint64_t value);
void out_value_bytes(const char *key, uint64_t value);

/* For people, an empty line. */
void out_gap(void);

/* @title: a line above, or NULL. Cells come in the order of the columns. */
void out_table(const char *key, const char *title, const struct column *columns,
	       unsigned int count);
void out_colour(enum colour colour);
void __printf(1, 2) out_text(const char *format, ...);
void out_word(const char *text);
void out_number(uint64_t value);
void out_bytes(uint64_t value);
void out_hex(uint64_t value);
void out_table_end(void);

/* "1.5G" of bytes. */
#define BYTES_TEXT 16
const char *bytes_text(uint64_t bytes, char text[BYTES_TEXT]);

#endif
