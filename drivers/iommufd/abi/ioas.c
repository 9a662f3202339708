// SPDX-License-Identifier: GPL-2.0-only
/*
 * IO address spaces: IOAS_ALLOC, IOAS_IOVA_RANGES, IOAS_ALLOW_IOVAS,
 * IOAS_CHANGE_PROCESS.  topo is held for reading while ranges are listed.
 */
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <uapi/linux/iommufd.h>

#include "iommufd/abi/command.h"
#include "iommufd/abi/commands.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/iova.h"
#include "iommufd/ioas/process.h"
#include "iommufd/ioas/topo.h"
#include "iommufd/memory/account.h"

int cmd_ioas_alloc(struct command *command)
{
	struct iommu_ioas_alloc *cmd = command->cmd;
	struct ioas *ioas;
	int rc;

	if (cmd->flags)
		return -EOPNOTSUPP;
	ioas = ioas_create(command->ictx);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	cmd->out_ioas_id = ioas->obj.id;
	rc = command_respond(command, sizeof(*cmd));
	if (rc)
		ioas_abort(ioas);
	else
		ioas_publish(ioas);
	return rc;
}

static int copy_usable_ranges(struct iova_space *space,
			      struct iommu_iova_range __user *out, u32 room,
			      u32 *count)
{
	unsigned long first = 0, last;

	*count = 0;
	while (iova_next_usable(space, &first, &last)) {
		struct iommu_iova_range range = {
			.start = first, .last = last,
		};

		if (*count < room &&
		    copy_to_user(out + *count, &range, sizeof(range)))
			return -EFAULT;
		++*count;
		if (last == ULONG_MAX)
			break;
		first = last + 1;
		cond_resched();
	}
	return 0;
}

int cmd_iova_ranges(struct command *command)
{
	struct iommu_ioas_iova_ranges *cmd = command->cmd;
	u32 room = cmd->num_iovas;
	struct ioas *ioas;
	int rc = -EINTR;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	ioas = ioas_get(command->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	if (down_read_killable(&ioas->topo))
		goto out;
	cmd->out_iova_alignment = ioas->iova.alignment;
	rc = copy_usable_ranges(&ioas->iova,
				u64_to_user_ptr(cmd->allowed_iovas), room,
				&cmd->num_iovas);
	up_read(&ioas->topo);
	if (!rc)
		rc = command_respond(command, sizeof(*cmd));
	if (!rc && cmd->num_iovas > room)
		rc = -EMSGSIZE;
out:
	ioas_put(ioas);
	return rc;
}

static int load_allowed(struct rb_root_cached *allowed,
			struct iommu_iova_range __user *in, u32 count)
{
	struct iommu_iova_range range;
	int rc;
	u32 i;

	for (i = 0; i < count; i++) {
		if (copy_from_user(&range, in + i, sizeof(range)))
			return -EFAULT;
		rc = iova_allow(allowed, range.start, range.last);
		if (rc)
			return rc;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

int cmd_allow_iovas(struct command *command)
{
	struct iommu_ioas_allow_iovas *cmd = command->cmd;
	struct rb_root_cached allowed = RB_ROOT_CACHED;
	struct ioas *ioas;
	int rc;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	ioas = ioas_get(command->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	rc = load_allowed(&allowed, u64_to_user_ptr(cmd->allowed_iovas),
			  cmd->num_iovas);
	if (!rc)
		rc = ioas_set_allowed(ioas, &allowed);
	iova_free_ranges(&allowed);
	ioas_put(ioas);
	return rc;
}

int cmd_change_process(struct command *command)
{
	struct iommu_ioas_change_process *cmd = command->cmd;
	struct account *account;
	int rc;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	account = account_get_current(command->ictx);
	if (IS_ERR(account))
		return PTR_ERR(account);
	rc = ioas_change_process(command->ictx, account);
	account_put(account);
	return rc;
}
