// SPDX-License-Identifier: GPL-2.0
/*
 * Operations of the torture on what uses IO address spaces: mock devices, page
 * tables, accesses, QEMU's edus.
 */
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>
#include <pthread.h>

#include "bed.h"
#include "compiler.h"
#include "device.h"
#include "edu.h"
#include "iommufd.h"
#include "late.h"
#include "map.h"
#include "test.h"
#include "vfio.h"
#include "world.h"

/* ---- mock devices and page tables ---- */

int op_mock(struct thread *t)
{
	unsigned int i = choose(t, KEPT);
	struct test_mock mock;
	struct kept *kept;
	int fd = some_file(t, &kept), rc;

	if (load(kept->stdev[i]))
		return SKIP;
	rc = test_mock(fd, choose(t, 2) ? some(t, kept->ioas) :
					  some(t, kept->hwpt),
		       (choose(t, 2) ? MOCK_FLAGS_DEVICE_HUGE_IOVA : 0) |
		       (choose(t, 2) ? MOCK_FLAGS_DEVICE_PASID : 0), &mock);
	if (rc)
		return rc;
	store(kept->idev[i], mock.idev);
	if (!put_id(&kept->stdev[i], mock.stdev))
		iommufd_destroy(fd, mock.stdev);
	return 0;
}

int op_mock_destroy(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return destroy_some(fd, &kept->stdev[choose(t, KEPT)]);
}

int op_mock_replace(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);
	uint32_t pt = choose(t, 2) ? some(t, kept->ioas) : some(t, kept->hwpt);

	return test_mock_replace(fd, some(t, kept->stdev), &pt);
}

int op_hwpt_alloc(struct thread *t)
{
	uint32_t *place, hwpt, dev, flags = 0;
	struct kept *kept;
	int fd = some_file(t, &kept), rc;

	place = &kept->hwpt[choose(t, KEPT)];
	if (load(*place))
		return SKIP;
	dev = choose(t, 3) ? some(t, kept->idev) : some(t, t->world->devid);
	if (choose(t, 2))
		flags |= IOMMU_HWPT_ALLOC_NEST_PARENT;
	if (choose(t, 2))
		flags |= IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
	if (choose(t, 2))
		flags |= IOMMU_HWPT_ALLOC_PASID;
	rc = iommufd_hwpt_alloc(fd, flags, dev, some(t, kept->ioas), &hwpt);
	if (!rc && !put_id(place, hwpt))
		iommufd_destroy(fd, hwpt);
	return rc;
}

/* It is kept with the others. 6.1 can't, and says so. */
int op_hwpt_nest(struct thread *t)
{
	struct iommu_hwpt_selftest data = { .iotlb = 1 };
	uint32_t *place, hwpt;
	struct kept *kept;
	int fd = some_file(t, &kept), rc;

	place = &kept->hwpt[choose(t, KEPT)];
	if (load(*place))
		return SKIP;
	rc = iommufd_hwpt_nested(fd, some(t, kept->idev), some(t, kept->hwpt),
				 IOMMU_HWPT_DATA_SELFTEST, &data, sizeof(data),
				 &hwpt);
	if (rc == -EOPNOTSUPP && kernel_is_6_1())
		return 0;
	if (!rc && !put_id(place, hwpt))
		iommufd_destroy(fd, hwpt);
	return rc;
}

int op_invalidate(struct thread *t)
{
	struct iommu_hwpt_invalidate_selftest entries[4] = {};
	uint32_t num = choose(t, ARRAY_SIZE(entries)) + 1;
	struct kept *kept;
	int fd = some_file(t, &kept);
	int rc = iommufd_invalidate(fd, some(t, kept->hwpt),
				    IOMMU_HWPT_INVALIDATE_DATA_SELFTEST,
				    entries, sizeof(entries[0]), &num);

	return rc == -EINVAL && kernel_is_6_1() ? 0 : rc;
}

/* 6.1 can't, nor can what was not made for it. */
int op_track(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);
	int rc = iommufd_set_dirty(fd, some(t, kept->hwpt), choose(t, 4));

	return rc == -EOPNOTSUPP && kernel_is_6_1() ? 0 : rc;
}

int op_dirty(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);
	uint8_t bits[64] = {};
	uint64_t iova = BED_IOVA + choose(t, 1024) * PAGE;
	int rc = iommufd_get_dirty(fd, some(t, kept->hwpt), choose(t, 2), iova,
				   (1 + choose(t, 512)) * PAGE, PAGE, bits);

	return rc == -EOPNOTSUPP && kernel_is_6_1() ? 0 : rc;
}

int op_hwpt_destroy(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return destroy_some(fd, &kept->hwpt[choose(t, KEPT)]);
}

int op_hw_info(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);
	uint32_t length = 0;

	return iommufd_hw_info(fd, choose(t, 2) ? some(t, kept->idev) :
						  some(t, t->world->devid),
			       NULL, &length, NULL, NULL);
}

/* Few, so that threads meet. 6.1 has none, and says so. */
#define PASIDS 4

static uint32_t some_pasid(struct thread *t)
{
	return 1 + choose(t, PASIDS);
}

static int change_pasid(struct thread *t,
			int (*change)(int fd, uint32_t stdev, uint32_t pasid,
				      uint32_t pt))
{
	struct kept *kept;
	int fd = some_file(t, &kept), rc;

	rc = change(fd, some(t, kept->stdev), some_pasid(t),
		    some(t, kept->hwpt));
	/* 6.1 has none, and says so. */
	return rc == -EINVAL && kernel_is_6_1() ? 0 : rc;
}

int op_pasid_attach(struct thread *t)
{
	return change_pasid(t, test_pasid_attach);
}

int op_pasid_replace(struct thread *t)
{
	return change_pasid(t, test_pasid_replace);
}

int op_pasid_detach(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return test_pasid_detach(fd, some(t, kept->stdev), some_pasid(t));
}

/* ---- accesses ---- */

int op_access(struct thread *t)
{
	int *place = &t->world->access[choose(t, KEPT)];
	struct kept *kept;
	int fd = some_file(t, &kept), access, rc;

	if (load(*place) >= 0)
		return SKIP;
	rc = test_access_create(fd, some(t, kept->ioas),
				choose(t, 4) ? ACCESS_PINS : 0, &access);
	if (!rc && !put_fd(place, access))
		close(access);
	return rc;
}

int op_access_close(struct thread *t)
{
	int fd = take(t->world->access[choose(t, KEPT)], -1);

	if (fd < 0)
		return SKIP;
	return close(fd) ? -errno : 0;
}

static int some_access(struct thread *t)
{
	return load(t->world->access[some_place(t, t->world->access, KEPT)]);
}

int op_access_pin(struct thread *t)
{
	unsigned int i = some_place(t, t->world->access, KEPT);
	uint32_t pin;
	int rc;

	rc = test_access_pin(t->world->fd[0], load(t->world->access[i]),
			     choose(t, 2) ? ACCESS_WRITE : 0,
			     part_iova(t), part_length(t), NULL, &pin);
	if (!rc)
		store(t->world->pin[i], pin);
	return rc;
}

int op_access_unpin(struct thread *t)
{
	unsigned int i = some_place(t, t->world->access, KEPT);

	return test_access_unpin(t->world->fd[0], load(t->world->access[i]),
				 load(t->world->pin[i]) - choose(t, 2));
}

int op_access_rw(struct thread *t)
{
	int access = some_access(t);
	uint64_t iova = slot_iova(t) + choose(t, 2 * PAGE);
	uint8_t data[2 * PAGE];
	uint64_t length = 1 + choose(t, sizeof(data));

	if (choose(t, 2))
		return test_access_read(t->world->fd[0], access, iova, data,
					length);
	memset(data, 1, sizeof(data));
	return test_access_write(t->world->fd[0], access, iova, data, length);
}

int op_access_replace(struct thread *t)
{
	struct kept *kept;
	int fd = some_file(t, &kept);

	return test_access_replace(fd, some_access(t),
				   some(t, kept->ioas));
}

/* ---- the edus ---- */

int op_dev_open(struct thread *t)
{
	unsigned int i = choose(t, torture->nedus);
	int fd;

	if (load(t->world->dev[i]) >= 0)
		return SKIP;
	fd = vfio_cdev_open(torture->edus[i]);
	if (fd < 0)
		return fd;
	if (!put_fd(&t->world->dev[i], fd))
		close(fd);
	return 0;
}

static unsigned int some_dev(struct thread *t)
{
	return some_place(t, t->world->dev, torture->nedus);
}

int op_dev_bind(struct thread *t)
{
	unsigned int i = some_dev(t);
	int dev = load(t->world->dev[i]), rc;
	struct kept *kept;
	uint32_t devid;

	if (dev < 0)
		return SKIP;
	rc = vfio_bind(dev, some_file(t, &kept), &devid);
	if (!rc)
		store(t->world->devid[i], devid);
	return rc;
}

/* Others of the process may use the file meanwhile, or close it. */
int op_dev_bind_late(struct thread *t)
{
	unsigned int i = some_dev(t);
	int dev = load(t->world->dev[i]), rc;
	struct kept *kept;
	struct vfio_cdev_bind_iommufd arg = {
		.argsz = sizeof(arg), .iommufd = some_file(t, &kept),
	};

	if (dev < 0)
		return SKIP;
	rc = late_call(t, dev, VFIO_DEVICE_BIND_IOMMUFD, &arg, sizeof(arg));
	if (!rc)
		store(t->world->devid[i], arg.out_devid);
	return rc;
}

int op_dev_attach(struct thread *t)
{
	int dev = load(t->world->dev[some_dev(t)]);
	struct kept *kept;
	uint32_t pt;

	if (dev < 0)
		return SKIP;
	some_file(t, &kept);
	pt = choose(t, 3) ? some(t, kept->ioas) : some(t, kept->hwpt);
	return vfio_attach(dev, &pt);
}

int op_dev_detach(struct thread *t)
{
	int dev = load(t->world->dev[some_dev(t)]);

	return dev < 0 ? SKIP : vfio_detach(dev);
}

int op_dev_attach_pasid(struct thread *t)
{
	int dev = load(t->world->dev[some_dev(t)]), rc;
	struct kept *kept;

	if (dev < 0)
		return SKIP;
	some_file(t, &kept);
	/* No edu of a released QEMU has PASIDs. */
	rc = vfio_attach_pasid(dev, some_pasid(t), some(t, kept->hwpt));
	return rc == -EINVAL ? 0 : rc;
}

int op_dev_detach_pasid(struct thread *t)
{
	int dev = load(t->world->dev[some_dev(t)]);

	return dev < 0 ? SKIP : vfio_detach_pasid(dev, some_pasid(t));
}

/* Not two edus at once: a number may be that of another one by now. */
int op_dev_dma(struct thread *t)
{
	unsigned int i = some_dev(t);
	struct edu edu = { .dev = load(t->world->dev[i]) };
	int rc;

	if (edu.dev < 0 || pthread_mutex_trylock(&t->world->dma_lock))
		return SKIP;
	rc = vfio_bar_map(edu.dev, 0, &edu.bar);
	if (!rc) {
		rc = vfio_enable(edu.dev, 1);
		if (!rc)
			rc = edu_store(&edu, slot_iova(t), 0, 512);
		vfio_bar_unmap(&edu.bar);
	}
	pthread_mutex_unlock(&t->world->dma_lock);
	return rc;
}

int op_dev_close(struct thread *t)
{
	int dev = take(t->world->dev[choose(t, torture->nedus)], -1);

	if (dev < 0)
		return SKIP;
	return close(dev) ? -errno : 0;
}
