// SPDX-License-Identifier: GPL-2.0
/*
 * What is printed, see out.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "out.h"

/* Text of a cell; longer ones are cut. */
#define CELL_MAX 512

static struct {
	bool json;
	bool colours;
	bool some;	/* something stands before, on this level */
	const struct column *columns;
	unsigned int count;
	unsigned int at;
	unsigned long rows;
	enum colour colour;
	size_t used;
	char row[4096];
} out;

/* The digits of a number, in @text of 20 bytes at least. How many. */
static unsigned int digits(uint64_t value, char *text)
{
	char back[20], *at = back + sizeof(back);
	unsigned int n;

	do {
		*--at = '0' + value % 10;
		value /= 10;
	} while (value);
	n = back + sizeof(back) - at;
	memcpy(text, at, n);
	return n;
}

static unsigned int hex_digits(uint64_t value, char *text)
{
	unsigned int n = value ? (67 - __builtin_clzll(value)) / 4 : 1, i;

	for (i = n; i--; value >>= 4)
		text[i] = "0123456789abcdef"[value & 15];
	return n;
}

const char *bytes_text(uint64_t bytes, char text[BYTES_TEXT])
{
	const char *unit = "BKMGTPE";
	unsigned int shift = 0, n, tenth;

	while (bytes >> shift >= 1024 && unit[1]) {
		shift += 10;
		unit++;
	}
	n = digits(bytes >> shift, text);
	tenth = shift ? (bytes >> (shift - 10) & 1023) * 10 >> 10 : 0;
	if (tenth) {
		text[n++] = '.';
		text[n++] = '0' + tenth;
	}
	text[n++] = *unit;
	text[n] = '\0';
	return text;
}

/* ---- what is about to be printed: a row at most, or a value ---- */

static void flush_row(void)
{
	fwrite_unlocked(out.row, 1, out.used, stdout);
	out.used = 0;
}

/* Room for so many bytes, which are fewer than a row has. */
static char *put_room(size_t length)
{
	char *at;

	if (out.used + length > sizeof(out.row))
		flush_row();
	at = out.row + out.used;
	out.used += length;
	return at;
}

static void put_char(char c)
{
	*put_room(1) = c;
}

static void put(const char *text, size_t length)
{
	memcpy(put_room(length), text, length);
}

static void put_text(const char *text)
{
	put(text, strlen(text));
}

static void put_spaces(int n)
{
	if (n > 0)
		memset(put_room(n), ' ', n);
}

static void put_json(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	char escape[8];

	put_char('"');
	for (; *at; at++)
		if (*at == '"' || *at == '\\') {
			put_char('\\');
			put_char(*at);
		} else if (*at < ' ' || *at > '~') {
			snprintf(escape, sizeof(escape), "\\u%04x", *at);
			put_text(escape);
		} else {
			put_char(*at);
		}
	put_char('"');
}

/*
 * Names are chosen by processes: nothing of them is for the terminal.  It may take bytes
 * beyond ASCII for commands, too: U+009B, or the byte 0x9b, begins one.
 */
static void put_plain(const char *string, size_t length)
{
	const unsigned char *text = (const unsigned char *)string;
	char *at = put_room(length);

	for (; length--; text++)
		*at++ = *text < ' ' || *text > '~' ? '?' : *text;
}

static void json_next(void)
{
	if (out.some)
		put_char(',');
	out.some = true;
}

void out_begin(bool json)
{
	out.json = json;
	out.some = false;
	out.colours = !json && isatty(STDOUT_FILENO);
	if (json)
		put_char('{');
}

void out_end(void)
{
	if (out.json)
		put_text("}\n");
	flush_row();
}

void out_gap(void)
{
	if (!out.json)
		put_char('\n');
}

static void value_begin(const char *key)
{
	if (!out.json) {
		put_text(key);
		put_spaces(14 - (int)strlen(key) + 1);
		return;
	}
	json_next();
	put_json(key);
	put_char(':');
}

void out_value(const char *key, const char *format, ...)
{
	char text[CELL_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	value_begin(key);
	if (out.json) {
		put_json(text);
	} else {
		put_plain(text, strlen(text));
		put_char('\n');
	}
}

void out_value_number(const char *key, uint64_t value)
{
	char text[20];

	value_begin(key);
	put(text, digits(value, text));
	if (!out.json)
		put_char('\n');
}

void out_value_bytes(const char *key, uint64_t value)
{
	char text[BYTES_TEXT];

	if (out.json)
		out_value_number(key, value);
	else
		out_value(key, "%s", bytes_text(value, text));
}

/* A cell for people, in its width. */
static void put_cell(const struct column *column, const char *text, size_t length,
		     bool last)
{
	int pad = abs(column->width) - (int)length;

	if (column->width > 0)
		put_spaces(pad);
	put_plain(text, length);
	if (column->width < 0 && !last)
		put_spaces(pad);
	if (!last)
		put_char(' ');
}

static void table_titles(void)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < out.count; i++)
		any |= out.columns[i].title && out.columns[i].title[0];
	if (!any)
		return;
	for (i = 0; i < out.count; i++)
		if (out.columns[i].title)
			put_cell(&out.columns[i], out.columns[i].title,
				 strlen(out.columns[i].title), i + 1 == out.count);
	put_char('\n');
}

void out_table(const char *key, const char *title, const struct column *columns,
	       unsigned int count)
{
	out.columns = columns;
	out.count = count;
	out.at = 0;
	out.rows = 0;
	if (out.json) {
		json_next();
		put_json(key);
		put_text(":[");
		return;
	}
	if (title) {
		put_char('\n');
		put_text(title);
		put_char('\n');
	}
}

void out_table_end(void)
{
	if (out.json)
		put_char(']');
	else if (!out.rows)
		put_text("(none)\n");
}

void out_colour(enum colour colour)
{
	out.colour = colour;
}

static void cell_begin(void)
{
	if (out.json) {
		if (out.at || out.rows)
			put_char(',');
		if (!out.at)
			put_char('{');
		put_json(out.columns[out.at].key);
		put_char(':');
	} else if (!out.at && !out.rows) {
		table_titles();
	}
}

static void cell_end(void)
{
	out.colour = COLOUR_NONE;
	if (++out.at < out.count)
		return;
	out.at = 0;
	out.rows++;
	put_char(out.json ? '}' : '\n');
	flush_row();
}

static void cell_text(const char *text, size_t length)
{
	static const char * const colours[] = {
		"", "\033[32m", "\033[33m", "\033[31m",
	};
	const struct column *column = &out.columns[out.at];
	bool coloured = out.colours && out.colour;

	if (!column->title)
		return;
	if (coloured)
		put_text(colours[out.colour]);
	put_cell(column, text, length, out.at + 1 == out.count);
	if (coloured)
		put_text("\033[0m");
}

void out_word(const char *text)
{
	if (out.json && !out.columns[out.at].key) {
		cell_end();
		return;
	}
	cell_begin();
	if (out.json)
		put_json(text);
	else
		cell_text(text, strlen(text));
	cell_end();
}

void out_text(const char *format, ...)
{
	char text[CELL_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	out_word(text);
}

void out_number(uint64_t value)
{
	char text[20];
	unsigned int n = digits(value, text);

	cell_begin();
	if (out.json)
		put(text, n);
	else
		cell_text(text, n);
	cell_end();
}

void out_hex(uint64_t value)
{
	char text[20] = "0x";

	if (out.json) {
		out_number(value);
		return;
	}
	cell_begin();
	cell_text(text, 2 + hex_digits(value, text + 2));
	cell_end();
}

void out_bytes(uint64_t value)
{
	char text[BYTES_TEXT];

	if (out.json)
		out_number(value);
	else
		out_word(bytes_text(value, text));
}
