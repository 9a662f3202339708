// SPDX-License-Identifier: GPL-2.0
/*
 * iommuctl alone: one screen of all.
 */
#include <stdio.h>

#include "command.h"
#include "contexts.h"
#include "host.h"
#include "out.h"
#include "say.h"

static void module_print(const char *name)
{
	char version[64];

	if (!module_is_loaded(name)) {
		out_value(name, "not loaded");
		return;
	}
	module_version(name, version, sizeof(version));
	out_value(name, "%s", version[0] ? version : "loaded");
}

int cmd_screen(const struct options *options)
{
	const char *backend = container_backend();
	struct holders holders;
	char names[128];
	int rc = holders_find(&holders, 0);

	if (rc)
		return say(EXIT_CANNOT, rc, "/proc can't be read");
	out_begin(options->json);
	out_value("kernel", "%s", host_release());
	module_print("iommufd");
	module_print("vfio_cdev");
	module_print("vfio_iommufd");
	out_value("containers", "%s", backend ? backend : "no backend is loaded");
	iommus_name(names, sizeof(names));
	out_value("iommus", "%s", names[0] ? names : "none: off in the firmware?");
	out_value("interrupts", interrupts_are_remapped() ? "remapped" : "not remapped");
	contexts_print(&holders, "Open files of /dev/iommu:");
	out_end();
	if (holders.unseen && !options->json)
		say(0, 0, "files of other users were not seen: try as root");
	holders_free(&holders);
	return EXIT_FINE;
}
