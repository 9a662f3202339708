/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A command of user space, as all subjects see it.
 */
#ifndef __IOMMUFD_ABI_COMMAND_H
#define __IOMMUFD_ABI_COMMAND_H

#include <linux/types.h>
#include <uapi/linux/iommufd.h>

#include "iommufd/ioas/place.h"

struct iommufd_ctx;

/**
 * struct command - a call of user space
 * @ictx: the context
 * @user: its struct
 * @user_size: bytes of that, as user space knows it
 * @cmd: a copy of it in kernel memory
 */
struct command {
	struct iommufd_ctx *ictx;
	void __user *user;
	u32 user_size;
	void *cmd;
};

int command_respond(struct command *command, size_t size);
int command_answer(struct command *command, size_t offset, u64 value);

/**
 * command_placement - where a command wants its mapping
 * @command: the command
 * @offset: of the field, of 64 bits, that is told the IOVA
 * @iova: what it has asked for
 * @flags: IOMMU_IOAS_MAP_FIXED_IOVA, and others that do not matter here
 */
static inline struct placement
command_placement(struct command *command, size_t offset, u64 iova, u32 flags)
{
	return (struct placement){
		.iova = iova,
		.fixed = flags & IOMMU_IOAS_MAP_FIXED_IOVA,
		.told = (u64 __user *)(command->user + offset),
	};
}

#endif /* __IOMMUFD_ABI_COMMAND_H */
