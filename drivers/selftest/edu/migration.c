// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration of a device which has some bytes of state: from state to state by
 * arcs, and the file of a session.
 *
 * edu->lock guards the state and the file.
 */
#include <linux/anon_inodes.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>

#include "compat/vfio.h"
#include "selftest/edu/edu.h"
#include "selftest/edu/migration.h"

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

static long edu_data_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	struct edu *edu = file->private_data;
	long ret = -ENODEV;

	mutex_lock(&edu->lock);
	if (edu->data == file)
		ret = compat_vfio_precopy_info(&edu->vdev, cmd, arg,
					       sizeof(edu->bytes));
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
	.unlocked_ioctl = edu_data_ioctl,
	.release = edu_data_release,
};

/**
 * edu_migration_end - end the session
 * @edu: the device; its lock is held
 */
void edu_migration_end(struct edu *edu)
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

	edu_migration_end(edu);
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

/**
 * edu_migration_init - let a device migrate
 * @edu: the device, not registered yet
 */
void edu_migration_init(struct edu *edu)
{
	compat_vfio_set_data_size(&edu_mig_ops, edu_get_data_size);
	edu->vdev.mig_ops = &edu_mig_ops;
	edu->vdev.migration_flags = VFIO_MIGRATION_STOP_COPY |
				    VFIO_MIGRATION_P2P |
				    COMPAT_MIGRATION_PRE_COPY;
}
