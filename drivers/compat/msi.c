// SPDX-License-Identifier: GPL-2.0-only
/*
 * Message signalled interrupts: whom they are isolated from, and how they pass an
 * IOMMU.
 */
#include <linux/iommu.h>
#include <linux/irqdomain.h>

#include "compat/msi.h"

#ifndef HAVE_GROUP_ISOLATED_MSI
static int device_lacks_remapping(struct device *dev, void *unused)
{
	return !device_iommu_capable(dev, IOMMU_CAP_INTR_REMAP);
}
#endif

/**
 * compat_group_msi_isolated - can no device of a group forge interrupts
 * @group: the group
 */
bool compat_group_msi_isolated(struct iommu_group *group)
{
#ifdef HAVE_GROUP_ISOLATED_MSI
	return iommu_group_has_isolated_msi(group);
#else
	return irq_domain_check_msi_remap() ||
	       !iommu_group_for_each_dev(group, NULL, device_lacks_remapping);
#endif
}

/**
 * compat_plain_msi_is_mapped - must the kernel be told where to map doorbells
 * even if the IOMMU lets interrupts pass
 *
 * Newer kernels know domains that have a window for them, and refuse vectors to
 * devices in other domains.
 */
bool compat_plain_msi_is_mapped(void)
{
#ifdef HAVE_DOMAIN_COOKIE_TYPE
	return true;
#else
	return false;
#endif
}
