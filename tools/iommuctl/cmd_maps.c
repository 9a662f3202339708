// SPDX-License-Identifier: GPL-2.0
/*
 * iommuctl maps: what is mapped in a context.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "contexts.h"
#include "out.h"
#include "say.h"
#include "sums.h"

static const struct column columns[] = {
	{ "ioas", "IOAS", 4 },
	{ "iova", "IOVA", 18 },
	{ "length", "LENGTH", 8 },
	{ "access", "ACCESS", -6 },
	{ "state", "STATE", -8 },
	{ "kind", "KIND", -9 },
	{ "shared", "SHARED", 6 },
	{ "accesses", NULL, 0 },
	{ "pid", "PID", 7 },
	{ "address", NULL, 0 },
	{ "offset", NULL, 0 },
	{ "file", NULL, 0 },
	{ "what", "WHAT", -1 },
};

static const struct column kind_columns[] = {
	{ "kind", "KIND", -10 },
	{ "areas", "AREAS", 10 },
	{ "bytes", "BYTES", 8 },
	{ "pinned", "PINNED", 8 },
	{ "large", "IN 2M", 8 },
	{ "large_percent", "%", 4 },
};

static const struct column size_columns[] = {
	{ "from", "FROM SIZE", 10 },
	{ "areas", "AREAS", 10 },
	{ "bytes", "BYTES", 8 },
	{ "pinned", "PINNED", 8 },
	{ "large", "IN 2M", 8 },
	{ "large_percent", "%", 4 },
};

static const char * const kinds[SUM_KINDS] = {
	[IOMMU_AREA_UNKNOWN] = "unknown",
	[IOMMU_AREA_USER] = "memory",
	[IOMMU_AREA_FILE] = "file",
	[IOMMU_AREA_REGISTERS] = "registers",
	[IOMMU_AREA_EXPORT] = "dma-buf",
};

/**
 * struct job - what is to be done with each area
 * @options: says it
 * @sums: of all
 * @largest: these, where they are wanted
 */
struct job {
	const struct options *options;
	struct sums sums;
	struct largest largest;
};

static const char *access_of(const struct iommu_area_entry *area)
{
	static const char * const names[] = { "--", "r-", "-w", "rw" };

	return names[area->flags & (IOMMU_AREA_READABLE | IOMMU_AREA_WRITEABLE)];
}

static const char *state_of(const struct iommu_area_entry *area)
{
	if (area->flags & IOMMU_AREA_STUCK)
		return "stuck";
	if (area->flags & IOMMU_AREA_BUSY)
		return "busy";
	if (area->kind == IOMMU_AREA_REGISTERS || area->kind == IOMMU_AREA_EXPORT)
		return area->flags & IOMMU_AREA_PINNED ? "open" : "closed";
	return area->flags & IOMMU_AREA_PINNED ? "pinned" : "-";
}

/* VFIO's device files have a region in bits 40 and up of the offset; 0 to 5 are BARs. */
static void registers_text(const struct iommu_area_entry *area, char *text,
			   size_t room)
{
	snprintf(text, room, "BAR%" PRIu64 "+%#" PRIx64 " at %#" PRIx64,
		 (uint64_t)area->offset >> 40,
		 (uint64_t)(area->offset & ((1ULL << 40) - 1)),
		 (uint64_t)area->address);
}

static void what_text(const struct iommu_area_entry *area, char *text, size_t room)
{
	if (area->flags & IOMMU_AREA_HIDDEN)
		snprintf(text, room, "(of another process)");
	else if (area->kind == IOMMU_AREA_FILE)
		snprintf(text, room, "%.*s+%#" PRIx64, IOMMU_LIST_NAME,
			 area->name, (uint64_t)area->offset);
	else if (area->kind == IOMMU_AREA_REGISTERS)
		registers_text(area, text, room);
	else if (area->kind == IOMMU_AREA_EXPORT)
		snprintf(text, room, "+%#" PRIx64, (uint64_t)area->offset);
	else
		text[0] = '\0';
}

static void area_print(uint32_t ioas, const struct iommu_area_entry *area)
{
	char text[128];

	out_number(ioas);
	out_hex(area->iova);
	out_bytes(area->length);
	out_word(access_of(area));
	out_word(state_of(area));
	out_word(kinds[area->kind < SUM_KINDS ? area->kind : 0]);
	out_number(area->shared);
	out_number(area->accesses);
	out_number(area->pid);
	out_hex(area->address);
	out_hex(area->offset);
	/* The kernel ends a name with a 0. */
	out_word(area->name);
	/* The most frequent one, of which there may be a million. */
	if (area->kind == IOMMU_AREA_USER && !(area->flags & IOMMU_AREA_HIDDEN)) {
		out_hex(area->address);
	} else {
		what_text(area, text, sizeof(text));
		out_word(text);
	}
}

static void area_take(struct job *job, uint32_t ioas,
		      const struct iommu_area_entry *area)
{
	sums_add(&job->sums, area);
	if (job->options->sum)
		return;
	if (job->largest.room)
		largest_add(&job->largest, ioas, area);
	else
		area_print(ioas, area);
}

static int ioas_take(struct job *job, const struct context *context, uint32_t ioas)
{
	static struct iommu_area_entry entries[CONTEXT_BATCH];
	struct list list = {
		.ioas = ioas,
		.flags = job->options->sum ? IOMMU_LIST_LARGE : 0,
	};
	int i, n;

	do {
		n = context_areas(context, &list, entries, CONTEXT_BATCH);
		for (i = 0; i < n; i++)
			area_take(job, ioas, &entries[i]);
	} while (n > 0 && !list.end);
	/* It has gone since it was listed. */
	return n == -ENOENT || n > 0 ? 0 : n;
}

static int all_take(struct job *job, const struct context *context)
{
	struct iommu_object_entry entries[64];
	struct list list = {};
	int i, n, rc = 0;

	do {
		n = context_objects(context, &list, entries, ARRAY_SIZE(entries));
		for (i = 0; !rc && i < n; i++)
			if (entries[i].type == IOMMU_OBJECT_IOAS)
				rc = ioas_take(job, context, entries[i].id);
	} while (!rc && n > 0 && !list.end);
	return n < 0 ? n : rc;
}

static void sum_print(const struct sum *sum)
{
	out_number(sum->areas);
	out_bytes(sum->bytes);
	out_bytes(sum->pinned);
	out_bytes(sum->large);
	out_number(sum->bytes ? (uint64_t)(100.0 * sum->large / sum->bytes) : 0);
}

static void sums_print(const struct sums *sums)
{
	unsigned int i;

	out_table("kinds", "By kind:", kind_columns, ARRAY_SIZE(kind_columns));
	for (i = 0; i < SUM_KINDS; i++)
		if (sums->kinds[i].areas) {
			out_text("%s", kinds[i]);
			sum_print(&sums->kinds[i]);
		}
	out_table_end();
	out_table("sizes", "By size:", size_columns, ARRAY_SIZE(size_columns));
	for (i = 0; i < SUM_SIZES; i++)
		if (sums->sizes[i].areas) {
			out_bytes(1ULL << i);
			sum_print(&sums->sizes[i]);
		}
	out_table_end();
}

static void job_end(struct job *job)
{
	unsigned int i;

	if (!job->options->sum) {
		if (job->largest.room)
			largest_sort(&job->largest);
		for (i = 0; i < job->largest.count; i++)
			area_print(job->largest.heap[i].ioas,
				   &job->largest.heap[i].area);
		out_table_end();
	} else {
		sums_print(&job->sums);
	}
	out_gap();
	out_value_number("areas_total", job->sums.all.areas);
	out_value_bytes("mapped_total", job->sums.all.bytes);
	out_value_bytes("pinned_total", job->sums.all.pinned);
}

int cmd_maps(const struct options *options)
{
	struct job job = { .options = options };
	struct context context;
	int rc = contexts_choose(options->argument, &context, NULL);

	if (rc)
		return rc;
	if (options->largest && !largest_init(&job.largest, options->largest))
		return say(EXIT_CANNOT, 0, "there is no memory for so many");
	out_begin(options->json);
	if (!options->sum)
		out_table("areas", NULL, columns, ARRAY_SIZE(columns));
	rc = all_take(&job, &context);
	job_end(&job);
	out_end();
	largest_free(&job.largest);
	return rc ? contexts_fail(&context, rc) : EXIT_FINE;
}
