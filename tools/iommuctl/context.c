// SPDX-License-Identifier: GPL-2.0
/*
 * A context of another process, see context.h.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "compiler.h"
#include "context.h"
#include "file.h"
#include "holder.h"

/* How long a device may be on its way, in milliseconds. */
#define BUSY_MS 2000

/* Its own needs no rights. */
static int context_take(const struct context *context)
{
	int process, fd;

	if (context->pid == getpid()) {
		fd = dup(context->fd);
		return fd < 0 ? -errno : fd;
	}
	process = syscall(SYS_pidfd_open, context->pid, 0);
	if (process < 0)
		return -errno;
	/* It may be another file by now, and to close that may wait for its process. */
	if (!holder_is_context(context->pid, context->fd)) {
		close(process);
		return -EBADF;
	}
	fd = syscall(SYS_pidfd_getfd, process, context->fd, 0);
	if (fd < 0)
		fd = -errno;
	close(process);
	return fd;
}

typedef int (*ask_fn)(struct list *list, void *entries, uint32_t room);

static int context_ask(const struct context *context, struct list *list,
		       ask_fn ask, void *entries, uint32_t room)
{
	uint64_t end = clock_ms() + BUSY_MS;
	int rc;

	for (;;) {
		list->fd = context_take(context);
		if (list->fd < 0)
			return list->fd;
		rc = ask(list, entries, room);
		close(list->fd);
		if (rc != -EBUSY || clock_ms() > end)
			return rc;
		clock_pause_us(10000);
	}
}

static int ask_objects(struct list *list, void *entries, uint32_t room)
{
	return list_objects(list, entries, room);
}

static int ask_areas(struct list *list, void *entries, uint32_t room)
{
	return list_areas(list, entries, room);
}

int context_objects(const struct context *context, struct list *list,
		    struct iommu_object_entry *entries, uint32_t room)
{
	return context_ask(context, list, ask_objects, entries, room);
}

int context_areas(const struct context *context, struct list *list,
		  struct iommu_area_entry *entries, uint32_t room)
{
	return context_ask(context, list, ask_areas, entries, room);
}

/* ---- fdinfo ---- */

#define LINE(name, member) { name, offsetof(struct context_info, member) }

static const struct {
	const char *key;
	size_t offset;
} lines[] = {
	LINE("ioas", ioas),
	LINE("page-tables", page_tables),
	LINE("nested-page-tables", nested),
	LINE("devices", devices),
	LINE("accesses", accesses),
	LINE("areas", areas),
	LINE("mapped", mapped),
	LINE("pinned", pinned),
	LINE("shared", shared),
	LINE("metadata", metadata),
	LINE("tables", tables),
	LINE("busy", busy),
	LINE("owner", owner),
	LINE("owner-tables", owner_tables),
	LINE("owner-tables-limit", owner_tables_limit),
	LINE("owner-page-tables", owner_page_tables),
	LINE("owner-page-tables-limit", owner_page_tables_limit),
	LINE("payer", payer_pid),
	LINE("payer-pinned", payer_pinned),
	LINE("payer-locked", payer_locked),
	LINE("payer-limit", payer_limit),
};

/* A count, or an amount in KiB. */
static uint64_t parse_number(const char *text)
{
	char *end;
	uint64_t value;

	if (!strcmp(text, "unlimited"))
		return UINT64_MAX;
	value = strtoull(text, &end, 10);
	return strcmp(end, " KiB") ? value : value << 10;
}

static void parse_line(struct context_info *info, const char *key,
		       const char *value)
{
	size_t i;

	if (!strcmp(key, "version")) {
		info->known = true;
		snprintf(info->version, sizeof(info->version), "%s", value);
	} else if (!strcmp(key, "charged")) {
		snprintf(info->charged, sizeof(info->charged), "%s", value);
	}
	info->payer |= !strcmp(key, "payer");
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		if (!strcmp(key, lines[i].key))
			*(uint64_t *)((char *)info + lines[i].offset) =
				parse_number(value);
}

int context_info(const struct context *context, struct context_info *info)
{
	char path[64], text[4096], *line, *save, *value;
	int rc;

	*info = (struct context_info){ .charged = "-" };
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", context->pid,
		 context->fd);
	rc = file_read(path, text, sizeof(text));
	if (rc < 0)
		return rc;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		value = strstr(line, ":\t");
		if (!value || strncmp(line, "iommufd-", 8))
			continue;
		*value = '\0';
		parse_line(info, line + 8, value + 2);
	}
	return 0;
}
