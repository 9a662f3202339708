/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices of VFIO drivers, and other devices of their groups, as sysfs has them.
 */
#ifndef _IOMMUCTL_VDEV_H
#define _IOMMUCTL_VDEV_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_ROOM 64

/**
 * struct vdev - a device
 * @name: its address, or another name on its bus
 * @driver: or ""
 * @number: of its node, where it has one; else -1
 * @group: of its IOMMU; -1: there is none
 * @iommu: its name, or ""
 */
struct vdev {
	char name[NAME_ROOM];
	char driver[NAME_ROOM];
	int number;
	int group;
	char iommu[NAME_ROOM];
};

/* The device of this directory in sysfs; -ENODEV. */
int vdev_read(const char *directory, struct vdev *vdev);

/* A PCI device; any one where @address has no domain: 01:00.0. -ENODEV, -EINVAL. */
int vdev_find(const char *address, struct vdev *vdev);

/* Each device that a VFIO driver has, by its number. What @each returns, if not 0. */
int vdev_each(int (*each)(const struct vdev *vdev, void *arg), void *arg);

/* Each device of a group. */
int group_each(int group, int (*each)(const struct vdev *vdev, void *arg),
	       void *arg);

/* Is it of a VFIO driver, or of a bridge's, which may be in a group as well? */
bool driver_is_vfio(const char *driver);
bool driver_is_harmless(const char *driver);

/* The last part of where a link leads; false: there is none. */
bool link_name(const char *directory, const char *link, char *name, size_t room);

#endif
