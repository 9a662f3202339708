// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables that are made before a device is attached: to be filled their domain has to
 * be settled, which with some drivers takes an attach.
 *
 * Locks as in attach.c, but for topo: the domain is in no IOAS yet.
 */
#include <linux/err.h>
#include <linux/mutex.h>

#include "compat/group.h"
#include "iommufd/device/attach.h"
#include "iommufd/device/device.h"
#include "iommufd/device/group.h"
#include "iommufd/device/hwpt.h"
#include "iommufd/device/settle.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/iommu/domain.h"

/* Settle a domain by attaching it, empty, to a group that is blocked. */
static int idev_settle(struct iommufd_device *idev, struct hwpt *hwpt)
{
	struct group *group = idev->group;
	int rc = 0;

	mutex_lock(&group->lock);
	if (!group->hwpt) {
		rc = compat_group_attach(group->iommu, hwpt->domain.iommu);
		if (!rc) {
			rc = hwpt_enforce(hwpt, idev, true);
			if (!rc)
				rc = domain_settle(&hwpt->domain);
			domain_detach(&hwpt->domain, group->iommu);
			if (hwpt->domain.stuck)
				rc = -ENOMEM;
		}
	}
	mutex_unlock(&group->lock);
	return rc;
}

/* Fill a page table now, if that is possible before its first attach. */
static int idev_fill_hwpt(struct iommufd_device *idev, struct hwpt *hwpt)
{
	int rc;

	rc = hwpt_prepare(hwpt, idev);
	if (!rc && !hwpt->domain.settled)
		rc = idev_settle(idev, hwpt);
	if (!rc && hwpt->domain.settled)
		rc = hwpt_fill(hwpt);
	return rc;
}

/**
 * idev_create_hwpt - a page table for a device, to be attached later
 * @idev: the device
 * @ioas: what it holds
 * @flags: what it must be able to do, as of hwpt_create()
 *
 * It is filled now, but where its domain settles only when it is attached and
 * the device is attached elsewhere: then by its first attach.
 *
 * Return: as hwpt_create(), or an error as of iommufd_device_attach().
 */
struct hwpt *idev_create_hwpt(struct iommufd_device *idev, struct ioas *ioas,
			      u32 flags)
{
	struct hwpt *hwpt;
	int rc;

	mutex_lock(&ioas->hwpts_lock);
	hwpt = hwpt_create(ioas, idev->dev, flags, false);
	if (!IS_ERR(hwpt)) {
		rc = idev_fill_hwpt(idev, hwpt);
		if (rc) {
			hwpt_abort(hwpt);
			hwpt = ERR_PTR(rc);
		}
	}
	mutex_unlock(&ioas->hwpts_lock);
	return hwpt;
}
