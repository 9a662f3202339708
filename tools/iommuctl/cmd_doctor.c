// SPDX-License-Identifier: GPL-2.0
/*
 * iommuctl doctor: what is wrong, and what to type.
 */
#include <errno.h>

#include "check.h"
#include "command.h"
#include "out.h"
#include "say.h"
#include "verdict.h"

int cmd_doctor(const struct options *options)
{
	struct vdev vdev;
	enum verdict worst;
	int rc = options->argument ? vdev_find(options->argument, &vdev) : 0;

	if (rc == -EINVAL)
		return say(EXIT_USAGE, 0,
			   "%s is no address of a PCI device, such as 0000:01:00.0; see lspci -D",
			   options->argument);
	if (rc)
		return say(EXIT_NO, 0, "there is no device %s; see lspci -D", options->argument);
	out_begin(options->json);
	verdicts_begin();
	check_host(options->memory);
	if (options->argument)
		check_device(&vdev);
	worst = verdicts_end();
	out_gap();
	out_value("result", worst == VERDICT_BAD ? "a program would not get %s" :
						   "a program would get %s",
		  options->argument ? "the device" : "a device");
	out_end();
	return worst == VERDICT_BAD ? EXIT_NO : EXIT_FINE;
}
