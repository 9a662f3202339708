// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that the kernel keeps, see weight.h.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "weight.h"

#define PAGE 4096

/* A cache's pages in each slab, and slabs. */
#define SLABINFO_LINE "%*s %*u %*u %*u %*u %lu : tunables %*u %*u %*u" \
		      " : slabdata %*u %lu"

int weight_shrink(void)
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

static int take_slab(struct weight *weight)
{
	FILE *file = fopen("/proc/slabinfo", "re");
	unsigned long pages, slabs;
	char line[256];

	if (!file)
		return -errno;
	weight->slab = 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, SLABINFO_LINE, &pages, &slabs) == 2)
			weight->slab += pages * slabs * PAGE;
	fclose(file);
	return weight->slab ? 0 : -EPROTO;
}

static int take_pages(struct weight *weight)
{
	FILE *file = fopen("/proc/vmstat", "re");
	char name[64];
	long pages;

	if (!file)
		return -errno;
	weight->tables = 0;
	while (fscanf(file, "%63s %ld", name, &pages) == 2) {
		if (!strcmp(name, "nr_free_pages"))
			weight->used = -pages * PAGE;
		else if (!strcmp(name, "nr_iommu_pages"))
			weight->tables = pages * PAGE;
	}
	fclose(file);
	return weight->used ? 0 : -EPROTO;
}

int weight_take(struct weight *weight)
{
	int rc = take_slab(weight);

	return rc ? rc : take_pages(weight);
}
