/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device of vfio_selftest.ko.
 */
#ifndef __SELFTEST_EDU_EDU_H
#define __SELFTEST_EDU_EDU_H

#include <linux/container_of.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/vfio.h>

/* The state that migrates: this many bytes. */
#define EDU_STATE_SIZE 64

/**
 * struct edu - a device
 * @vdev: for vfio.ko
 * @lock: guards @state, @data with @bytes, and @low_power; not the log
 * @state: of migration
 * @data: the file of the session, a reference; or NULL
 * @bytes: what migrates
 * @logging: its DMA is logged
 * @log_first: the first IOVA of that
 * @log_last: the last
 * @page_size: what a bit of the log stands for
 * @low_power: it sleeps
 */
struct edu {
	struct vfio_device vdev;
	struct mutex lock;	/* see above */
	enum vfio_device_mig_state state;
	struct file *data;
	u8 bytes[EDU_STATE_SIZE];
	bool logging;
	unsigned long log_first;
	unsigned long log_last;
	unsigned long page_size;
	bool low_power;
};

static inline struct edu *edu_of(struct vfio_device *vdev)
{
	return container_of(vdev, struct edu, vdev);
}

#endif /* __SELFTEST_EDU_EDU_H */
