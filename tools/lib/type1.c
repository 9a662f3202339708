// SPDX-License-Identifier: GPL-2.0
/*
 * The type1 ABI of VFIO's containers, see type1.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "pci.h"
#include "type1.h"

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

int type1_container_open(void)
{
	return open_node("/dev/vfio/vfio");
}

int type1_group_open(const char *bdf)
{
	char node[32];
	int group, rc = pci_group(bdf, &group);

	if (rc)
		return rc;
	snprintf(node, sizeof(node), "/dev/vfio/%d", group);
	return open_node(node);
}

int type1_join(int group, int container)
{
	return call(group, VFIO_GROUP_SET_CONTAINER, (uintptr_t)&container);
}

int type1_leave(int group)
{
	return call(group, VFIO_GROUP_UNSET_CONTAINER, 0);
}

int type1_device_open(int group, const char *bdf)
{
	return call(group, VFIO_GROUP_GET_DEVICE_FD, (uintptr_t)bdf);
}

int type1_version(int fd)
{
	return call(fd, VFIO_GET_API_VERSION, 0);
}

int type1_extension(int fd, unsigned long extension)
{
	return call(fd, VFIO_CHECK_EXTENSION, extension);
}

int type1_set_iommu(int fd, unsigned long type)
{
	return call(fd, VFIO_SET_IOMMU, type);
}

static int info_ranges(struct type1_info *info,
		       const struct vfio_iommu_type1_info_cap_iova_range *cap)
{
	if (cap->nr_iovas > TYPE1_RANGES)
		return -EPROTO;
	info->num_ranges = cap->nr_iovas;
	memcpy(info->ranges, cap->iova_ranges,
	       cap->nr_iovas * sizeof(cap->iova_ranges[0]));
	return 0;
}

static int info_cap(struct type1_info *info,
		    const struct vfio_info_cap_header *cap)
{
	const struct vfio_iommu_type1_info_dma_avail *avail;

	switch (cap->id) {
	case VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL:
		avail = (const void *)cap;
		info->avail = avail->avail;
		return 0;
	case VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE:
		return info_ranges(info, (const void *)cap);
	default:
		return 0;
	}
}

int type1_info(int fd, struct type1_info *info)
{
	union {
		struct vfio_iommu_type1_info arg;
		char bytes[1024];
	} all = { .arg.argsz = sizeof(all) };
	uint32_t at;
	int rc = call(fd, VFIO_IOMMU_GET_INFO, (uintptr_t)&all);

	memset(info, 0, sizeof(*info));
	if (rc)
		return rc;
	info->page_sizes = all.arg.iova_pgsizes;
	if (!(all.arg.flags & VFIO_IOMMU_INFO_CAPS))
		return 0;
	for (at = all.arg.cap_offset; at && !rc;) {
		struct vfio_info_cap_header cap;

		if (at % 8 || at + sizeof(cap) > sizeof(all))
			return -EPROTO;
		memcpy(&cap, all.bytes + at, sizeof(cap));
		if (cap.version != 1 || (cap.next && cap.next <= at))
			return -EPROTO;
		rc = info_cap(info, (const void *)(all.bytes + at));
		at = cap.next;
	}
	return rc;
}

int type1_map(int fd, uint32_t flags, const void *va, uint64_t length,
	      uint64_t iova)
{
	struct vfio_iommu_type1_dma_map arg = {
		.argsz = sizeof(arg),
		.flags = flags,
		.vaddr = (uintptr_t)va,
		.iova = iova,
		.size = length,
	};

	return call(fd, VFIO_IOMMU_MAP_DMA, (uintptr_t)&arg);
}

static int unmap(int fd, uint32_t flags, uint64_t iova, uint64_t length,
		 uint64_t *unmapped)
{
	struct vfio_iommu_type1_dma_unmap arg = {
		.argsz = sizeof(arg),
		.flags = flags,
		.iova = iova,
		.size = length,
	};
	int rc = call(fd, VFIO_IOMMU_UNMAP_DMA, (uintptr_t)&arg);

	if (!rc && unmapped)
		*unmapped = arg.size;
	return rc;
}

int type1_unmap(int fd, uint64_t iova, uint64_t length, uint64_t *unmapped)
{
	return unmap(fd, 0, iova, length, unmapped);
}

int type1_unmap_all(int fd, uint64_t *unmapped)
{
	return unmap(fd, VFIO_DMA_UNMAP_FLAG_ALL, 0, 0, unmapped);
}
