// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_FEATURE: what vfio.ko answers for a device that was opened
 * through its group, from the driver's operations for migration and for the
 * logging of DMA; every other feature is the driver's own.
 *
 * A feature that is not there ends with ENOTTY, which is how programs learn of
 * it.  No lock: drivers have their own.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/interval_tree.h>
#include <linux/log2.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/bitmap.h"
#include "compat/vfio.h"
#include "vfio/vfio_cdev.h"

/* As many ranges as programs may count on. */
#define FEATURE_RANGES_MAX \
	(PAGE_SIZE / sizeof(struct vfio_device_feature_dma_logging_range))

/**
 * struct feature_call - one call
 * @vdev: the device
 * @flags: which feature, and GET, SET or PROBE
 * @arg: the feature's own argument
 * @size: its size as the caller knows it
 */
struct feature_call {
	struct vfio_device *vdev;
	u32 flags;
	void __user *arg;
	size_t size;
};

/* 1 to go on; else what to return, as for a probe that succeeds. */
static int feature_check(const struct feature_call *call, u32 supported,
			 size_t size)
{
	return vfio_check_feature(call->flags, call->size, supported, size);
}

static int feature_driver(const struct feature_call *call)
{
	struct vfio_device *vdev = call->vdev;

	if (!vdev->ops->device_feature)
		return -ENOTTY;
	return vdev->ops->device_feature(vdev, call->flags, call->arg,
					 call->size);
}

/* ---- migration ---- */

static int feature_migration(const struct feature_call *call)
{
	struct vfio_device_feature_migration out = {
		.flags = call->vdev->migration_flags,
	};
	int ret;

	if (!call->vdev->mig_ops)
		return -ENOTTY;

	ret = feature_check(call, VFIO_DEVICE_FEATURE_GET, sizeof(out));
	if (ret != 1)
		return ret;
	return copy_to_user(call->arg, &out, sizeof(out)) ? -EFAULT : 0;
}

/* Gives @data to user space, or drops it. */
static int feature_give_file(const struct feature_call *call, u32 state,
			     struct file *data)
{
	struct vfio_device_feature_mig_state out = { .device_state = state };
	int fd = get_unused_fd_flags(O_CLOEXEC);

	if (fd < 0) {
		fput(data);
		return fd;
	}

	out.data_fd = fd;
	if (copy_to_user(call->arg, &out, sizeof(out))) {
		put_unused_fd(fd);
		fput(data);
		return -EFAULT;
	}
	fd_install(fd, data);
	return 0;
}

static int feature_give_state(const struct feature_call *call, u32 state)
{
	struct vfio_device_feature_mig_state out = {
		.device_state = state,
		.data_fd = -1,
	};

	return copy_to_user(call->arg, &out, sizeof(out)) ? -EFAULT : 0;
}

static int feature_set_state(const struct feature_call *call, u32 state)
{
	struct file *data;
	int ret;

	data = call->vdev->mig_ops->migration_set_state(call->vdev, state);
	if (!IS_ERR_OR_NULL(data))
		return feature_give_file(call, state, data);

	ret = feature_give_state(call, state);
	return ret ? ret : PTR_ERR_OR_ZERO(data);
}

static int feature_state(const struct feature_call *call)
{
	const u32 both = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET;
	struct vfio_device_feature_mig_state arg;
	enum vfio_device_mig_state state;
	int ret;

	if (!call->vdev->mig_ops)
		return -ENOTTY;

	ret = feature_check(call, both, sizeof(arg));
	if (ret != 1)
		return ret;
	if (copy_from_user(&arg, call->arg, sizeof(arg)))
		return -EFAULT;

	if (call->flags & VFIO_DEVICE_FEATURE_SET)
		return feature_set_state(call, arg.device_state);

	ret = call->vdev->mig_ops->migration_get_state(call->vdev, &state);
	return ret ? ret : feature_give_state(call, state);
}

static int feature_data_size(const struct feature_call *call)
{
	struct vfio_device_feature_mig_data_size out = {};
	unsigned long length;
	int ret;

	if (!compat_vfio_has_data_size(call->vdev))
		return -ENOTTY;

	ret = feature_check(call, VFIO_DEVICE_FEATURE_GET, sizeof(out));
	if (ret != 1)
		return ret;

	ret = compat_vfio_data_size(call->vdev, &length);
	if (ret)
		return ret;
	out.stop_copy_length = length;
	return copy_to_user(call->arg, &out, sizeof(out)) ? -EFAULT : 0;
}

/* As of vfio.ko, a device without pre-copy is EINVAL where the kernel knows it. */
static int feature_precopy_info(const struct feature_call *call)
{
	int ret;

	if (!COMPAT_PRECOPY_FLAGS)
		return feature_driver(call);
	if (!(call->vdev->migration_flags & COMPAT_MIGRATION_PRE_COPY))
		return -EINVAL;

	ret = feature_check(call, VFIO_DEVICE_FEATURE_SET, 0);
	if (ret == 1)
		compat_vfio_take_flags(call->vdev, true);
	return ret == 1 ? 0 : ret;
}

/* ---- the log of DMA ---- */

/* Drivers that would record it nowhere have none. */
static bool feature_has_log(const struct feature_call *call)
{
	return call->vdev->log_ops && compat_bitmap_works();
}

static int feature_add_range(struct rb_root_cached *root,
			     struct interval_tree_node *node,
			     const struct vfio_device_feature_dma_logging_range *range,
			     u64 page_size)
{
	u64 end;

	if (!range->length || !IS_ALIGNED(range->iova, page_size) ||
	    !IS_ALIGNED(range->length, page_size))
		return -EINVAL;
	if (check_add_overflow(range->iova, range->length, &end) ||
	    end > ULONG_MAX)
		return -EOVERFLOW;

	node->start = range->iova;
	node->last = end - 1;
	if (interval_tree_iter_first(root, node->start, node->last))
		return -EINVAL;
	interval_tree_insert(node, root);
	return 0;
}

static int feature_start_ranges(const struct feature_call *call,
				struct vfio_device_feature_dma_logging_control *control,
				const struct vfio_device_feature_dma_logging_range *ranges,
				struct interval_tree_node *nodes)
{
	const struct vfio_log_ops *ops = call->vdev->log_ops;
	struct rb_root_cached root = RB_ROOT_CACHED;
	int ret;
	u32 i;

	for (i = 0; i < control->num_ranges; i++) {
		ret = feature_add_range(&root, &nodes[i], &ranges[i],
					control->page_size);
		if (ret)
			return ret;
	}

	/* The driver may choose another page size. */
	ret = ops->log_start(call->vdev, &root, control->num_ranges,
			     &control->page_size);
	if (ret)
		return ret;
	if (copy_to_user(call->arg, control, sizeof(*control))) {
		ops->log_stop(call->vdev);
		return -EFAULT;
	}
	return 0;
}

static int feature_log_start(const struct feature_call *call)
{
	struct vfio_device_feature_dma_logging_control control;
	struct vfio_device_feature_dma_logging_range *ranges;
	struct interval_tree_node *nodes;
	int ret;

	if (!feature_has_log(call))
		return -ENOTTY;

	ret = feature_check(call, VFIO_DEVICE_FEATURE_SET, sizeof(control));
	if (ret != 1)
		return ret;
	if (copy_from_user(&control, call->arg, sizeof(control)))
		return -EFAULT;

	if (!control.num_ranges || !is_power_of_2(control.page_size))
		return -EINVAL;
	if (control.num_ranges > FEATURE_RANGES_MAX)
		return -E2BIG;

	ranges = memdup_user(u64_to_user_ptr(control.ranges),
			     array_size(control.num_ranges, sizeof(*ranges)));
	if (IS_ERR(ranges))
		return PTR_ERR(ranges);

	nodes = kmalloc_array(control.num_ranges, sizeof(*nodes),
			      GFP_KERNEL_ACCOUNT);
	ret = nodes ? feature_start_ranges(call, &control, ranges, nodes) :
		      -ENOMEM;
	kfree(nodes);
	kfree(ranges);
	return ret;
}

static int feature_log_stop(const struct feature_call *call)
{
	int ret;

	if (!feature_has_log(call))
		return -ENOTTY;

	ret = feature_check(call, VFIO_DEVICE_FEATURE_SET, 0);
	return ret == 1 ? call->vdev->log_ops->log_stop(call->vdev) : ret;
}

static int feature_read_log(struct iova_bitmap *bitmap, unsigned long iova,
			    unsigned long length, void *data)
{
	struct vfio_device *vdev = data;

	return vdev->log_ops->log_read_and_clear(vdev, iova, length, bitmap);
}

static int feature_log_report(const struct feature_call *call)
{
	struct vfio_device_feature_dma_logging_report arg;
	u64 end;
	int ret;

	if (!feature_has_log(call))
		return -ENOTTY;

	ret = feature_check(call, VFIO_DEVICE_FEATURE_GET, sizeof(arg));
	if (ret != 1)
		return ret;
	if (copy_from_user(&arg, call->arg, sizeof(arg)))
		return -EFAULT;

	if (!arg.length || arg.page_size < SZ_4K ||
	    !is_power_of_2(arg.page_size))
		return -EINVAL;
	if (check_add_overflow(arg.iova, arg.length, &end) || end > ULONG_MAX)
		return -EOVERFLOW;

	return compat_bitmap_fill(u64_to_user_ptr(arg.bitmap), arg.iova,
				  arg.length, arg.page_size, feature_read_log,
				  call->vdev);
}

static int feature_run(const struct feature_call *call)
{
	switch (call->flags & VFIO_DEVICE_FEATURE_MASK) {
	case VFIO_DEVICE_FEATURE_MIGRATION:
		return feature_migration(call);
	case VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE:
		return feature_state(call);
	case VFIO_DEVICE_FEATURE_MIG_DATA_SIZE:
		return feature_data_size(call);
	case COMPAT_FEATURE_PRECOPY_FLAGS:
		return feature_precopy_info(call);
	case VFIO_DEVICE_FEATURE_DMA_LOGGING_START:
		return feature_log_start(call);
	case VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP:
		return feature_log_stop(call);
	case VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT:
		return feature_log_report(call);
	default:
		return feature_driver(call);
	}
}

/**
 * vfio_feature() - VFIO_DEVICE_FEATURE
 * @f: a file that is ready
 * @uarg: the ioctl's argument
 *
 * Return: 0 or -errno; -ENOTTY for a feature that is not there.
 */
int vfio_feature(struct vfio_cdev_file *f,
		 struct vfio_device_feature __user *uarg)
{
	const size_t minsz = offsetofend(struct vfio_device_feature, flags);
	const u32 both = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET;
	struct vfio_device_feature arg;
	struct feature_call call;

	if (copy_from_user(&arg, uarg, minsz))
		return -EFAULT;
	if (arg.argsz < minsz)
		return -EINVAL;

	if (arg.flags & ~(VFIO_DEVICE_FEATURE_MASK |
			  VFIO_DEVICE_FEATURE_PROBE | both))
		return -EINVAL;
	/* Only a probe may ask for both. */
	if (!(arg.flags & VFIO_DEVICE_FEATURE_PROBE) &&
	    (arg.flags & both) == both)
		return -EINVAL;

	call.vdev = f->vdev;
	call.flags = arg.flags;
	call.arg = uarg->data;
	call.size = arg.argsz - minsz;
	return feature_run(&call);
}
