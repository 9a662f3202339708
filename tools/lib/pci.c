// SPDX-License-Identifier: GPL-2.0
/*
 * PCI devices by sysfs, see pci.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/pci_regs.h>

#include "file.h"
#include "pci.h"

#define PCI_DEVICES "/sys/bus/pci/devices"

static int pci_attr(const char *bdf, const char *attr, uint64_t *value)
{
	char path[256];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", bdf, attr);
	return file_read_u64(path, value);
}

static int pci_is_id(const char *bdf, uint32_t id)
{
	uint64_t vendor, device;

	return !pci_attr(bdf, "vendor", &vendor) &&
	       !pci_attr(bdf, "device", &device) &&
	       (vendor << 16 | device) == id;
}

static int pci_is_class(const char *bdf, uint32_t class)
{
	uint64_t value;

	return !pci_attr(bdf, "class", &value) && value == class;
}

static int pci_find(int (*match)(const char *bdf, uint32_t key), uint32_t key,
		    int n, char *bdf)
{
	struct dirent **list;
	int count = scandir(PCI_DEVICES, &list, NULL, alphasort);
	int rc = -ENODEV;
	int i;

	if (count < 0)
		return -errno;
	for (i = 0; i < count; i++) {
		if (rc && match(list[i]->d_name, key) && !n--) {
			snprintf(bdf, PCI_NAME_MAX, "%.15s", list[i]->d_name);
			rc = 0;
		}
		free(list[i]);
	}
	free(list);
	return rc;
}

int pci_find_id(uint16_t vendor, uint16_t device, int n, char *bdf)
{
	return pci_find(pci_is_id, (uint32_t)vendor << 16 | device, n, bdf);
}

int pci_find_class(uint32_t class, int n, char *bdf)
{
	return pci_find(pci_is_class, class, n, bdf);
}

/* The last part of what the link @link of the device points to. */
static int pci_link(const char *bdf, const char *link, char *name, size_t room)
{
	char path[256], target[256];
	const char *base;
	ssize_t got;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", bdf, link);
	got = readlink(path, target, sizeof(target) - 1);
	if (got < 0)
		return -errno;
	target[got] = '\0';
	base = strrchr(target, '/');
	base = base ? base + 1 : target;
	got = snprintf(name, room, "%s", base);
	return (size_t)got < room ? 0 : -ENAMETOOLONG;
}

int pci_driver(const char *bdf, char *name, size_t room)
{
	char path[256];
	int rc = pci_link(bdf, "driver", name, room);

	if (rc != -ENOENT)
		return rc;
	snprintf(path, sizeof(path), PCI_DEVICES "/%s", bdf);
	if (access(path, F_OK))
		return -ENODEV;
	name[0] = '\0';
	return 0;
}

int pci_unbind(const char *bdf)
{
	char path[256], driver[64];
	int rc = pci_driver(bdf, driver, sizeof(driver));

	if (rc || !driver[0])
		return rc;
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver/unbind", bdf);
	return file_write(path, bdf);
}

int pci_bind(const char *bdf, const char *driver)
{
	char path[256], now[64];
	int rc = pci_driver(bdf, now, sizeof(now));

	if (rc || !strcmp(now, driver))
		return rc;
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver_override", bdf);
	rc = file_write(path, driver);
	if (!rc)
		rc = pci_unbind(bdf);
	if (!rc)
		rc = file_write("/sys/bus/pci/drivers_probe", bdf);
	if (!rc)
		rc = pci_driver(bdf, now, sizeof(now));
	if (!rc && strcmp(now, driver))
		rc = -ENXIO;
	return rc;
}

int pci_decode(const char *bdf, int on)
{
	uint16_t command;
	char path[256];
	int fd, rc = 0;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/config", bdf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (pread(fd, &command, sizeof(command), PCI_COMMAND) !=
	    sizeof(command))
		rc = -EIO;
	command = on ? command | PCI_COMMAND_MEMORY :
		       command & ~PCI_COMMAND_MEMORY;
	if (!rc && pwrite(fd, &command, sizeof(command), PCI_COMMAND) !=
	    sizeof(command))
		rc = -EIO;
	close(fd);
	return rc;
}

int pci_group(const char *bdf, int *group)
{
	char name[32];
	int rc = pci_link(bdf, "iommu_group", name, sizeof(name));

	if (!rc)
		*group = atoi(name);
	return rc;
}

int pci_msi_window(const char *bdf, uint64_t *first, uint64_t *last)
{
	char path[256], regions[1024], *line, *next = regions;
	unsigned long long start, end;
	char type[32];
	int rc;

	snprintf(path, sizeof(path),
		 PCI_DEVICES "/%s/iommu_group/reserved_regions", bdf);
	rc = file_read(path, regions, sizeof(regions));
	if (rc < 0)
		return rc;
	while ((line = strsep(&next, "\n"))) {
		if (sscanf(line, "%llx %llx %31s", &start, &end, type) != 3 ||
		    strcmp(type, "msi"))
			continue;
		*first = start;
		*last = end;
		return 0;
	}
	return -ENOENT;
}
