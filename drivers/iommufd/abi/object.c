// SPDX-License-Identifier: GPL-2.0-only
/*
 * DESTROY, for objects of all types.
 */
#include <uapi/linux/iommufd.h>

#include "iommufd/abi/command.h"
#include "iommufd/abi/commands.h"
#include "iommufd/base/object.h"

int cmd_destroy(struct command *command)
{
	struct iommu_destroy *cmd = command->cmd;

	return object_destroy(command->ictx, cmd->id);
}
