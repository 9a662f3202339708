// SPDX-License-Identifier: GPL-2.0-only
/*
 * The type1 ABI of VFIO's containers, over an IOAS: on a file of /dev/iommu,
 * and for vfio_iommufd.ko.
 *
 * Its ioctls name no IOAS; they work on ictx->type1_ioas.  Version 1 of the
 * ABI unmaps parts of what was mapped, which takes an IOAS of small pages;
 * version 2 unmaps whole areas.  No locks but those of what is called.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <uapi/linux/iommufd.h>

#include "iommufd/abi/command.h"
#include "iommufd/abi/commands.h"
#include "iommufd/abi/join.h"
#include "iommufd/abi/map.h"
#include "iommufd/abi/type1.h"
#include "iommufd/base/context.h"
#include "iommufd/base/object.h"
#include "iommufd/device/hwpt.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/iova.h"
#include "iommufd/ioas/place.h"
#include "iommufd/ioas/topo.h"
#include "iommufd/ioas/unmap.h"

/* ---- which IOAS ---- */

/**
 * type1_set_ioas - choose what the ioctls work on
 * @ictx: the context
 * @ioas: an IOAS in use by the caller, or NULL for none; it may be destroyed
 *	all the same
 */
void type1_set_ioas(struct iommufd_ctx *ictx, struct ioas *ioas)
{
	xa_lock(&ictx->objects);
	ictx->type1_ioas = ioas;
	xa_unlock(&ictx->objects);
}

/* For ioas_put(). */
static struct ioas *type1_ioas(struct iommufd_ctx *ictx)
{
	struct ioas *ioas;

	xa_lock(&ictx->objects);
	ioas = ictx->type1_ioas;
	if (!ioas || !refcount_inc_not_zero(&ioas->obj.busy))
		ioas = ERR_PTR(-ENODEV);
	xa_unlock(&ictx->objects);
	return ioas;
}

/**
 * iommufd_type1_ioas() - what the ioctls of a container work on
 * @ictx: the context
 * @id: set to the id of the IOAS
 *
 * Return: 0, or -ENODEV where none is chosen.
 */
int iommufd_type1_ioas(struct iommufd_ctx *ictx, u32 *id)
{
	struct ioas *ioas = type1_ioas(ictx);

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	*id = ioas->obj.id;
	ioas_put(ioas);
	return 0;
}
EXPORT_SYMBOL_GPL(iommufd_type1_ioas);

static int vfio_ioas_set(struct iommufd_ctx *ictx, u32 id)
{
	struct ioas *ioas = ioas_get(ictx, id);

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	type1_set_ioas(ictx, ioas);
	ioas_put(ioas);
	return 0;
}

int cmd_vfio_ioas(struct command *command)
{
	struct iommu_vfio_ioas *cmd = command->cmd;
	int rc;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	switch (cmd->op) {
	case IOMMU_VFIO_IOAS_GET:
		rc = iommufd_type1_ioas(command->ictx, &cmd->ioas_id);
		return rc ? rc : command_respond(command, sizeof(*cmd));
	case IOMMU_VFIO_IOAS_SET:
		return vfio_ioas_set(command->ictx, cmd->ioas_id);
	case IOMMU_VFIO_IOAS_CLEAR:
		type1_set_ioas(command->ictx, NULL);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* ---- what there is ---- */

/* Nothing but what works: no nesting, no new user address for a mapping. */
static int type1_check_extension(struct ioas *ioas, unsigned long extension)
{
	switch (extension) {
	case VFIO_TYPE1_IOMMU:
	case VFIO_TYPE1v2_IOMMU:
	case VFIO_UNMAP_ALL:
		return 1;
	case VFIO_DMA_CC_IOMMU:
		return IS_ERR(ioas) ? PTR_ERR(ioas) : hwpts_are_coherent(ioas);
	default:
		return 0;
	}
}

/**
 * type1_set_iommu - choose a version of the ABI
 * @ioas: what the ioctls work on, or an ERR_PTR
 * @type: VFIO_TYPE1_IOMMU or VFIO_TYPE1v2_IOMMU
 *
 * Return: 0; -EINVAL for another type, the error of @ioas, or as
 * ioas_set_small_pages().
 */
int type1_set_iommu(struct ioas *ioas, unsigned long type)
{
	if (type != VFIO_TYPE1_IOMMU && type != VFIO_TYPE1v2_IOMMU)
		return -EINVAL;
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	return type == VFIO_TYPE1_IOMMU ? ioas_set_small_pages(ioas, true) : 0;
}

/* Of user space: where that fails the IOAS has large pages again, if it had. */
static int type1_set_iommu_and_join(struct iommufd_ctx *ictx,
				    struct ioas *ioas, unsigned long type)
{
	bool small = !IS_ERR(ioas) && READ_ONCE(ioas->small_pages);
	int rc = type1_set_iommu(ioas, type);

	if (rc)
		return rc;
	rc = join_set_iommu(ictx);
	if (rc && type == VFIO_TYPE1_IOMMU && !small)
		ioas_set_small_pages(ioas, false);
	return rc;
}

/* ---- GET_INFO ---- */

/**
 * struct type1_info - what GET_INFO can tell
 * @info: the part of a fixed size, as clients know it
 * @avail: a capability: how many more mappings there may be
 * @ranges: a capability: usable IOVA
 * @range: as many as @ranges says
 */
struct type1_info {
	struct vfio_iommu_type1_info info;
	struct vfio_iommu_type1_info_dma_avail avail __aligned(8);
	struct vfio_iommu_type1_info_cap_iova_range ranges __aligned(8);
	struct vfio_iova_range range[];
};

static unsigned int count_usable(struct iova_space *space)
{
	unsigned long first = 0, last;
	unsigned int n = 0;

	while (iova_next_usable(space, &first, &last)) {
		n++;
		if (last == ULONG_MAX)
			break;
		first = last + 1;
	}
	return n;
}

static void fill_usable(struct iova_space *space, struct vfio_iova_range *range,
			unsigned int n)
{
	unsigned long first = 0, last;

	for (; n; n--, range++) {
		iova_next_usable(space, &first, &last);
		range->start = first;
		range->end = last;
		first = last + 1;
	}
}

static struct type1_info *type1_info_make(struct ioas *ioas)
{
	unsigned int n = count_usable(&ioas->iova);
	struct type1_info *all;

	lockdep_assert_held(&ioas->topo);

	all = kvzalloc(struct_size(all, range, n), GFP_KERNEL_ACCOUNT);
	if (!all)
		return ERR_PTR(-ENOMEM);
	all->info.argsz = struct_size(all, range, n);
	all->info.flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
	all->info.iova_pgsizes = ioas_page_sizes(ioas);

	all->avail.header.id = VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL;
	all->avail.header.version = 1;
	all->avail.header.next = offsetof(struct type1_info, ranges);
	all->avail.avail = min_t(unsigned long, ioas_maps_left(ioas), U32_MAX);

	all->ranges.header.id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
	all->ranges.header.version = 1;
	all->ranges.nr_iovas = n;
	fill_usable(&ioas->iova, all->range, n);
	return all;
}

/* Capabilities are given all or not at all; argsz tells what all of them take. */
static int type1_get_info(struct ioas *ioas, void __user *user)
{
	struct type1_info *all;
	u32 room;
	int rc = 0;

	if (get_user(room, (u32 __user *)user))
		return -EFAULT;
	if (room < offsetofend(struct vfio_iommu_type1_info, iova_pgsizes))
		return -EINVAL;
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);

	if (down_read_killable(&ioas->topo))
		return -EINTR;
	all = type1_info_make(ioas);
	up_read(&ioas->topo);
	if (IS_ERR(all))
		return PTR_ERR(all);

	if (room >= all->info.argsz) {
		room = all->info.argsz;
		all->info.cap_offset = offsetof(struct type1_info, avail);
	} else {
		room = min_t(u32, room, sizeof(all->info));
	}
	if (copy_to_user(user, all, room))
		rc = -EFAULT;
	kvfree(all);
	return rc;
}

/* ---- MAP_DMA, UNMAP_DMA ---- */

static int type1_map(struct ioas *ioas, void __user *user)
{
	size_t known = offsetofend(struct vfio_iommu_type1_dma_map, size);
	struct vfio_iommu_type1_dma_map arg;
	struct placement at = { .fixed = true };
	int prot = IOMMU_CACHE;

	if (copy_from_user(&arg, user, known))
		return -EFAULT;
	if (arg.flags & VFIO_DMA_MAP_FLAG_READ)
		prot |= IOMMU_READ;
	if (arg.flags & VFIO_DMA_MAP_FLAG_WRITE)
		prot |= IOMMU_WRITE;
	if (arg.argsz < known || !arg.flags || !arg.size ||
	    arg.flags & ~(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE))
		return -EINVAL;
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	at.iova = arg.iova;
	return map_user(ioas, arg.vaddr, arg.size, &at, prot);
}

/* To unmap nothing is success: the answer is how many bytes there were. */
static int answer_unmap(void *arg, unsigned long bytes)
{
	struct vfio_iommu_type1_dma_unmap __user **user = arg;

	return put_user((u64)bytes, &(*user)->size);
}

static int type1_unmap(struct ioas *ioas, void __user *user)
{
	struct vfio_iommu_type1_dma_unmap __user *answer = user;
	size_t known = offsetofend(struct vfio_iommu_type1_dma_unmap, size);
	struct vfio_iommu_type1_dma_unmap arg;
	unsigned long last;

	if (copy_from_user(&arg, user, known))
		return -EFAULT;
	if (arg.argsz < known || arg.flags & ~VFIO_DMA_UNMAP_FLAG_ALL)
		return -EINVAL;
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);

	if (arg.flags & VFIO_DMA_UNMAP_FLAG_ALL) {
		if (arg.iova || arg.size)
			return -EINVAL;
		return ioas_unmap(ioas, 0, ULONG_MAX, answer_unmap, &answer);
	}
	if (!arg.size)
		return -EINVAL;
	if (check_add_overflow((unsigned long)arg.iova,
			       (unsigned long)arg.size - 1, &last))
		return -EOVERFLOW;
	return ioas_unmap_part(ioas, arg.iova, last, answer_unmap, &answer);
}

/* ---- the ioctls ---- */

/* @ioas: or an ERR_PTR, which comes after errors of the call itself. */
static long type1_run(struct iommufd_ctx *ictx, struct ioas *ioas,
		      unsigned int nr, unsigned long arg)
{
	void __user *user = (void __user *)arg;

	switch (nr) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return type1_check_extension(ioas, arg);
	case VFIO_SET_IOMMU:
		return type1_set_iommu_and_join(ictx, ioas, arg);
	case VFIO_IOMMU_GET_INFO:
		return type1_get_info(ioas, user);
	case VFIO_IOMMU_MAP_DMA:
		return type1_map(ioas, user);
	case VFIO_IOMMU_UNMAP_DMA:
		return type1_unmap(ioas, user);
	default:
		return -ENOTTY;
	}
}

/**
 * iommufd_type1_ioctl() - run an ioctl of a VFIO container
 * @ictx: the context, or NULL before there is one, which has extensions to tell
 * @nr: the ioctl number
 * @arg: its argument
 *
 * Return: the answer, or -errno; -ENOTTY where there is no such ioctl, -ENODEV
 * where no IOAS was chosen.
 */
long iommufd_type1_ioctl(struct iommufd_ctx *ictx, unsigned int nr,
			 unsigned long arg)
{
	struct ioas *ioas;
	long rc;

	if (!ictx)
		return nr == VFIO_CHECK_EXTENSION ?
		       type1_check_extension(ERR_PTR(-ENODEV), arg) : -ENOTTY;
	ioas = type1_ioas(ictx);
	rc = type1_run(ictx, ioas, nr, arg);
	if (!IS_ERR(ioas))
		ioas_put(ioas);
	return rc;
}
EXPORT_SYMBOL_GPL(iommufd_type1_ioctl);

