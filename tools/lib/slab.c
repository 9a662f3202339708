// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that the kernel keeps, see slab.h.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>

#include "file.h"
#include "slab.h"

#define SLAB_PAGE 4096

/* A cache's pages in each slab, and slabs. */
#define SLABINFO_LINE "%*s %*u %*u %*u %*u %lu : tunables %*u %*u %*u" \
		      " : slabdata %*u %lu"

int slab_shrink(void)
{
	glob_t caches;
	size_t i;
	int rc = 0;

	if (glob("/sys/kernel/slab/*/shrink", 0, NULL, &caches))
		return -ENOENT;
	for (i = 0; i < caches.gl_pathc && !rc; i++)
		rc = file_write(caches.gl_pathv[i], "1");
	globfree(&caches);
	return rc;
}

int slab_bytes(uint64_t *bytes)
{
	FILE *file = fopen("/proc/slabinfo", "re");
	unsigned long pages, slabs;
	char line[256];

	if (!file)
		return -errno;
	*bytes = 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, SLABINFO_LINE, &pages, &slabs) == 2)
			*bytes += pages * slabs * SLAB_PAGE;
	fclose(file);
	return *bytes ? 0 : -EPROTO;
}
