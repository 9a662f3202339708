// SPDX-License-Identifier: GPL-2.0
/*
 * iommuctl devices: devices of VFIO drivers, and who has them.
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "holder.h"
#include "out.h"
#include "say.h"
#include "vdev.h"

static const struct column columns[] = {
	{ "address", "ADDRESS", -13 },
	{ "driver", "DRIVER", -12 },
	{ "node", "NODE", -25 },
	{ "group", "GROUP", 5 },
	{ "others", "OTHERS IN GROUP", -24 },
	{ "iommu", "IOMMU", -8 },
	{ "users", "USED BY", -1 },
};

/**
 * struct others - the other devices of a group
 * @self: the one that they are compared with
 * @text: their names, with their drivers
 */
struct others {
	const char *self;
	char text[256];
};

static int add_other(const struct vdev *vdev, void *arg)
{
	struct others *others = arg;
	size_t at = strlen(others->text);

	if (!strcmp(vdev->name, others->self))
		return 0;
	snprintf(others->text + at, sizeof(others->text) - at, "%s%s%s%s",
		 at ? " " : "", vdev->name, vdev->driver[0] ? "=" : "",
		 vdev->driver);
	return 0;
}

static int print_device(const struct vdev *vdev, void *arg)
{
	struct others others = { .self = vdev->name };
	const struct holders *holders = arg;
	char users[256], more[256];

	if (vdev->group >= 0)
		group_each(vdev->group, add_other, &others);
	holders_name(holders, HOLDER_DEVICE, vdev->number, users, sizeof(users));
	holders_name(holders, HOLDER_GROUP, vdev->group, more, sizeof(more));
	out_text("%s", vdev->name);
	out_text("%s", vdev->driver);
	out_text("/dev/vfio/devices/vfio%d", vdev->number);
	if (vdev->group >= 0)
		out_number(vdev->group);
	else
		out_text("none");
	out_text("%s", others.text);
	out_text("%s", vdev->iommu);
	out_text("%s%s%s", users, users[0] && more[0] ? ", " : "", more);
	return 0;
}

int cmd_devices(const struct options *options)
{
	struct holders holders;
	int rc = holders_find(&holders, 0);

	if (rc)
		return say(EXIT_CANNOT, rc, "/proc can't be read");
	out_begin(options->json);
	out_table("devices", NULL, columns, ARRAY_SIZE(columns));
	vdev_each(print_device, &holders);
	out_table_end();
	out_end();
	holders_free(&holders);
	return EXIT_FINE;
}
