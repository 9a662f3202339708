// SPDX-License-Identifier: GPL-2.0
/*
 * Two devices of one set, and who uses the other one while a call on the first is slow.
 */
#include <linux/vfio.h>
#include <pthread.h>

#include "bed.h"
#include "clock.h"
#include "edu.h"
#include "file.h"
#include "iommufd.h"
#include "module.h"
#include "pci.h"
#include "picture.h"
#include "set.h"
#include "userfault.h"
#include "vfio.h"

#define DRIVER "vfio-selftest"

#define STILL 20	/* naps in a row for which somebody sleeps */

/* ---- a thread of its own for what may wait ---- */

void task_start(struct task *task, void *(*run)(void *arg))
{
	task->done = 0;
	assert_int_equal(pthread_create(&task->thread, NULL, run, task), 0);
}

bool task_ends(struct task *task)
{
	uint64_t end = clock_ms() + LIMIT_MS;

	while (!__atomic_load_n(&task->done, __ATOMIC_ACQUIRE)) {
		if (clock_ms() > end)
			return false;
		clock_pause_us(NAP_US);
	}
	return true;
}

bool task_waits(struct task *task)
{
	return !__atomic_load_n(&task->done, __ATOMIC_ACQUIRE);
}

void task_sleeps(struct task *task)
{
	uint64_t end = clock_ms() + LIMIT_MS;
	char path[64], stat[128];
	int still = 0;

	while (still < STILL) {
		assert_true(clock_ms() < end);
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat",
			 __atomic_load_n(&task->tid, __ATOMIC_ACQUIRE));
		if (file_read(path, stat, sizeof(stat)) > 0 &&
		    strstr(stat, ") D "))
			still++;
		else
			still = 0;
		clock_pause_us(NAP_US);
	}
}

int task_join(struct task *task)
{
	assert_int_equal(pthread_join(task->thread, NULL), 0);
	return task->rc;
}

void *run_call(void *arg)
{
	struct task *task = arg;

	__atomic_store_n(&task->tid, gettid(), __ATOMIC_RELEASE);
	task->rc = iommufd_call(task->dev, task->cmd, task->arg);
	__atomic_store_n(&task->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

void *run_close(void *arg)
{
	struct task *task = arg;

	task->rc = close(task->dev);
	__atomic_store_n(&task->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* All that can be done with the other device. */
static int use_other(struct set *set)
{
	struct vfio_pci_hot_reset_info info;
	uint32_t pt = set->other;
	int dev = vfio_cdev_open(set->bdf[OTHER]), rc;

	if (dev < 0)
		return dev;
	rc = vfio_bind(dev, set->fd, NULL);
	if (!rc)
		rc = vfio_attach(dev, &pt);
	/* A group goes where its first device is. */
	if (rc == -EINVAL)
		rc = 0;
	if (!rc)
		rc = vfio_detach(dev);
	if (!rc)
		vfio_hot_reset_info(dev, &info, sizeof(info));
	close(dev);
	return rc;
}

void *run_other(void *arg)
{
	struct task *task = arg;

	task->rc = use_other(task->set);
	__atomic_store_n(&task->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* ---- the set ---- */

int setup(void **state)
{
	struct set *set = calloc(1, sizeof(*set));
	int i;

	*state = set;
	for (i = 0; i < DEVICES; i++)
		if (pci_find_id(EDU_VENDOR, EDU_DEVICE, i, set->bdf[i]))
			return 0;
	assert_int_equal(module_load("vfio_selftest", NULL), 0);
	for (i = 0; i < DEVICES; i++)
		assert_int_equal(pci_bind(set->bdf[i], DRIVER), 0);
	set->fd = new_fd();
	set->ioas = new_ioas(set->fd);
	set->other = new_ioas(set->fd);
	set->dev = vfio_cdev_open(set->bdf[SLOW]);
	assert_true(set->dev >= 0);
	return 0;
}

int teardown(void **state)
{
	struct set *set = *state;
	int i;

	if (set->fd) {
		close(set->dev);
		close(set->fd);
		for (i = 0; i < DEVICES; i++)
			assert_int_equal(pci_bind(set->bdf[i], "vfio-pci"), 0);
		assert_int_equal(module_unload("vfio_selftest"), 0);
	}
	free(set);
	return 0;
}

void need_set(struct set *set)
{
	if (set->fd)
		return;
	print_message("no two edus here: --device edu --device edu\n");
	skip();
}

void need_read_only(struct set *set)
{
	if (!set->fd || !userfault_has_read_only())
		skip();
}

void bind_slow(struct set *set)
{
	assert_int_equal(vfio_bind(set->dev, set->fd, NULL), 0);
}

void attach_slow(struct set *set)
{
	uint32_t pt = set->ioas;

	assert_int_equal(vfio_attach(set->dev, &pt), 0);
}

bool is_attached(struct set *set)
{
	struct iommu_iova_range ranges[PICTURE_RANGES];
	uint32_t num = PICTURE_RANGES;
	uint64_t alignment;

	assert_int_equal(iommufd_ranges(set->fd, set->ioas, ranges, &num,
					&alignment), 0);
	return num > 1 || ranges[0].last != UINT64_MAX;
}
