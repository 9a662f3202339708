/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process that takes over what others pay for.
 */
#ifndef __IOMMUFD_MEMORY_TAKEOVER_H
#define __IOMMUFD_MEMORY_TAKEOVER_H

#include <linux/types.h>

struct account;
struct iommufd_ctx;
struct mem;
struct stake;

/**
 * struct takeover - all that a process takes over by one call, or nothing
 * @ictx: the context, of which all mems are
 * @heir: the process; constant, and referenced by the caller
 * @stakes: the mems so far
 */
struct takeover {
	struct iommufd_ctx *ictx;
	struct account *heir;
	struct stake *stakes;
};

int takeover_add(struct takeover *takeover, struct mem *mem);
void takeover_end(struct takeover *takeover, bool success);

#endif /* __IOMMUFD_MEMORY_TAKEOVER_H */
