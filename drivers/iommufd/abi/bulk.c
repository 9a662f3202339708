// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many ranges in one call: IOAS_MAP_BULK, IOAS_UNMAP_BULK, which mainline does not have.
 */
#include <linux/err.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/iommufd.h>
#include <uapi/linux/iommufd_bulk.h>

#include "iommufd/abi/command.h"
#include "iommufd/abi/commands.h"
#include "iommufd/abi/map.h"
#include "iommufd/ioas/bulk.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/unmap.h"
#include "iommufd/memory/account.h"

static int check_map_entry(const struct iommu_map_entry *entry)
{
	int rc;

	if (entry->__reserved)
		return -EOPNOTSUPP;
	rc = check_map(entry->flags, entry->iova, entry->length);
	if (rc)
		return rc;
	return entry->length && (entry->flags & IOMMU_IOAS_MAP_FIXED_IOVA) ?
	       0 : -EINVAL;
}

static int check_unmap_entry(const struct iommu_unmap_entry *entry)
{
	unsigned long last;

	if (entry->iova >= ULONG_MAX || entry->length >= ULONG_MAX)
		return -EOVERFLOW;
	if (!entry->length)
		return -EINVAL;
	return check_add_overflow((unsigned long)entry->iova,
				  (unsigned long)entry->length - 1, &last) ?
	       -EOVERFLOW : 0;
}

/* A copy of the array, for kvfree(). */
static void *load_entries(u64 user, u32 num, size_t size)
{
	void *entries;

	if (num > IOMMU_BULK_MAX)
		return ERR_PTR(-E2BIG);
	entries = kvmalloc_array(num, size, GFP_KERNEL_ACCOUNT);
	if (!entries)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(entries, u64_to_user_ptr(user), num * size)) {
		kvfree(entries);
		return ERR_PTR(-EFAULT);
	}
	return entries;
}

static int map_entries(struct command *command, struct ioas *ioas,
		       const void *array, u32 num, u32 *failed)
{
	const struct iommu_map_entry *entries = array;
	struct account *account;
	int rc;

	for (*failed = 0; *failed < num; ++*failed) {
		rc = check_map_entry(&entries[*failed]);
		if (rc)
			return rc;
	}
	account = account_get_current(command->ictx);
	if (IS_ERR(account))
		return PTR_ERR(account);
	rc = ioas_map_bulk(ioas, account, entries, num, failed);
	account_put(account);
	return rc;
}

static int unmap_entries(struct command *command, struct ioas *ioas,
			 const void *array, u32 num, u32 *failed)
{
	const struct iommu_unmap_entry *entries = array;
	int rc;

	for (*failed = 0; *failed < num; ++*failed) {
		rc = check_unmap_entry(&entries[*failed]);
		if (rc)
			return rc;
	}
	return ioas_unmap_bulk(ioas, entries, num, failed);
}

typedef int (*bulk_fn)(struct command *command, struct ioas *ioas,
		       const void *array, u32 num, u32 *failed);

static int run_bulk(struct command *command, size_t entry_size, bulk_fn run)
{
	struct iommu_ioas_bulk *cmd = command->cmd;
	struct ioas *ioas;
	void *array;
	int rc;

	ioas = ioas_get(command->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	array = load_entries(cmd->entries, cmd->num, entry_size);
	rc = PTR_ERR_OR_ZERO(array);
	if (rc)
		goto out;
	/* The answer to a success, which could not be taken back. */
	cmd->out_entry = cmd->num;
	rc = command_respond(command, sizeof(*cmd));
	if (!rc) {
		rc = run(command, ioas, array, cmd->num, &cmd->out_entry);
		if (rc)
			command_respond(command, sizeof(*cmd));
	}
	kvfree(array);
out:
	ioas_put(ioas);
	return rc;
}

int cmd_ioas_map_bulk(struct command *command)
{
	return run_bulk(command, sizeof(struct iommu_map_entry), map_entries);
}

int cmd_ioas_unmap_bulk(struct command *command)
{
	return run_bulk(command, sizeof(struct iommu_unmap_entry),
			unmap_entries);
}
