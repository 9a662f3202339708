// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions of IOVA that the devices of a group can't use, as IOMMU and platform tell: they
 * are reserved in the IOAS that the group is attached to, in the name of each device that
 * is.
 *
 * ioas->topo is held for writing over the change, and group->lock by the caller.
 */
#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/rwsem.h>

#include "iommufd/device/device.h"
#include "iommufd/device/group.h"
#include "iommufd/device/hwpt.h"
#include "iommufd/device/msi.h"
#include "iommufd/device/region.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/topo.h"

static bool region_is_reserved(const struct iommu_resv_region *region)
{
	return region->type != IOMMU_RESV_DIRECT_RELAXABLE && region->length;
}

/**
 * idev_reserve - take away what the devices of a group can't use
 * @idev: one of them, in whose name
 * @ioas: where
 * @window: set to where their interrupts go, if anywhere
 *
 * Return: 0, -EADDRINUSE where that is mapped or wanted, -ENOMEM, -EINTR.
 */
int idev_reserve(struct iommufd_device *idev, struct ioas *ioas,
		 struct msi_window *window)
{
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	int rc;

	window->kind = MSI_NONE;
	rc = iommu_get_group_resv_regions(idev->group->iommu, &regions);
	if (!rc && down_write_killable(&ioas->topo))
		rc = -EINTR;
	if (rc)
		goto out;
	list_for_each_entry(region, &regions, list) {
		msi_find_window(region, window);
		if (!region_is_reserved(region))
			continue;
		rc = ioas_reserve(ioas, region->start,
				  region->start + region->length - 1, idev);
		if (rc)
			break;
	}
	if (rc)
		ioas_unreserve(ioas, idev);
	up_write(&ioas->topo);
out:
	iommu_put_resv_regions(idev->dev, &regions);
	return rc;
}

/**
 * idev_unreserve - undo idev_reserve()
 * @idev: as there
 * @ioas: as there
 */
void idev_unreserve(struct iommufd_device *idev, struct ioas *ioas)
{
	down_write(&ioas->topo);
	ioas_unreserve(ioas, idev);
	up_write(&ioas->topo);
}
