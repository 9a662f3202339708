// SPDX-License-Identifier: GPL-2.0
/*
 * What a file of /dev/iommu has, see list.h.
 */
#include "iommufd.h"
#include "list.h"

static int list_call(struct list *list, unsigned long nr, void *entries,
		     uint32_t entry_size, uint32_t room)
{
	struct iommu_list arg = {
		.size = sizeof(arg),
		.flags = list->flags,
		.ioas_id = list->ioas,
		.entry_size = entry_size,
		.num = room,
		.next = list->next,
		.entries = (uintptr_t)entries,
	};
	int rc = iommufd_call(list->fd, nr, &arg);

	if (rc)
		return rc;
	list->next = arg.next;
	list->end = !arg.out_more;
	return arg.num;
}

int list_objects(struct list *list, struct iommu_object_entry *entries,
		 uint32_t room)
{
	return list_call(list, IOMMU_LIST_OBJECTS, entries, sizeof(*entries),
			 room);
}

int list_areas(struct list *list, struct iommu_area_entry *entries,
	       uint32_t room)
{
	return list_call(list, IOMMU_IOAS_LIST_AREAS, entries,
			 sizeof(*entries), room);
}
