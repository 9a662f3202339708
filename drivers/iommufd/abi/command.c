// SPDX-License-Identifier: GPL-2.0-only
/*
 * What commands of all subjects do with their structs.
 */
#include <linux/uaccess.h>

#include "iommufd/abi/command.h"

/**
 * command_respond - write a command back
 * @command: the command
 * @size: of its struct; no more is written than user space knows
 *
 * Return: 0 or -EFAULT.
 */
int command_respond(struct command *command, size_t size)
{
	if (copy_to_user(command->user, command->cmd,
			 min_t(size_t, command->user_size, size)))
		return -EFAULT;
	return 0;
}

/**
 * command_answer - write the one field that is an answer
 * @command: the command
 * @offset: of the field, which has 64 bits
 * @value: the answer
 *
 * Return: 0 or -EFAULT.
 */
int command_answer(struct command *command, size_t offset, u64 value)
{
	return put_user(value, (u64 __user *)(command->user + offset));
}
