/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a file of /dev/iommu has, a piece at a time.
 */
#ifndef _LIB_LIST_H
#define _LIB_LIST_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/iommufd_list.h>

/**
 * struct list - how far a listing has come
 * @fd: of /dev/iommu
 * @ioas: whose areas
 * @flags: IOMMU_LIST_*
 * @next: where it goes on, at first 0
 * @end: there is nothing behind
 */
struct list {
	int fd;
	uint32_t ioas;
	uint32_t flags;
	uint64_t next;
	bool end;
};

/* How many entries were filled, or a negative errno. */
int list_objects(struct list *list, struct iommu_object_entry *entries,
		 uint32_t room);
int list_areas(struct list *list, struct iommu_area_entry *entries,
	       uint32_t room);

#endif
