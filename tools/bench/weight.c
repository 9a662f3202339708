// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that the kernel keeps, see weight.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "slab.h"
#include "weight.h"

#define PAGE 4096

/* 0 where the kernel does not count them. */
static int take_tables(struct weight *weight)
{
	FILE *file = fopen("/proc/vmstat", "re");
	char name[64];
	long pages;

	if (!file)
		return -errno;
	weight->tables = 0;
	while (fscanf(file, "%63s %ld", name, &pages) == 2)
		if (!strcmp(name, "nr_iommu_pages"))
			weight->tables = pages * PAGE;
	fclose(file);
	return 0;
}

/* Pages that a processor keeps in hand are as free as those of the zones. */
static int take_used(struct weight *weight)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	char line[128];
	long pages;

	if (!file)
		return -errno;
	weight->used = 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " pages free %ld", &pages) == 1 ||
		    sscanf(line, " count: %ld", &pages) == 1)
			weight->used -= pages * PAGE;
	fclose(file);
	return weight->used ? 0 : -EPROTO;
}

int weight_take(struct weight *weight)
{
	uint64_t slab;
	int rc = slab_bytes(&slab);

	weight->slab = slab;
	if (!rc)
		rc = take_tables(weight);
	return rc ? rc : take_used(weight);
}
