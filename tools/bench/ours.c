// SPDX-License-Identifier: GPL-2.0
/*
 * An IOAS of /dev/iommu, see contender.h.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "buffer.h"
#include "contender.h"
#include "iommufd.h"
#include "kernel/abi.h"
#include "vfio.h"

/* No command has this number. */
#define NO_COMMAND _IO(IOMMUFD_TYPE, 0xff)

/* @hwpt: page tables of those that joined, 0 where the kernel made one. */
static struct {
	int fd;
	uint32_t ioas;
	int dev[DEVICES];
	uint32_t devid[DEVICES];
	uint32_t hwpt[DEVICES];
} bed;

static int bed_bind(unsigned int i)
{
	bed.dev[i] = vfio_cdev_open(devices[i]);
	if (bed.dev[i] < 0)
		return bed.dev[i];
	return vfio_bind(bed.dev[i], bed.fd, &bed.devid[i]);
}

static int bed_attach(unsigned int device)
{
	uint32_t pt = bed.hwpt[device] ? bed.hwpt[device] : bed.ioas;

	return vfio_attach(bed.dev[device], &pt);
}

static int bed_prepare(void)
{
	unsigned int i;
	int rc = iommufd_ioas_alloc(bed.fd, &bed.ioas);

	for (i = 0; i < DEVICES && !rc; i++)
		rc = bed_bind(i);
	return rc ? rc : bed_attach(0);
}

static void bed_close(void)
{
	unsigned int i;

	for (i = 0; i < DEVICES; i++)
		close(bed.dev[i]);
	close(bed.fd);
}

static int bed_open(void)
{
	unsigned int i;
	int rc;

	bed.fd = iommufd_open();
	if (bed.fd < 0)
		return bed.fd;
	for (i = 0; i < DEVICES; i++)
		bed.dev[i] = -1;
	rc = bed_prepare();
	if (rc)
		bed_close();
	return rc;
}

static int bed_map(uint64_t iova, void *va, uint64_t length)
{
	return iommufd_map(bed.fd, bed.ioas, MAP_RW | MAP_FIXED_IOVA, va,
			   length, &iova);
}

static int bed_map_file(uint64_t iova, int file, uint64_t length)
{
	return iommufd_map_file(bed.fd, bed.ioas, MAP_RW | MAP_FIXED_IOVA, file,
				0, length, &iova);
}

static int bed_unmap(uint64_t iova, uint64_t length)
{
	return iommufd_unmap(bed.fd, bed.ioas, iova, length, NULL);
}

/* Neighbours in neither IOVA nor memory, as what a guest maps. */
static int bed_map_bulk(uint64_t iova, char *va)
{
	struct iommu_map_entry entries[BULK];
	unsigned int i;

	for (i = 0; i < BULK; i++) {
		entries[i].iova = iova + 2 * i * BUFFER_PAGE;
		entries[i].user_va = (uintptr_t)va + i * BUFFER_PAGE;
		entries[i].length = BUFFER_PAGE;
		entries[i].flags = MAP_RW | MAP_FIXED_IOVA;
		entries[i].__reserved = 0;
	}
	return iommufd_map_bulk(bed.fd, bed.ioas, entries, BULK, NULL);
}

static int bed_unmap_bulk(uint64_t iova)
{
	struct iommu_unmap_entry entries[BULK];
	unsigned int i;

	for (i = 0; i < BULK; i++) {
		entries[i].iova = iova + 2 * i * BUFFER_PAGE;
		entries[i].length = BUFFER_PAGE;
	}
	return iommufd_unmap_bulk(bed.fd, bed.ioas, entries, BULK, NULL);
}

static int bed_copy(uint64_t to, uint64_t from, uint64_t length)
{
	return iommufd_copy(bed.fd, MAP_RW | MAP_FIXED_IOVA, bed.ioas, &to,
			    bed.ioas, from, length);
}

/* Two devices of one kind share a page table, unless they are given two. */
static int bed_join(unsigned int device)
{
	int rc = 0;

	if (device)
		rc = iommufd_hwpt_alloc(bed.fd, 0, bed.devid[device], bed.ioas,
					&bed.hwpt[device]);
	return rc ? rc : bed_attach(device);
}

static int bed_leave(unsigned int device)
{
	int rc = vfio_detach(bed.dev[device]);

	if (!rc && bed.hwpt[device])
		rc = iommufd_destroy(bed.fd, bed.hwpt[device]);
	bed.hwpt[device] = 0;
	return rc;
}

static int bed_nothing(void)
{
	int rc = iommufd_call(bed.fd, NO_COMMAND, NULL);

	return rc == -ENOTTY ? 0 : -EPROTO;
}

static int bed_device(void)
{
	return dup(bed.dev[0]);
}

static int bed_access(int node)
{
	struct access_join arg = { .fd = bed.fd, .ioas = bed.ioas };

	return ioctl(node, ACCESS_JOIN, &arg) < 0 ? -errno : 0;
}

/* What both of them can. */
#define IOAS								\
	.open = bed_open,						\
	.close = bed_close,						\
	.map = bed_map,							\
	.map_file = bed_map_file,					\
	.unmap = bed_unmap,						\
	.copy = bed_copy,						\
	.uncopy = bed_unmap,						\
	.join = bed_join,						\
	.leave = bed_leave,						\
	.nothing = bed_nothing,						\
	.device = bed_device,						\
	.access = bed_access

const struct contender contender_iommufd = {
	.name = "iommufd",
	IOAS,
	.map_bulk = bed_map_bulk,
	.unmap_bulk = bed_unmap_bulk,
};

const struct contender contender_mainline = {
	.name = "mainline",
	IOAS,
};
