// SPDX-License-Identifier: GPL-2.0
/*
 * iommuctl top: contexts, again and again, and how they have changed.
 *
 * All of it is read from fdinfo, which holds nobody's file for longer than it takes to
 * read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "contexts.h"
#include "out.h"
#include "say.h"

static const struct column columns[] = {
	{ "pid", "PID", 7 },
	{ "fd", "FD", 4 },
	{ "command", "COMMAND", -15 },
	{ "areas", "AREAS", 8 },
	{ "areas_more", "+/s", 8 },
	{ "mapped", "MAPPED", 8 },
	{ "pinned", "PINNED", 8 },
	{ "pinned_more", "+/s", 8 },
	{ "table_bytes", "TABLES", 8 },
	{ "locked", "LOCKED", 8 },
	{ "limit", "LIMIT", 9 },
};

/**
 * struct seen - a context, as it was at the last look
 */
struct seen {
	pid_t pid;
	int fd;
	uint64_t areas;
	uint64_t pinned;
};

/**
 * struct look - all of them
 * @list: @count of them
 * @at: when, in milliseconds
 */
struct look {
	struct seen *list;
	unsigned int count;
	uint64_t at;
};

static const struct seen *look_find(const struct look *look, const struct holder *holder)
{
	unsigned int i;

	for (i = 0; i < look->count; i++)
		if (look->list[i].pid == holder->pid && look->list[i].fd == holder->fd)
			return &look->list[i];
	return NULL;
}

static void rate_print(uint64_t now, uint64_t before, uint64_t ms, bool bytes)
{
	uint64_t much = now > before ? now - before : before - now;
	const char *sign = now < before ? "-" : "";
	char text[BYTES_TEXT];

	much = ms ? much * 1000 / ms : 0;
	if (bytes)
		out_text("%s%s", sign, bytes_text(much, text));
	else
		out_text("%s%llu", sign, (unsigned long long)much);
}

static void limit_print(const struct context_info *info)
{
	out_bytes(info->payer_locked);
	if (!strcmp(info->charged, "none") || info->payer_limit == UINT64_MAX)
		out_text("unlimited");
	else if (!info->payer)
		out_text("-");
	else
		out_bytes(info->payer_limit);
}

static void row_print(const struct holder *holder, const struct context_info *info,
		      const struct seen *before, uint64_t ms)
{
	out_number(holder->pid);
	out_number(holder->fd);
	out_text("%s", holder->command);
	out_number(info->areas);
	rate_print(info->areas, before ? before->areas : info->areas, ms, false);
	out_bytes(info->mapped);
	out_bytes(info->pinned);
	rate_print(info->pinned, before ? before->pinned : info->pinned, ms, true);
	out_bytes(info->tables);
	limit_print(info);
}

static int turn(struct look *look)
{
	struct look next = { .at = clock_ms() };
	struct holders holders;
	unsigned int i;
	int rc = holders_find(&holders, 0);

	if (rc)
		return rc;
	next.list = calloc(holders.count + 1, sizeof(*next.list));
	out_table("contexts", NULL, columns, ARRAY_SIZE(columns));
	for (i = 0; next.list && i < holders.count; i++) {
		const struct holder *holder = &holders.list[i];
		struct context context = { holder->pid, holder->fd };
		struct context_info info;

		if (holder->kind != HOLDER_CONTEXT || context_info(&context, &info))
			continue;
		row_print(holder, &info, look_find(look, holder), next.at - look->at);
		next.list[next.count++] = (struct seen){
			holder->pid, holder->fd, info.areas, info.pinned,
		};
	}
	out_table_end();
	holders_free(&holders);
	free(look->list);
	*look = next;
	return 0;
}

int cmd_top(const struct options *options)
{
	bool clears = !options->json && isatty(STDOUT_FILENO);
	struct look look = {};
	unsigned int n;
	int rc = 0;

	for (n = 0; !rc && (!options->turns || n < options->turns); n++) {
		if (n)
			sleep(options->interval / 1000);
		if (clears)
			printf("\033[H\033[J");
		/* A line of JSON for each look. */
		out_begin(options->json);
		rc = turn(&look);
		out_end();
		if (fflush(stdout))
			break;
	}
	free(look.list);
	return rc ? say(EXIT_CANNOT, rc, "/proc can't be read") : EXIT_FINE;
}
