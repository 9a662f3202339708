// SPDX-License-Identifier: GPL-2.0
/*
 * iommuctl list: open files of /dev/iommu.
 */
#include "command.h"
#include "contexts.h"
#include "out.h"
#include "say.h"

int cmd_list(const struct options *options)
{
	struct holders holders;
	int rc = holders_find(&holders, 0);

	if (rc)
		return say(EXIT_CANNOT, rc, "/proc can't be read");
	out_begin(options->json);
	contexts_print(&holders, NULL);
	out_end();
	if (holders.unseen && !options->json)
		say(0, 0, "files of other users were not seen: try as root");
	holders_free(&holders);
	return EXIT_FINE;
}
