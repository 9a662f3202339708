// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may be told of an object, to who looks at a context.
 *
 * group->lock and access->lock are held over pinning, so they are only tried: who looks
 * does not wait.
 */
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/string.h>
#include <uapi/linux/iommufd_list.h>

#include "iommufd/base/object.h"
#include "iommufd/device/device.h"
#include "iommufd/device/group.h"
#include "iommufd/device/hwpt.h"
#include "iommufd/device/view.h"
#include "iommufd/ioas/ioas.h"

static void device_view(struct object *obj, struct iommu_object_entry *entry)
{
	struct iommufd_device *idev =
		container_of(obj, struct iommufd_device, obj);

	entry->type = IOMMU_OBJECT_DEVICE;
	strscpy(entry->name, dev_name(idev->dev), sizeof(entry->name));
	if (!mutex_trylock(&idev->group->lock)) {
		entry->flags |= IOMMU_OBJECT_BUSY;
		return;
	}
	if (idev->attached)
		entry->on_id = idev->group->hwpt->obj.id;
	mutex_unlock(&idev->group->lock);
}

static void access_view(struct object *obj, struct iommu_object_entry *entry)
{
	struct iommufd_access *access =
		container_of(obj, struct iommufd_access, obj);

	entry->type = IOMMU_OBJECT_ACCESS;
	if (!mutex_trylock(&access->lock)) {
		entry->flags |= IOMMU_OBJECT_BUSY;
		return;
	}
	if (access->ioas)
		entry->on_id = access->ioas->obj.id;
	mutex_unlock(&access->lock);
}

static void hwpt_view(struct object *obj, struct iommu_object_entry *entry)
{
	struct hwpt *hwpt = container_of(obj, struct hwpt, obj);

	entry->type = IOMMU_OBJECT_HWPT;
	entry->on_id = hwpt->ioas->obj.id;
	entry->flags = (hwpt->automatic ? IOMMU_OBJECT_AUTOMATIC : 0) |
		       (hwpt->nests ? IOMMU_OBJECT_PARENT : 0);
	entry->table_bytes = READ_ONCE(hwpt->domain.tables.bytes);
	entry->page_sizes = READ_ONCE(hwpt->domain.pgsizes);
}

static void nested_view(struct object *obj, struct iommu_object_entry *entry)
{
	entry->type = IOMMU_OBJECT_NESTED;
	entry->on_id = container_of(obj, struct hwpt, obj)->parent->obj.id;
}

/**
 * object_view - say what an object is
 * @obj: the object, in use by the call
 * @entry: out, all of it
 */
void object_view(struct object *obj, struct iommu_object_entry *entry)
{
	memset(entry, 0, sizeof(*entry));
	entry->id = obj->id;
	/* One is for the id. */
	entry->users = refcount_read(&obj->users);
	entry->users -= entry->users != 0;
	switch (obj->type) {
	case OBJECT_IOAS:
		entry->type = IOMMU_OBJECT_IOAS;
		break;
	case OBJECT_HWPT:
		hwpt_view(obj, entry);
		break;
	case OBJECT_NESTED:
		nested_view(obj, entry);
		break;
	case OBJECT_DEVICE:
		device_view(obj, entry);
		break;
	case OBJECT_ACCESS:
		access_view(obj, entry);
		break;
	default:
		break;
	}
}
