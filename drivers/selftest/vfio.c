// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VFIO driver for QEMU's edu device, which pretends what no emulated device
 * can: migration, a log of its DMA, low power, not to open, and to share its reset
 * with all others that the driver has, whatever their IOMMU groups.
 *
 * Never installed.  A device is given to it by driver_override.
 *
 * edu->lock guards the migration state and its data file; the log; low power.
 */
#include <linux/anon_inodes.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/interval_tree.h>
#include <linux/iova_bitmap.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "compat/vfio.h"

/* The state that migrates: this many bytes. */
#define EDU_STATE_SIZE 64

/* Dirty is what lies on such a multiple, and is logged. */
#define EDU_DIRTY_STEP 0x10000UL

/* How long it takes to find out that a device does not open. */
#define EDU_OPEN_MS 1000

static bool open_fails;
module_param(open_fails, bool, 0644);
MODULE_PARM_DESC(open_fails, "No device opens, which takes a second");

struct edu {
	struct vfio_device vdev;
	struct mutex lock;	/* see above */
	enum vfio_device_mig_state state;
	struct file *data;	/* of the session; a reference */
	u8 bytes[EDU_STATE_SIZE];
	bool logging;
	unsigned long log_first;
	unsigned long log_last;
	unsigned long page_size;
	bool low_power;
};

/* ---- migration ---- */

static struct edu *edu_of(struct vfio_device *vdev)
{
	return container_of(vdev, struct edu, vdev);
}

/* The file of a session that has ended has no device any more. */
static ssize_t edu_data_read(struct file *file, char __user *buf, size_t count,
			     loff_t *pos)
{
	struct edu *edu = file->private_data;
	ssize_t ret = -ENODEV;

	mutex_lock(&edu->lock);
	if (edu->data == file)
		ret = simple_read_from_buffer(buf, count, pos, edu->bytes,
					      sizeof(edu->bytes));
	mutex_unlock(&edu->lock);
	return ret;
}

static ssize_t edu_data_write(struct file *file, const char __user *buf,
			      size_t count, loff_t *pos)
{
	struct edu *edu = file->private_data;
	ssize_t ret = -ENODEV;

	mutex_lock(&edu->lock);
	if (edu->data == file)
		ret = simple_write_to_buffer(edu->bytes, sizeof(edu->bytes),
					     pos, buf, count);
	mutex_unlock(&edu->lock);
	return ret;
}

static int edu_data_release(struct inode *inode, struct file *file)
{
	struct edu *edu = file->private_data;

	vfio_put_device(&edu->vdev);
	return 0;
}

static const struct file_operations edu_data_fops = {
	.owner = THIS_MODULE,
	.read = edu_data_read,
	.write = edu_data_write,
	.release = edu_data_release,
};

static void edu_end_session(struct edu *edu)
{
	if (edu->data)
		fput(edu->data);
	edu->data = NULL;
}

/* Returns what user space gets, with a reference of its own. */
static struct file *edu_begin_session(struct edu *edu, int flags)
{
	struct file *data;

	data = anon_inode_getfile("[vfio-selftest]", &edu_data_fops, edu,
				  flags);
	if (IS_ERR(data))
		return data;
	get_device(&edu->vdev.device);
	edu->data = get_file(data);
	return data;
}

/* One arc: the session of the old state ends, that of the new one begins. */
static struct file *edu_step(struct edu *edu, enum vfio_device_mig_state next)
{
	/* What was begun in pre-copy goes on in stop-copy. */
	if (edu->data && compat_vfio_is_pre_copy(edu->state) &&
	    (compat_vfio_is_pre_copy(next) ||
	     next == VFIO_DEVICE_STATE_STOP_COPY))
		return NULL;

	edu_end_session(edu);
	if (next == VFIO_DEVICE_STATE_RESUMING)
		return edu_begin_session(edu, O_WRONLY);
	if (next == VFIO_DEVICE_STATE_STOP_COPY ||
	    compat_vfio_is_pre_copy(next))
		return edu_begin_session(edu, O_RDONLY);
	return NULL;
}

static struct file *edu_set_state(struct vfio_device *vdev,
				  enum vfio_device_mig_state state)
{
	struct edu *edu = edu_of(vdev);
	enum vfio_device_mig_state next;
	struct file *data = NULL;
	int ret;

	mutex_lock(&edu->lock);
	while (state != edu->state && !data) {
		ret = vfio_mig_get_next_state(vdev, edu->state, state, &next);
		data = ret ? ERR_PTR(ret) : edu_step(edu, next);
		if (!IS_ERR(data))
			edu->state = next;
	}
	mutex_unlock(&edu->lock);
	return data;
}

static int edu_get_state(struct vfio_device *vdev,
			 enum vfio_device_mig_state *state)
{
	*state = edu_of(vdev)->state;
	return 0;
}

static int edu_get_data_size(struct vfio_device *vdev, unsigned long *length)
{
	*length = EDU_STATE_SIZE;
	return 0;
}

static struct vfio_migration_ops edu_mig_ops = {
	.migration_set_state = edu_set_state,
	.migration_get_state = edu_get_state,
};

/* ---- the log of DMA ---- */

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

/* ---- hot reset: vfio-pci's questions, with time to lie in between ---- */

static bool edu_may_reset(struct vfio_device_set *set, struct file **files,
			  u32 count)
{
	struct vfio_device *vdev;
	bool may = true;
	u32 i;

	mutex_lock(&set->lock);
	list_for_each_entry(vdev, &set->device_list, dev_set_list) {
		for (i = 0; i < count; i++)
			if (vfio_file_has_dev(files[i], vdev))
				break;
		may &= i < count;
	}
	mutex_unlock(&set->lock);
	return may;
}

static int edu_get_files(const struct vfio_pci_hot_reset __user *arg,
			 struct file **files, u32 count)
{
	s32 fd;
	u32 i;

	for (i = 0; i < count; i++) {
		if (get_user(fd, &arg->group_fds[i]))
			return -EFAULT;
		files[i] = fget(fd);
		if (!files[i])
			return -EBADF;
		if (!vfio_file_is_group(files[i]))
			return -EINVAL;
	}
	return 0;
}

static long edu_hot_reset(struct vfio_device *vdev,
			  const struct vfio_pci_hot_reset __user *arg)
{
	struct vfio_pci_hot_reset hdr;
	struct file *files[4] = {};
	int ret, i;

	usleep_range(2000, 3000);
	if (copy_from_user(&hdr, arg, sizeof(hdr)))
		return -EFAULT;
	if (!hdr.count || hdr.count > ARRAY_SIZE(files))
		return -EINVAL;

	ret = edu_get_files(arg, files, hdr.count);
	if (!ret && !edu_may_reset(vdev->dev_set, files, hdr.count))
		ret = -EINVAL;
	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i])
			fput(files[i]);
	return ret;
}

static long edu_ioctl(struct vfio_device *vdev, unsigned int cmd,
		      unsigned long arg)
{
	if (cmd == VFIO_DEVICE_PCI_HOT_RESET)
		return edu_hot_reset(vdev, (void __user *)arg);
	return -ENOTTY;
}

static int edu_set_power(struct edu *edu, bool low)
{
	int ret = 0;

	mutex_lock(&edu->lock);
	if (low && edu->low_power)
		ret = -EBUSY;
	edu->low_power = low;
	mutex_unlock(&edu->lock);
	return ret;
}

static int edu_feature(struct vfio_device *vdev, u32 flags, void __user *arg,
		       size_t size)
{
	u32 feature = flags & VFIO_DEVICE_FEATURE_MASK;
	int ret;

	if (feature != VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY &&
	    feature != VFIO_DEVICE_FEATURE_LOW_POWER_EXIT)
		return -ENOTTY;

	ret = vfio_check_feature(flags, size, VFIO_DEVICE_FEATURE_SET, 0);
	if (ret != 1)
		return ret;
	return edu_set_power(edu_of(vdev),
			     feature == VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY);
}

static int edu_open(struct vfio_device *vdev)
{
	struct edu *edu = edu_of(vdev);

	if (READ_ONCE(open_fails)) {
		msleep(EDU_OPEN_MS);
		return -EIO;
	}
	edu->state = VFIO_DEVICE_STATE_RUNNING;
	edu->low_power = false;
	return 0;
}

static void edu_close(struct vfio_device *vdev)
{
	struct edu *edu = edu_of(vdev);

	mutex_lock(&edu->lock);
	edu_end_session(edu);
	edu->logging = false;
	mutex_unlock(&edu->lock);
}

static const struct vfio_device_ops edu_ops = {
	.name = "vfio-selftest",
	.open_device = edu_open,
	.close_device = edu_close,
	.ioctl = edu_ioctl,
	.device_feature = edu_feature,
	COMPAT_VFIO_RELEASE
};

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct edu *edu;
	int ret;

	edu = vfio_alloc_device(edu, vdev, &pdev->dev, &edu_ops);
	if (IS_ERR(edu))
		return PTR_ERR(edu);

	mutex_init(&edu->lock);
	compat_vfio_set_data_size(&edu_mig_ops, edu_get_data_size);
	edu->vdev.mig_ops = &edu_mig_ops;
	edu->vdev.log_ops = &edu_log_ops;
	edu->vdev.migration_flags = VFIO_MIGRATION_STOP_COPY |
				    VFIO_MIGRATION_P2P |
				    COMPAT_MIGRATION_PRE_COPY;

	ret = vfio_assign_device_set(&edu->vdev, THIS_MODULE);
	if (!ret)
		ret = vfio_register_group_dev(&edu->vdev);
	if (ret) {
		vfio_put_device(&edu->vdev);
		return ret;
	}
	pci_set_drvdata(pdev, edu);
	return 0;
}

static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	vfio_unregister_group_dev(&edu->vdev);
	vfio_put_device(&edu->vdev);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(0x1234, 0x11e8) },
	{}
};

static struct pci_driver edu_driver = {
	.name = "vfio-selftest",
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
	.driver_managed_dma = true,
};
module_pci_driver(edu_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("VFIO driver for tests of vfio_cdev");
