// SPDX-License-Identifier: GPL-2.0
/*
 * A VFIO device by its character device, see vfio.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>

#include "vfio.h"

static int vfio_call(int dev, unsigned long cmd, void *arg)
{
	return ioctl(dev, cmd, arg) < 0 ? -errno : 0;
}

int vfio_cdev_node_at(const char *sysfs, char *node)
{
	struct dirent *entry;
	char path[256];
	int rc = -ENOENT;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/vfio-dev", sysfs);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (rc && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "vfio", 4))
			continue;
		snprintf(node, VFIO_NODE_MAX, "/dev/vfio/devices/%.32s",
			 entry->d_name);
		rc = 0;
	}
	closedir(dir);
	return rc;
}

int vfio_cdev_node(const char *bdf, char *node)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", bdf);
	return vfio_cdev_node_at(path, node);
}

int vfio_cdev_open(const char *bdf)
{
	char node[VFIO_NODE_MAX];
	int rc = vfio_cdev_node(bdf, node);

	if (rc)
		return rc;
	rc = open(node, O_RDWR | O_CLOEXEC);
	return rc < 0 ? -errno : rc;
}

int vfio_bind(int dev, int iommufd, uint32_t *devid)
{
	struct vfio_device_bind_iommufd arg = {
		.argsz = sizeof(arg),
		.iommufd = iommufd,
	};
	int rc = vfio_call(dev, VFIO_DEVICE_BIND_IOMMUFD, &arg);

	if (!rc && devid)
		*devid = arg.out_devid;
	return rc;
}

int vfio_bind_token(int dev, int iommufd, const uint8_t *token)
{
	struct vfio_cdev_bind_iommufd arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_BIND_FLAG_TOKEN,
		.iommufd = iommufd,
		.token_uuid_ptr = (uintptr_t)token,
	};

	return vfio_call(dev, VFIO_DEVICE_BIND_IOMMUFD, &arg);
}

int vfio_attach(int dev, uint32_t *pt)
{
	struct vfio_device_attach_iommufd_pt arg = {
		.argsz = sizeof(arg),
		.pt_id = *pt,
	};
	int rc = vfio_call(dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &arg);

	if (!rc)
		*pt = arg.pt_id;
	return rc;
}

int vfio_detach(int dev)
{
	struct vfio_device_detach_iommufd_pt arg = { .argsz = sizeof(arg) };

	return vfio_call(dev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &arg);
}

int vfio_attach_pasid(int dev, uint32_t pasid, uint32_t pt)
{
	struct vfio_device_attach_iommufd_pt arg = {
		.argsz = sizeof(arg), .flags = VFIO_DEVICE_ATTACH_PASID,
		.pt_id = pt, .pasid = pasid,
	};

	return vfio_call(dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &arg);
}

int vfio_detach_pasid(int dev, uint32_t pasid)
{
	struct vfio_device_detach_iommufd_pt arg = {
		.argsz = sizeof(arg), .flags = VFIO_DEVICE_DETACH_PASID,
		.pasid = pasid,
	};

	return vfio_call(dev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &arg);
}

int vfio_reset(int dev)
{
	return vfio_call(dev, VFIO_DEVICE_RESET, NULL);
}

int vfio_hot_reset_info(int dev, struct vfio_pci_hot_reset_info *info,
			uint32_t size)
{
	memset(info, 0, size);
	info->argsz = size;
	return vfio_call(dev, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info);
}

int vfio_hot_reset(int dev)
{
	struct vfio_pci_hot_reset arg = { .argsz = sizeof(arg) };

	return vfio_call(dev, VFIO_DEVICE_PCI_HOT_RESET, &arg);
}

static int vfio_region(int dev, unsigned int index,
		       struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return vfio_call(dev, VFIO_DEVICE_GET_REGION_INFO, info);
}

int vfio_bar_map(int dev, unsigned int bar, struct vfio_map *map)
{
	struct vfio_region_info info;
	int rc = vfio_region(dev, VFIO_PCI_BAR0_REGION_INDEX + bar, &info);

	if (rc)
		return rc;
	if (!info.size)
		return -ENXIO;
	if (!(info.flags & VFIO_REGION_INFO_FLAG_MMAP))
		return -ENODEV;
	map->size = info.size;
	map->base = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 dev, info.offset);
	return map->base == MAP_FAILED ? -errno : 0;
}

void vfio_bar_unmap(struct vfio_map *map)
{
	munmap(map->base, map->size);
}

/* What pread() and pwrite() have come to. */
static int all_done(ssize_t done, size_t size)
{
	if (done < 0)
		return -errno;
	return (size_t)done == size ? 0 : -EIO;
}

int vfio_config_read(int dev, unsigned int offset, void *data, size_t size)
{
	struct vfio_region_info info;
	int rc = vfio_region(dev, VFIO_PCI_CONFIG_REGION_INDEX, &info);

	if (rc)
		return rc;
	return all_done(pread(dev, data, size, info.offset + offset), size);
}

int vfio_config_write(int dev, unsigned int offset, const void *data,
		      size_t size)
{
	struct vfio_region_info info;
	int rc = vfio_region(dev, VFIO_PCI_CONFIG_REGION_INDEX, &info);

	if (rc)
		return rc;
	return all_done(pwrite(dev, data, size, info.offset + offset), size);
}

int vfio_enable(int dev, int on)
{
	uint16_t command;
	int rc = vfio_config_read(dev, PCI_COMMAND, &command, sizeof(command));

	if (rc)
		return rc;
	if (on)
		command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	else
		command &= ~(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return vfio_config_write(dev, PCI_COMMAND, &command, sizeof(command));
}

int vfio_decode(int dev, int on)
{
	uint16_t command;
	int rc = vfio_config_read(dev, PCI_COMMAND, &command, sizeof(command));

	if (rc)
		return rc;
	command = on ? command | PCI_COMMAND_MEMORY :
		       command & ~PCI_COMMAND_MEMORY;
	return vfio_config_write(dev, PCI_COMMAND, &command, sizeof(command));
}

/* Where a capability is in configuration space. */
static int find_capability(int dev, uint8_t id, uint8_t *at)
{
	uint8_t cap[2];
	int rc = vfio_config_read(dev, PCI_CAPABILITY_LIST, at, sizeof(*at));

	while (!rc && *at) {
		rc = vfio_config_read(dev, *at, cap, sizeof(cap));
		if (!rc && cap[0] == id)
			return 0;
		*at = cap[1];
	}
	return rc ? rc : -ENOENT;
}

int vfio_power(int dev, int on)
{
	uint16_t state;
	uint8_t at;
	int rc = find_capability(dev, PCI_CAP_ID_PM, &at);

	if (!rc)
		rc = vfio_config_read(dev, at + PCI_PM_CTRL, &state,
				      sizeof(state));
	if (rc)
		return rc;
	state &= ~PCI_PM_CTRL_STATE_MASK;
	if (!on)
		state |= 3;
	return vfio_config_write(dev, at + PCI_PM_CTRL, &state, sizeof(state));
}

/* Headers of older kernels have no names for these. */
#define FEATURE_DMA_BUF 11

struct dma_buf_range {
	uint64_t offset;
	uint64_t length;
};

struct get_dma_buf {
	struct vfio_device_feature feature;
	uint32_t region_index;
	uint32_t open_flags;
	uint32_t flags;
	uint32_t nr_ranges;
	struct dma_buf_range range[2];
};

int vfio_dma_buf(int dev, unsigned int bar, uint64_t size, unsigned int ranges)
{
	struct get_dma_buf arg = {
		.feature = {
			.argsz = offsetof(struct get_dma_buf, range) +
				 ranges * sizeof(struct dma_buf_range),
			.flags = VFIO_DEVICE_FEATURE_GET | FEATURE_DMA_BUF,
		},
		.region_index = VFIO_PCI_BAR0_REGION_INDEX + bar,
		.open_flags = O_RDWR | O_CLOEXEC,
		.nr_ranges = ranges,
	};
	unsigned int i;
	int fd;

	for (i = 0; i < ranges; i++) {
		arg.range[i].offset = i * (size / ranges);
		arg.range[i].length = size / ranges;
	}
	fd = ioctl(dev, VFIO_DEVICE_FEATURE, &arg);
	return fd < 0 ? -errno : fd;
}

int vfio_feature_set(int dev, uint32_t feature)
{
	struct vfio_device_feature arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_FEATURE_SET | feature,
	};

	return vfio_call(dev, VFIO_DEVICE_FEATURE, &arg);
}

static int set_msi(int dev, uint32_t flags, unsigned int count, int event)
{
	struct {
		struct vfio_irq_set set;
		int32_t event;
	} arg = {
		.set = {
			.argsz = sizeof(arg), .index = VFIO_PCI_MSI_IRQ_INDEX,
			.flags = VFIO_IRQ_SET_ACTION_TRIGGER | flags,
			.count = count,
		},
		.event = event,
	};

	return vfio_call(dev, VFIO_DEVICE_SET_IRQS, &arg);
}

int vfio_msi_on(int dev, int event)
{
	return set_msi(dev, VFIO_IRQ_SET_DATA_EVENTFD, 1, event);
}

int vfio_msi_off(int dev)
{
	return set_msi(dev, VFIO_IRQ_SET_DATA_NONE, 0, -1);
}
