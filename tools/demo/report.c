// SPDX-License-Identifier: GPL-2.0
/*
 * What the demo has to say, see report.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "iommufd.h"
#include "report.h"

struct mapping {
	uint64_t iova;
	uint64_t length;
	uint32_t access;
	const void *va;
	const char *what;
};

struct line {
	bool good;
	const char *name;
	char text[256];
};

static struct {
	bool json;
	struct mapping mapping[REPORT_MAPPINGS];
	int mappings;
	struct line fact[REPORT_RESULTS];
	int facts;
	struct line result[REPORT_RESULTS];
	int results;
} report;

void report_begin(bool json)
{
	report.json = json;
	setvbuf(stdout, NULL, _IOLBF, 0);
}

const char *report_size(uint64_t bytes)
{
	static const char * const unit[] = { "bytes", "KiB", "MiB", "GiB", NULL };
	static char text[32];
	int i = 0;

	while (bytes && bytes % 1024 == 0 && unit[i + 1]) {
		bytes /= 1024;
		i++;
	}
	snprintf(text, sizeof(text), "%llu %s", (unsigned long long)bytes,
		 unit[i]);
	return text;
}

void report_fact(const char *name, const char *format, ...)
{
	struct line *line = &report.fact[report.facts];
	va_list args;

	if (report.facts == REPORT_RESULTS)
		return;
	report.facts++;
	line->name = name;
	va_start(args, format);
	vsnprintf(line->text, sizeof(line->text), format, args);
	va_end(args);
	if (!report.json)
		printf("  %-8s %s\n", name, line->text);
}

void report_mapping(uint64_t iova, uint64_t length, uint32_t access,
		    const void *va, const char *what)
{
	if (report.mappings == REPORT_MAPPINGS)
		return;
	report.mapping[report.mappings++] = (struct mapping){
		.iova = iova,
		.length = length,
		.access = access,
		.va = va,
		.what = what,
	};
}

static const char *report_access(uint32_t access)
{
	if ((access & MAP_RW) == MAP_RW)
		return "read, write";
	return access & MAP_W ? "write" : "read";
}

void report_table(const char *title)
{
	int i;

	if (report.json)
		return;
	printf("\n%s\n\n", title);
	printf("  %-23s %8s  %-7s %-14s %s\n", "address for the device",
	       "size", "it may", "our address", "what it is");
	for (i = 0; i < report.mappings; i++) {
		struct mapping *m = &report.mapping[i];

		printf("  0x%09llx-0x%09llx %8s  %-7s %-14p %s\n",
		       (unsigned long long)m->iova,
		       (unsigned long long)(m->iova + m->length - 1),
		       report_size(m->length), report_access(m->access), m->va,
		       m->what);
	}
	printf("\n");
}

void report_result(bool good, const char *name, const char *format, ...)
{
	struct line *line = &report.result[report.results];
	va_list args;

	if (report.results == REPORT_RESULTS)
		return;
	report.results++;
	line->good = good;
	line->name = name;
	va_start(args, format);
	vsnprintf(line->text, sizeof(line->text), format, args);
	va_end(args);
	if (!report.json)
		printf("  %s %s\n", good ? "ok    " : "FAILED", line->text);
}

static void json_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < ' ')
			printf("\\u%04x", (unsigned char)*text);
		else
			putchar(*text);
	}
	putchar('"');
}

static void json_mappings(void)
{
	int i;

	printf("  \"mappings\": [");
	for (i = 0; i < report.mappings; i++) {
		struct mapping *m = &report.mapping[i];

		printf("%s\n    {\"iova\": %llu, \"length\": %llu, ",
		       i ? "," : "", (unsigned long long)m->iova,
		       (unsigned long long)m->length);
		printf("\"access\": \"%s\", \"what\": ",
		       report_access(m->access));
		json_string(m->what);
		printf("}");
	}
	printf("\n  ],\n");
}

static void json_print(bool pass)
{
	int i;

	printf("{\n");
	for (i = 0; i < report.facts; i++) {
		printf("  \"%s\": ", report.fact[i].name);
		json_string(report.fact[i].text);
		printf(",\n");
	}
	json_mappings();
	printf("  \"results\": [");
	for (i = 0; i < report.results; i++) {
		struct line *line = &report.result[i];

		printf("%s\n    {\"name\": \"%s\", \"good\": %s, \"text\": ",
		       i ? "," : "", line->name, line->good ? "true" : "false");
		json_string(line->text);
		printf("}");
	}
	printf("\n  ],\n  \"pass\": %s\n}\n", pass ? "true" : "false");
}

int report_end(void)
{
	bool pass = report.results > 0;
	int i;

	for (i = 0; i < report.results; i++)
		pass = pass && report.result[i].good;
	if (report.json)
		json_print(pass);
	else
		printf("\n%s\n", pass ? "PASS" : "FAIL");
	return !pass;
}
