// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log of DMA, which a device pretends: what lies on a multiple of
 * EDU_DIRTY_STEP is dirty.
 *
 * No lock: the one program that logs makes one call at a time.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/interval_tree.h>
#include <linux/iova_bitmap.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "selftest/edu/edu.h"
#include "selftest/edu/log.h"

/* Dirty is what lies on such a multiple, and is logged. */
#define EDU_DIRTY_STEP 0x10000UL

static int edu_log_start(struct vfio_device *vdev, struct rb_root_cached *root,
			 u32 count, u64 *page_size)
{
	struct interval_tree_node *node;
	struct edu *edu = edu_of(vdev);

	if (edu->logging)
		return -EBUSY;
	*page_size = max_t(u64, *page_size, SZ_4K);
	edu->page_size = *page_size;
	node = interval_tree_iter_first(root, 0, ULONG_MAX);
	edu->log_first = node->start;
	for (; node; node = interval_tree_iter_next(node, 0, ULONG_MAX)) {
		edu->log_last = node->last;
		count--;
	}
	if (count)
		return -EIO;
	edu->logging = true;
	return 0;
}

static int edu_log_stop(struct vfio_device *vdev)
{
	edu_of(vdev)->logging = false;
	return 0;
}

static int edu_log_read(struct vfio_device *vdev, unsigned long iova,
			unsigned long length, struct iova_bitmap *dirty)
{
	struct edu *edu = edu_of(vdev);
	unsigned long at = ALIGN(iova, EDU_DIRTY_STEP);

	if (!edu->logging)
		return -EINVAL;
	for (; at - iova < length; at += EDU_DIRTY_STEP)
		if (at >= edu->log_first && at <= edu->log_last)
			iova_bitmap_set(dirty, at, edu->page_size);
	return 0;
}

static const struct vfio_log_ops edu_log_ops = {
	.log_start = edu_log_start,
	.log_stop = edu_log_stop,
	.log_read_and_clear = edu_log_read,
};

/**
 * edu_log_init - let the DMA of a device be logged
 * @edu: the device, not registered yet
 */
void edu_log_init(struct edu *edu)
{
	edu->vdev.log_ops = &edu_log_ops;
}

/**
 * edu_log_end - log no more
 * @edu: the device; its lock is held
 */
void edu_log_end(struct edu *edu)
{
	edu->logging = false;
}
