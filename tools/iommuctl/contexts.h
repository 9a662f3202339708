/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of all contexts, which several commands print; and the one that a command
 * is about.
 */
#ifndef _IOMMUCTL_CONTEXTS_H
#define _IOMMUCTL_CONTEXTS_H

#include "context.h"
#include "holder.h"

/* How many there are. */
unsigned int contexts_print(const struct holders *holders, const char *title);

/*
 * PID or PID:FD to a context, and what its fdinfo says, unless @info is NULL: to sum up
 * what there is takes the kernel as long as to list it. 0, or what the program ends
 * with: then it was said why.
 */
int contexts_choose(const char *argument, struct context *context,
		    struct context_info *info);

/* What to say of an error of context_objects() or context_areas(). */
int contexts_fail(const struct context *context, int rc);

#endif
