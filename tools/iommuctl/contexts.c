// SPDX-License-Identifier: GPL-2.0
/*
 * All contexts, and the one that is meant, see contexts.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "contexts.h"
#include "out.h"
#include "say.h"

static const struct column columns[] = {
	{ "pid", "PID", 7 },
	{ "fd", "FD", 4 },
	{ "command", "COMMAND", -15 },
	{ "devices", "DEVICES", 7 },
	{ "ioas", "IOAS", 5 },
	{ "page_tables", "TABLES", 6 },
	{ "areas", "AREAS", 8 },
	{ "mapped", "MAPPED", 8 },
	{ "pinned", "PINNED", 8 },
	{ "shared", NULL, 0 },
	{ "metadata", NULL, 0 },
	{ "table_bytes", NULL, 0 },
	{ "charged", "CHARGED", -7 },
};

static void context_print(const struct holder *holder,
			  const struct context_info *info)
{
	out_number(holder->pid);
	out_number(holder->fd);
	out_text("%s", holder->command);
	out_number(info->devices + info->accesses);
	out_number(info->ioas);
	out_number(info->page_tables + info->nested);
	out_number(info->areas);
	out_bytes(info->mapped);
	out_bytes(info->pinned);
	out_bytes(info->shared);
	out_bytes(info->metadata);
	out_bytes(info->tables);
	out_text("%s", info->charged);
}

unsigned int contexts_print(const struct holders *holders, const char *title)
{
	struct context_info info;
	unsigned int i, n = 0;

	out_table("contexts", title, columns, ARRAY_SIZE(columns));
	for (i = 0; i < holders->count; i++) {
		const struct holder *holder = &holders->list[i];
		struct context context = { holder->pid, holder->fd };

		if (holder->kind != HOLDER_CONTEXT || context_info(&context, &info))
			continue;
		context_print(holder, &info);
		n++;
	}
	out_table_end();
	return n;
}

/* PID, with -1 for the descriptor, or PID:FD. */
static int parse(const char *argument, struct context *context)
{
	bool has_fd = strchr(argument, ':');
	char end;

	*context = (struct context){ .fd = -1 };
	if (has_fd ? sscanf(argument, "%d:%d%c", &context->pid, &context->fd, &end) != 2 :
		     sscanf(argument, "%d%c", &context->pid, &end) != 1)
		context->pid = 0;
	if (context->pid <= 0)
		return say(EXIT_USAGE, 0, "%s is no PID and no PID:FD; see iommuctl list",
			   argument);
	if (has_fd && context->fd < 0)
		return say(EXIT_USAGE, 0, "%d is no descriptor; see iommuctl list",
			   context->fd);
	return 0;
}

static int choose(const char *argument, struct context *context)
{
	struct holders holders;
	unsigned int i, n = 0;
	int wanted, rc;

	rc = parse(argument, context);
	if (rc)
		return rc;
	wanted = context->fd;
	rc = holders_find(&holders, context->pid);
	if (rc == -ENOENT)
		return say(EXIT_NO, 0, "there is no process %d; see iommuctl list",
			   context->pid);
	if (rc)
		return say(EXIT_CANNOT, rc, "the files of process %d can't be seen: try as root",
			   context->pid);
	for (i = 0; i < holders.count; i++) {
		const struct holder *holder = &holders.list[i];

		if (holder->kind != HOLDER_CONTEXT ||
		    (wanted >= 0 && holder->fd != wanted))
			continue;
		context->fd = holder->fd;
		n++;
	}
	holders_free(&holders);
	if (!n)
		return say(EXIT_NO, 0, "%s has no /dev/iommu open; see iommuctl list",
			   argument);
	if (n > 1)
		return say(EXIT_USAGE, 0,
			   "process %d has %u files of /dev/iommu: say which, such as %d:%d",
			   context->pid, n, context->pid, context->fd);
	return 0;
}

int contexts_choose(const char *argument, struct context *context,
		    struct context_info *info)
{
	int rc = choose(argument, context);

	if (rc || !info)
		return rc;
	rc = context_info(context, info);
	if (rc < 0)
		return contexts_fail(context, rc);
	if (!info->known)
		return say(EXIT_CANNOT, 0,
			   "the loaded iommufd tells nothing of itself, so it is older, or the kernel's own; see cat /sys/module/iommufd/version");
	return 0;
}

int contexts_fail(const struct context *context, int rc)
{
	switch (rc) {
	case -EPERM:
	case -EACCES:
		return say(EXIT_CANNOT, rc, "what process %d has can't be seen: try as root",
			   context->pid);
	case -ESRCH:
	case -ENOENT:
	case -EBADF:
		return say(EXIT_NO, 0, "process %d has ended, or closed its file",
			   context->pid);
	case -EBUSY:
		return say(EXIT_CANNOT, 0,
			   "process %d is attaching or detaching a device: try again",
			   context->pid);
	case -ENOTTY:
		return say(EXIT_CANNOT, 0,
			   "the loaded modules are older than iommuctl, and can't list: see cat /sys/module/iommufd/version");
	default:
		return say(EXIT_CANNOT, rc, "process %d can't be asked", context->pid);
	}
}
