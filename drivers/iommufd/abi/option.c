// SPDX-License-Identifier: GPL-2.0-only
/*
 * OPTION: who is charged, and which IO pages an IOAS is mapped with.  The first is
 * guarded by the lock of the table of ids, since it may change only while that is
 * empty.
 */
#include <linux/capability.h>
#include <uapi/linux/iommufd.h>

#include "iommufd/abi/command.h"
#include "iommufd/abi/commands.h"
#include "iommufd/base/context.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/topo.h"

static int option_rlimit_mode(struct command *command)
{
	struct iommu_option *cmd = command->cmd;
	struct iommufd_ctx *ictx = command->ictx;
	int rc = 0;

	if (cmd->object_id)
		return -EOPNOTSUPP;
	if (cmd->op == IOMMU_OPTION_OP_GET) {
		cmd->val64 = ictx->rlimit_mm;
		return 0;
	}
	if (cmd->op != IOMMU_OPTION_OP_SET)
		return -EOPNOTSUPP;
	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;

	xa_lock(&ictx->objects);
	if (!xa_empty(&ictx->objects))
		rc = -EBUSY;
	else if (cmd->val64 > 1)
		rc = -EINVAL;
	else
		WRITE_ONCE(ictx->rlimit_mm, cmd->val64);
	xa_unlock(&ictx->objects);
	return rc;
}

static int option_huge_pages(struct command *command)
{
	struct iommu_option *cmd = command->cmd;
	struct ioas *ioas;
	int rc = 0;

	ioas = ioas_get(command->ictx, cmd->object_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	if (cmd->op == IOMMU_OPTION_OP_GET)
		cmd->val64 = !READ_ONCE(ioas->small_pages);
	else if (cmd->op != IOMMU_OPTION_OP_SET)
		rc = -EOPNOTSUPP;
	else if (cmd->val64 > 1)
		rc = -EINVAL;
	else
		rc = ioas_set_small_pages(ioas, !cmd->val64);
	ioas_put(ioas);
	return rc;
}

int cmd_option(struct command *command)
{
	struct iommu_option *cmd = command->cmd;
	int rc;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	switch (cmd->option_id) {
	case IOMMU_OPTION_RLIMIT_MODE:
		rc = option_rlimit_mode(command);
		break;
	case IOMMU_OPTION_HUGE_PAGES:
		rc = option_huge_pages(command);
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (!rc && cmd->op == IOMMU_OPTION_OP_GET)
		rc = command_respond(command, sizeof(*cmd));
	return rc;
}
