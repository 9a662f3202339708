// SPDX-License-Identifier: GPL-2.0-only
/*
 * What IOVA leads to: IOAS_MAP, IOAS_MAP_FILE, IOAS_COPY, IOAS_UNMAP.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <uapi/linux/iommufd.h>

#include "iommufd/abi/command.h"
#include "iommufd/abi/commands.h"
#include "iommufd/abi/map.h"
#include "iommufd/base/context.h"
#include "iommufd/ioas/area.h"
#include "iommufd/ioas/copy.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/map.h"
#include "iommufd/ioas/place.h"
#include "iommufd/ioas/unmap.h"
#include "iommufd/memory/account.h"
#include "iommufd/memory/mem.h"
#include "iommufd/memory/pin.h"

/* From this length on it is asked first whether it is registers. */
#define MMIO_FIRST SZ_2M

static bool map_bars = true;
module_param(map_bars, bool, 0644);
MODULE_PARM_DESC(map_bars,
		 "Let IOAS_MAP take registers (BARs) of VFIO devices, which end with the mapping of the process (default Y; N as mainline: EFAULT)");

#define MAP_FLAGS (IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_WRITEABLE | \
		   IOMMU_IOAS_MAP_READABLE)

/**
 * check_map - may a MAP or COPY ask for this
 * @flags: of the command
 * @iova: first IOVA
 * @length: bytes
 *
 * Return: 0, -EOPNOTSUPP for an unknown flag, -EOVERFLOW, -EINVAL.
 */
int check_map(u32 flags, u64 iova, u64 length)
{
	if (flags & ~MAP_FLAGS)
		return -EOPNOTSUPP;
	if (iova >= ULONG_MAX || length >= ULONG_MAX)
		return -EOVERFLOW;
	if (!(flags & (IOMMU_IOAS_MAP_WRITEABLE | IOMMU_IOAS_MAP_READABLE)))
		return -EINVAL;
	return 0;
}

/* May this context have registers that a process has mapped? */
static bool may_map_mmio(const struct iommufd_ctx *ictx)
{
	return ictx->is_container || READ_ONCE(map_bars);
}

static int map_pinned(struct ioas *ioas, unsigned long address,
		      unsigned long length, struct placement *at, int prot)
{
	struct account *account = account_get_current(ioas->obj.ictx);

	if (IS_ERR(account))
		return PTR_ERR(account);
	return ioas_map_user(ioas, account, address, length, at, prot);
}

/**
 * map_user - map memory of the calling process, or registers of a device that it has
 * @ioas: where
 * @address: first byte
 * @length: bytes, not 0
 * @at: as of ioas_map()
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE
 *
 * Most is memory, so whether it is registers is not asked before that has failed: because
 * nothing there can be pinned, or, as who pays is found out first, because the process may
 * not pin so much.  It is asked first where nothing would tell, since without a domain
 * nothing is pinned, and of much memory, where the question costs next to nothing.
 *
 * Return: as ioas_map().
 */
int map_user(struct ioas *ioas, unsigned long address, unsigned long length,
	     struct placement *at, int prot)
{
	struct iommufd_ctx *ictx = ioas->obj.ictx;
	bool any = ictx->any_pfnmap;
	int rc = -EFAULT, rc_mmio;

	if (!may_map_mmio(ictx))
		return map_pinned(ioas, address, length, at, prot);
	if (length >= MMIO_FIRST || !READ_ONCE(ioas->ndomains))
		rc = ioas_map_mmio(ioas, address, length, at, prot, any);
	if (rc != -EFAULT)
		return rc;
	rc = map_pinned(ioas, address, length, at, prot);
	if (rc != -EFAULT && rc != -ENOMEM)
		return rc;
	rc_mmio = ioas_map_mmio(ioas, address, length, at, prot, any);
	return rc_mmio == -EFAULT ? rc : rc_mmio;
}

static int map_file(struct ioas *ioas, struct file *file, unsigned long start,
		    unsigned long length, struct placement *at, u32 flags)
{
	struct account *account = account_get_current(ioas->obj.ictx);
	struct mem *mem;

	if (IS_ERR(account))
		return PTR_ERR(account);
	mem = mem_create(account, file, start, length,
			 flags & IOMMU_IOAS_MAP_WRITEABLE);
	account_put(account);
	if (IS_ERR(mem))
		return PTR_ERR(mem);
	return ioas_map(ioas, mem, offset_in_page(start), length, at,
			prot_of_flags(flags));
}

/* Map memory of the caller, or of a file. */
static int map_memory(struct iommufd_ctx *ictx, u32 ioas_id, struct file *file,
		      unsigned long start, unsigned long length,
		      struct placement *at, u32 flags)
{
	struct ioas *ioas;
	int rc;

	if (!length)
		return -EINVAL;
	ioas = ioas_get(ictx, ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	if (file)
		rc = map_file(ioas, file, start, length, at, flags);
	else
		rc = map_user(ioas, start, length, at, prot_of_flags(flags));
	ioas_put(ioas);
	return rc;
}

int cmd_ioas_map(struct command *command)
{
	struct iommu_ioas_map *cmd = command->cmd;
	struct placement at;
	int rc;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	rc = check_map(cmd->flags, cmd->iova, cmd->length);
	if (rc)
		return rc;
	at = command_placement(command, offsetof(typeof(*cmd), iova),
			       cmd->iova, cmd->flags);
	return map_memory(command->ictx, cmd->ioas_id, NULL, cmd->user_va,
			  cmd->length, &at, cmd->flags);
}

/* What is no memory may be registers that their driver has exported. */
static int map_export(struct command *command, struct placement *at)
{
	struct iommu_ioas_map_file *cmd = command->cmd;
	struct ioas *ioas;
	int rc;

	if (!cmd->length)
		return -EINVAL;
	ioas = ioas_get(command->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	rc = ioas_map_export(ioas, cmd->fd, cmd->start, cmd->length, at,
			     prot_of_flags(cmd->flags));
	ioas_put(ioas);
	return rc;
}

int cmd_ioas_map_file(struct command *command)
{
	struct iommu_ioas_map_file *cmd = command->cmd;
	struct placement at;
	struct file *file;
	int rc;

	rc = check_map(cmd->flags, cmd->iova, cmd->length);
	if (rc)
		return rc;
	file = fget(cmd->fd);
	if (!file)
		return -EBADF;
	at = command_placement(command, offsetof(typeof(*cmd), iova),
			       cmd->iova, cmd->flags);
	rc = pin_check_file(file, cmd->flags & IOMMU_IOAS_MAP_WRITEABLE);
	if (!rc)
		rc = map_memory(command->ictx, cmd->ioas_id, file, cmd->start,
				cmd->length, &at, cmd->flags);
	else if (rc == -EINVAL)
		rc = map_export(command, &at);
	fput(file);
	return rc;
}

int cmd_ioas_copy(struct command *command)
{
	struct iommu_ioas_copy *cmd = command->cmd;
	struct ioas *src, *dst;
	struct placement at;
	int rc;

	rc = check_map(cmd->flags, cmd->dst_iova, cmd->length);
	if (rc)
		return rc;
	if (cmd->src_iova >= ULONG_MAX)
		return -EOVERFLOW;
	src = ioas_get(command->ictx, cmd->src_ioas_id);
	if (IS_ERR(src))
		return PTR_ERR(src);
	dst = ioas_get(command->ictx, cmd->dst_ioas_id);
	if (IS_ERR(dst)) {
		ioas_put(src);
		return PTR_ERR(dst);
	}
	at = command_placement(command, offsetof(typeof(*cmd), dst_iova),
			       cmd->dst_iova, cmd->flags);
	rc = ioas_copy(src, cmd->src_iova, dst, &at, cmd->length,
		       prot_of_flags(cmd->flags));
	ioas_put(dst);
	ioas_put(src);
	return rc;
}

static bool unmaps_all(const struct iommu_ioas_unmap *cmd)
{
	return !cmd->iova && cmd->length == U64_MAX;
}

/* To unmap nothing is an error, but where that is all there is. */
static int answer_unmap(void *arg, unsigned long bytes)
{
	struct command *command = arg;
	struct iommu_ioas_unmap *cmd = command->cmd;

	if (!bytes && !unmaps_all(cmd))
		return -ENOENT;
	return command_answer(command, offsetof(typeof(*cmd), length), bytes);
}

static int unmap_last(const struct iommu_ioas_unmap *cmd, unsigned long *last)
{
	*last = ULONG_MAX;
	if (unmaps_all(cmd))
		return 0;
	if (cmd->iova >= ULONG_MAX || cmd->length >= ULONG_MAX)
		return -EOVERFLOW;
	if (!cmd->length)
		return -EINVAL;
	return check_add_overflow((unsigned long)cmd->iova,
				  (unsigned long)cmd->length - 1, last) ?
	       -EOVERFLOW : 0;
}

int cmd_ioas_unmap(struct command *command)
{
	struct iommu_ioas_unmap *cmd = command->cmd;
	unsigned long last;
	struct ioas *ioas;
	int rc;

	ioas = ioas_get(command->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	rc = unmap_last(cmd, &last);
	if (!rc)
		rc = ioas_unmap(ioas, cmd->iova, last, answer_unmap, command);
	ioas_put(ioas);
	return rc;
}
