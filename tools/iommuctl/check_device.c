// SPDX-License-Identifier: GPL-2.0
/*
 * What the doctor looks at of a device.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "holder.h"
#include "verdict.h"

static void check_driver(const struct vdev *vdev)
{
	char next[256];

	snprintf(next, sizeof(next), "driverctl set-override %s vfio-pci", vdev->name);
	if (driver_is_vfio(vdev->driver))
		verdict(VERDICT_OK, "driver", "", "%s", vdev->driver);
	else if (vdev->driver[0])
		verdict(VERDICT_BAD, "driver", next, "%s has it", vdev->driver);
	else
		verdict(VERDICT_BAD, "driver", next, "none has it");
}

static void check_device_node(const struct vdev *vdev)
{
	char node[64];

	if (!driver_is_vfio(vdev->driver))
		return;
	snprintf(node, sizeof(node), "/dev/vfio/devices/vfio%d", vdev->number);
	if (vdev->number < 0 || access(node, F_OK))
		verdict(VERDICT_BAD, "device node", "modprobe vfio_cdev",
			"there is none in /dev/vfio/devices");
	else if (access(node, R_OK | W_OK))
		verdict(VERDICT_BAD, "device node",
			"see \"Give a device to a program\" in the README",
			"%s may not be opened by user %u", node, geteuid());
	else
		verdict(VERDICT_OK, "device node", "", "%s", node);
}

static int check_member(const struct vdev *member, void *arg)
{
	const struct vdev *vdev = arg;
	char next[256];

	if (!strcmp(member->name, vdev->name) || driver_is_harmless(member->driver))
		return 0;
	snprintf(next, sizeof(next), "driverctl set-override %s vfio-pci", member->name);
	verdict(VERDICT_BAD, "group", next, "%s has %s, of the same group",
		member->driver, member->name);
	return 1;
}

static void check_group(const struct vdev *vdev)
{
	int rc;

	if (vdev->group < 0) {
		verdict(VERDICT_BAD, "group",
			"turn the IOMMU on in the firmware (VT-d, AMD-Vi); for the graphics unit of an Intel processor, intel_iommu=on, too",
			"no IOMMU stands before it");
		return;
	}
	rc = group_each(vdev->group, check_member, (void *)vdev);
	if (!rc)
		verdict(VERDICT_OK, "group", "",
			"%d: no kernel driver has another of its devices", vdev->group);
}

/* What firmware uses for itself: "direct"; a driver may take "direct-relaxable" away. */
static void check_firmware(const struct vdev *vdev)
{
	char path[128], line[256], end;
	unsigned long long first, last;
	FILE *file;

	if (vdev->group < 0)
		return;
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/reserved_regions", vdev->group);
	file = fopen(path, "r");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%llx %llx direct%c", &first, &last, &end) == 3 &&
		    end == '\n') {
			verdict(VERDICT_BAD, "firmware", "none: this device can't be passed on",
				"keeps %#llx-%#llx (RMRR, IVMD)", first, last);
			fclose(file);
			return;
		}
	fclose(file);
	verdict(VERDICT_OK, "firmware", "", "keeps no memory for itself");
}

static void check_free(const struct vdev *vdev)
{
	struct holders holders;
	char who[256];

	if (vdev->number < 0 || holders_find(&holders, 0))
		return;
	holders_name(&holders, HOLDER_DEVICE, vdev->number, who, sizeof(who));
	if (!who[0])
		holders_name(&holders, HOLDER_GROUP, vdev->group, who, sizeof(who));
	if (who[0])
		verdict(VERDICT_BAD, "in use", "end that program first", "%s has it", who);
	else
		verdict(VERDICT_OK, "in use", "",
			holders.unseen ? "by nobody that this user can see" : "by nobody");
	holders_free(&holders);
}

void check_device(const struct vdev *vdev)
{
	verdict(VERDICT_OK, "device", "", "%s", vdev->name);
	check_driver(vdev);
	check_device_node(vdev);
	check_group(vdev);
	check_firmware(vdev);
	check_free(vdev);
}
