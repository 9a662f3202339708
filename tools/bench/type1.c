// SPDX-License-Identifier: GPL-2.0
/*
 * A container of the stock vfio_iommu_type1, see contender.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/vfio.h>

#include "contender.h"
#include "pci.h"

static struct {
	int container;
	int group;
	int dev;
} bed;

static int call(int fd, unsigned long cmd, unsigned long arg)
{
	int rc = ioctl(fd, cmd, arg);

	return rc < 0 ? -errno : rc;
}

static int open_node(const char *node)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_group(const char *bdf)
{
	char node[32];
	int group, rc = pci_group(bdf, &group);

	if (rc)
		return rc;
	snprintf(node, sizeof(node), "/dev/vfio/%d", group);
	return open_node(node);
}

/* The device is attached as soon as its group is in a container with a type. */
static int bed_attach(const char *bdf)
{
	int rc = call(bed.group, VFIO_GROUP_SET_CONTAINER,
		      (unsigned long)&bed.container);

	if (!rc)
		rc = call(bed.container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU);
	if (!rc)
		rc = call(bed.group, VFIO_GROUP_GET_DEVICE_FD,
			  (unsigned long)bdf);
	if (rc < 0)
		return rc;
	bed.dev = rc;
	return 0;
}

static void bed_close(void)
{
	close(bed.dev);
	close(bed.group);
	close(bed.container);
}

static int bed_open(const char *bdf)
{
	int rc;

	bed.dev = -1;
	bed.container = open_node("/dev/vfio/vfio");
	if (bed.container < 0)
		return bed.container;
	bed.group = open_group(bdf);
	rc = bed.group < 0 ? bed.group : bed_attach(bdf);
	if (rc)
		bed_close();
	return rc;
}

static int bed_map(uint64_t iova, void *va, uint64_t length)
{
	struct vfio_iommu_type1_dma_map arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)va,
		.iova = iova,
		.size = length,
	};

	return call(bed.container, VFIO_IOMMU_MAP_DMA, (unsigned long)&arg);
}

static int bed_unmap(uint64_t iova, uint64_t length)
{
	struct vfio_iommu_type1_dma_unmap arg = {
		.argsz = sizeof(arg),
		.iova = iova,
		.size = length,
	};

	return call(bed.container, VFIO_IOMMU_UNMAP_DMA, (unsigned long)&arg);
}

static int bed_nothing(void)
{
	int rc = call(bed.container, VFIO_GET_API_VERSION, 0);

	return rc == VFIO_API_VERSION ? 0 : -EPROTO;
}

const struct contender contender_type1 = {
	.name = "type1",
	.open = bed_open,
	.close = bed_close,
	.map = bed_map,
	.unmap = bed_unmap,
	.nothing = bed_nothing,
};
