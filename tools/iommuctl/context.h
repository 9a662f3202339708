/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A context: an open file of /dev/iommu of another process.
 *
 * Whoever has a descriptor of it keeps it alive, with all that it has pinned, when its
 * process ends. So it is taken for one request at a time, and given back before
 * anything is printed.
 */
#ifndef _IOMMUCTL_CONTEXT_H
#define _IOMMUCTL_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "list.h"

/**
 * struct context - whose file, and which
 * @pid: the process
 * @fd: its descriptor
 */
struct context {
	pid_t pid;
	int fd;
};

/* Entries that one request is for: it takes well below 10 ms. */
#define CONTEXT_BATCH 1024

/*
 * As list_objects() and list_areas(), of which @list->fd is set here. -EBUSY is tried
 * again for a while.
 */
int context_objects(const struct context *context, struct list *list,
		    struct iommu_object_entry *entries, uint32_t room);
int context_areas(const struct context *context, struct list *list,
		  struct iommu_area_entry *entries, uint32_t room);

/**
 * struct context_info - its fdinfo
 * @known: it has our lines; else it is another iommufd's
 * @payer: is told to the caller
 */
struct context_info {
	bool known;
	bool payer;
	char version[64];
	char charged[16];
	uint64_t ioas;
	uint64_t page_tables;
	uint64_t nested;
	uint64_t devices;
	uint64_t accesses;
	uint64_t areas;
	uint64_t mapped;
	uint64_t pinned;
	uint64_t shared;
	uint64_t metadata;
	uint64_t tables;
	uint64_t busy;
	uint64_t owner;
	uint64_t owner_tables;
	uint64_t owner_tables_limit;
	uint64_t owner_page_tables;
	uint64_t owner_page_tables_limit;
	uint64_t payer_pid;
	uint64_t payer_pinned;
	uint64_t payer_locked;
	uint64_t payer_limit;	/* UINT64_MAX: none */
};

int context_info(const struct context *context, struct context_info *info);

#endif
