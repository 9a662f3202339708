// SPDX-License-Identifier: GPL-2.0-only
/*
 * Groups: which domain one is attached to.
 *
 * The caller owns the DMA of the group and makes one call at a time for it.
 */
#include <linux/iommu.h>
#include <linux/module.h>

#include "compat/group.h"
#include "compat/handle.h"
#include "compat/module.h"

#ifdef HAVE_ATTACH_HANDLE
COMPAT_IMPORT_NS(IOMMUFD_INTERNAL);
#endif

/* Older drivers have several names for "this domain is not for this device". */
static int attach_error(int rc)
{
	if (rc == -ENXIO || rc == -EOPNOTSUPP || rc == -EFAULT)
		return -EINVAL;
	return rc;
}

/**
 * compat_group_attach - attach a domain to a group that is blocked
 * @group: the group, owned by the caller
 * @domain: the domain
 *
 * Return: 0, -EINVAL where the two do not fit, or another -errno.
 */
int compat_group_attach(struct iommu_group *group, struct iommu_domain *domain)
{
	return attach_error(iommu_attach_group(domain, group));
}

/**
 * compat_group_detach - block a group
 * @group: the group, owned by the caller
 * @domain: what it is attached to
 *
 * VT-d of 6.1 allocates memory to block a device.  Where there is none the
 * device is blocked all the same, but the kernel, after a warning, goes on as
 * if it had @domain.  Newer kernels forget @domain whatever the driver says.
 *
 * Return: false where that is so after some attempts: @domain must stay.
 */
#ifdef HAVE_ATTACH_HANDLE
bool compat_group_detach(struct iommu_group *group, struct iommu_domain *domain)
{
	iommu_detach_group_handle(domain, group);
	return true;
}
#else
/* Each attempt that fails is a warning of the kernel. */
#define DETACH_TRIES 3

static int device_has_domain(struct device *dev, void *domain)
{
	return iommu_get_domain_for_dev(dev) == domain;
}

bool compat_group_detach(struct iommu_group *group, struct iommu_domain *domain)
{
	unsigned int tries;

	for (tries = 0; tries < DETACH_TRIES; tries++) {
		iommu_detach_group(domain, group);
		if (!iommu_group_for_each_dev(group, domain,
					      device_has_domain))
			return true;
	}
	return false;
}
#endif

/**
 * compat_group_can_replace - can the domain of a group be changed in one step
 */
bool compat_group_can_replace(void)
{
#ifdef HAVE_ATTACH_HANDLE
	return true;
#else
	return false;
#endif
}

/**
 * compat_group_replace - change the domain of a group in one step
 * @group: the group, owned by the caller and attached
 * @domain: the new domain
 * @handle: of @domain
 *
 * Return: 0, or -errno with the old domain attached, unless
 * compat_replace_loses().
 */
int compat_group_replace(struct iommu_group *group, struct iommu_domain *domain,
			 struct compat_handle *handle)
{
#ifdef HAVE_ATTACH_HANDLE
	return attach_error(iommu_replace_group_handle(group, domain,
						       &handle->handle));
#else
	return -EOPNOTSUPP;
#endif
}

/**
 * compat_replace_loses - may a group that keeps its domain be blocked all the same
 * @rc: what compat_group_replace() returned
 *
 * Kernels that tell a driver which domain a device comes from leave it to the
 * driver to go back to that.  VT-d blocks the device before anything that can
 * fail, and does not.
 *
 * Return: true where the old domain has to be attached anew.  A device that is
 * being reset (-EBUSY) was not touched.
 */
bool compat_replace_loses(int rc)
{
#ifdef HAVE_ATTACH_FROM_DOMAIN
	return rc && rc != -EBUSY;
#else
	return false;
#endif
}
