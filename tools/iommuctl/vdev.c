// SPDX-License-Identifier: GPL-2.0
/*
 * Devices as sysfs has them, see vdev.h.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vdev.h"

#define CLASS "/sys/class/vfio-dev"
#define PATH_ROOM (PATH_MAX + 320)

bool link_name(const char *directory, const char *link, char *name, size_t room)
{
	char path[PATH_ROOM], target[PATH_ROOM];
	const char *base;
	ssize_t got;

	name[0] = '\0';
	snprintf(path, sizeof(path), "%s/%s", directory, link);
	got = readlink(path, target, sizeof(target) - 1);
	if (got < 0)
		return false;
	target[got] = '\0';
	base = strrchr(target, '/');
	snprintf(name, room, "%s", base ? base + 1 : target);
	return true;
}

/* The number N of vfio-dev/vfioN below the device. */
static int node_number(const char *directory)
{
	char path[PATH_ROOM];
	struct dirent *entry;
	int number = -1;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/vfio-dev", directory);
	dir = opendir(path);
	if (!dir)
		return -1;
	while (number < 0 && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "vfio%d", &number) != 1)
			number = -1;
	closedir(dir);
	return number;
}

int vdev_read(const char *directory, struct vdev *vdev)
{
	char real[PATH_MAX], group[NAME_ROOM];
	const char *base;

	if (!realpath(directory, real))
		return -ENODEV;
	base = strrchr(real, '/');
	*vdev = (struct vdev){ .number = node_number(real), .group = -1 };
	snprintf(vdev->name, sizeof(vdev->name), "%s", base + 1);
	link_name(real, "driver", vdev->driver, sizeof(vdev->driver));
	link_name(real, "iommu", vdev->iommu, sizeof(vdev->iommu));
	if (link_name(real, "iommu_group", group, sizeof(group)))
		vdev->group = atoi(group);
	return 0;
}

int vdev_find(const char *address, struct vdev *vdev)
{
	unsigned int domain = 0, bus, slot, function;
	char path[PATH_ROOM], end;

	if (sscanf(address, "%x:%x:%x.%x%c", &domain, &bus, &slot, &function,
		   &end) != 4) {
		domain = 0;
		if (sscanf(address, "%x:%x.%x%c", &bus, &slot, &function,
			   &end) != 3)
			return -EINVAL;
	}
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%04x:%02x:%02x.%x",
		 domain, bus, slot, function);
	return vdev_read(path, vdev);
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	int x, y;

	if (sscanf((*a)->d_name, "vfio%d", &x) != 1 ||
	    sscanf((*b)->d_name, "vfio%d", &y) != 1)
		return alphasort(a, b);
	return x - y;
}

static int is_entry(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int each_in(const char *directory, const char *format,
		   int (*order)(const struct dirent **a, const struct dirent **b),
		   int (*each)(const struct vdev *vdev, void *arg), void *arg)
{
	struct dirent **list;
	int count = scandir(directory, &list, is_entry, order);
	char path[PATH_ROOM];
	struct vdev vdev;
	int i, rc = 0;

	if (count < 0)
		return -errno;
	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), format, directory, list[i]->d_name);
		if (!rc && !vdev_read(path, &vdev))
			rc = each(&vdev, arg);
		free(list[i]);
	}
	free(list);
	return rc;
}

int vdev_each(int (*each)(const struct vdev *vdev, void *arg), void *arg)
{
	int rc = each_in(CLASS, "%s/%s/device", by_number, each, arg);

	return rc == -ENOENT ? 0 : rc;
}

int group_each(int group, int (*each)(const struct vdev *vdev, void *arg),
	       void *arg)
{
	char path[PATH_ROOM];

	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/devices", group);
	return each_in(path, "%s/%s", alphasort, each, arg);
}

bool driver_is_vfio(const char *driver)
{
	return strstr(driver, "vfio");
}

bool driver_is_harmless(const char *driver)
{
	return !driver[0] || driver_is_vfio(driver) || !strcmp(driver, "pcieport") ||
	       !strcmp(driver, "pci-stub") || !strcmp(driver, "shpchp");
}
