// SPDX-License-Identifier: GPL-2.0
/*
 * iommuctl show: one context, its objects and who pays.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "contexts.h"
#include "out.h"
#include "say.h"

static const struct column columns[] = {
	{ "id", "ID", 5 },
	{ "type", "TYPE", -12 },
	{ "on", "ON", 5 },
	{ "users", "USERS", 5 },
	{ "page_sizes", "PAGE SIZES", -16 },
	{ "table_bytes", "TABLES", 8 },
	{ "flags", "FLAGS", -10 },
	{ "name", "NAME", -1 },
};

static const char *type_name(uint32_t type)
{
	static const char * const names[] = {
		[IOMMU_OBJECT_OTHER] = "other",
		[IOMMU_OBJECT_IOAS] = "ioas",
		[IOMMU_OBJECT_HWPT] = "page table",
		[IOMMU_OBJECT_NESTED] = "nested table",
		[IOMMU_OBJECT_DEVICE] = "device",
		[IOMMU_OBJECT_ACCESS] = "access",
	};

	return type < ARRAY_SIZE(names) ? names[type] : "other";
}

/* "4K,2M,1G"; what is below a page are steps of a page. */
static void page_sizes(uint64_t sizes, char *text, size_t room)
{
	char one[BYTES_TEXT];
	size_t at = 0;
	int bit;

	text[0] = '\0';
	for (bit = 0; bit < 64 && at < room; bit++)
		if (sizes & 1ULL << bit)
			at += snprintf(text + at, room - at, "%s%s", at ? "," : "",
				       bytes_text(1ULL << bit, one));
}

static void object_print(const struct iommu_object_entry *object)
{
	char text[64];

	out_number(object->id);
	out_text("%s", type_name(object->type));
	out_number(object->on_id);
	out_number(object->users);
	page_sizes(object->page_sizes, text, sizeof(text));
	out_text("%s", text);
	out_bytes(object->table_bytes);
	out_text("%s%s%s",
		 object->flags & IOMMU_OBJECT_BUSY ? "busy " : "",
		 object->flags & IOMMU_OBJECT_AUTOMATIC ? "automatic " : "",
		 object->flags & IOMMU_OBJECT_PARENT ? "parent" : "");
	out_text("%.*s", IOMMU_LIST_NAME, object->name);
}

static int objects_print(const struct context *context)
{
	static struct iommu_object_entry entries[CONTEXT_BATCH];
	struct list list = {};
	int i, n;

	out_table("objects", "Objects:", columns, ARRAY_SIZE(columns));
	do {
		n = context_objects(context, &list, entries, CONTEXT_BATCH);
		for (i = 0; i < n; i++)
			object_print(&entries[i]);
	} while (n > 0 && !list.end);
	out_table_end();
	return n < 0 ? n : 0;
}

static void payer_print(const struct context_info *info)
{
	if (!info->payer)
		return;
	out_value_number("payer", info->payer_pid);
	out_value_bytes("payer_pinned", info->payer_pinned);
	if (!strcmp(info->charged, "none"))
		return;
	out_value_bytes("payer_locked", info->payer_locked);
	if (info->payer_limit == UINT64_MAX)
		out_value("payer_limit", "unlimited");
	else
		out_value_bytes("payer_limit", info->payer_limit);
}

static void info_print(const struct context *context,
		       const struct context_info *info)
{
	out_value_number("pid", context->pid);
	out_value_number("fd", context->fd);
	out_value("version", "%s", info->version);
	out_value_number("areas", info->areas);
	out_value_bytes("mapped", info->mapped);
	out_value_bytes("pinned", info->pinned);
	out_value_bytes("shared", info->shared);
	out_value_bytes("metadata", info->metadata);
	out_value_bytes("tables", info->tables);
	out_value_number("owner", info->owner);
	out_value_bytes("owner_tables", info->owner_tables);
	out_value_bytes("owner_tables_limit", info->owner_tables_limit);
	out_value_number("owner_page_tables", info->owner_page_tables);
	out_value_number("owner_page_tables_limit", info->owner_page_tables_limit);
	out_value("charged", "%s", info->charged);
	payer_print(info);
}

int cmd_show(const struct options *options)
{
	struct context_info info;
	struct context context;
	int rc = contexts_choose(options->argument, &context, &info);

	if (rc)
		return rc;
	out_begin(options->json);
	info_print(&context, &info);
	rc = objects_print(&context);
	out_end();
	return rc ? contexts_fail(&context, rc) : EXIT_FINE;
}
