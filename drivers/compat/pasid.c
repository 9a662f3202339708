// SPDX-License-Identifier: GPL-2.0-only
/*
 * PASIDs: which domain a part of a device's DMA goes through, and which devices have
 * them.
 *
 * The caller owns the DMA of the device's group, whose other devices that have PASIDs go
 * along, and makes one call at a time for it.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/log2.h>
#include <linux/pci.h>
#include <linux/pci-ats.h>
#include <uapi/linux/iommufd.h>

#include "compat/domain.h"
#include "compat/handle.h"
#include "compat/iommu.h"
#include "compat/pasid.h"

#ifdef HAVE_ATTACH_HANDLE

/**
 * compat_pasid_exists - can a device have DMA of a PASID
 * @dev: a device behind an IOMMU
 * @pasid: any number; 0 is what DMA without a PASID counts for
 *
 * The kernel looks only at devices that have PASIDs, and takes the others' along.
 */
bool compat_pasid_exists(struct device *dev, u32 pasid)
{
	return pasid && pasid < dev->iommu->max_pasids;
}

/**
 * compat_pasid_bits - how many bits a PASID of a device has
 * @dev: a device behind an IOMMU
 *
 * A driver may turn PASIDs on for the kernel's own use alone, as AMD-Vi does.  Only a
 * domain tells.
 *
 * Return: the number, 0 where there are none for page tables of ours, or -errno.
 */
int compat_pasid_bits(struct device *dev)
{
	struct compat_iommu_traits traits;
	struct iommu_domain *domain;

	if (!dev->iommu->max_pasids)
		return 0;
	domain = compat_domain_alloc(dev, IOMMU_HWPT_ALLOC_PASID, &traits);
	if (IS_ERR(domain))
		return PTR_ERR(domain) == -EOPNOTSUPP ? 0 : PTR_ERR(domain);
	iommu_domain_free(domain);
	return ilog2(dev->iommu->max_pasids);
}

/**
 * compat_pasid_capabilities - what a device may ask for with a PASID
 * @dev: a device that has them
 *
 * Return: of enum iommufd_hw_capabilities.
 */
u64 compat_pasid_capabilities(struct device *dev)
{
	int status = dev_is_pci(dev) ? pci_pasid_status(to_pci_dev(dev)) : 0;
	u64 capabilities = 0;

	if (status < 0)
		return 0;
	if (status & PCI_PASID_CTRL_EXEC)
		capabilities |= IOMMU_HW_CAP_PCI_PASID_EXEC;
	if (status & PCI_PASID_CTRL_PRIV)
		capabilities |= IOMMU_HW_CAP_PCI_PASID_PRIV;
	return capabilities;
}

/**
 * compat_pasid_attach - attach a domain to a PASID that is blocked
 * @dev: the device
 * @pasid: the PASID
 * @domain: the domain
 * @handle: by which the kernel knows this attach, until it is detached or replaced
 *
 * Return: 0, -EOPNOTSUPP where domain or device have no PASIDs, -EINVAL where they do not
 * fit, or another -errno.
 */
int compat_pasid_attach(struct device *dev, u32 pasid,
			struct iommu_domain *domain,
			struct compat_handle *handle)
{
	return iommu_attach_device_pasid(domain, dev, pasid, &handle->handle);
}

/**
 * compat_pasid_detach - block a PASID
 * @dev: the device
 * @pasid: the PASID
 * @domain: what it is attached to
 */
void compat_pasid_detach(struct device *dev, u32 pasid,
			 struct iommu_domain *domain)
{
	iommu_detach_device_pasid(domain, dev, pasid);
}

#else /* !HAVE_ATTACH_HANDLE */

bool compat_pasid_exists(struct device *dev, u32 pasid)
{
	return false;
}

int compat_pasid_bits(struct device *dev)
{
	return 0;
}

u64 compat_pasid_capabilities(struct device *dev)
{
	return 0;
}

int compat_pasid_attach(struct device *dev, u32 pasid,
			struct iommu_domain *domain,
			struct compat_handle *handle)
{
	return -EOPNOTSUPP;
}

void compat_pasid_detach(struct device *dev, u32 pasid,
			 struct iommu_domain *domain)
{
}

#endif /* !HAVE_ATTACH_HANDLE */

/**
 * compat_pasid_can_replace - can the domain of a PASID be changed in one step
 *
 * The function came together with the type of a domain's cookie, and is in no header.
 */
bool compat_pasid_can_replace(void)
{
#ifdef HAVE_DOMAIN_COOKIE_TYPE
	return true;
#else
	return false;
#endif
}

/**
 * compat_pasid_replace - change the domain of a PASID in one step
 * @dev: the device
 * @pasid: the PASID, attached
 * @domain: the new domain
 * @handle: another one than that of the attach that it replaces
 *
 * Return: as compat_pasid_attach(), with the old domain attached, unless
 * compat_replace_loses().
 */
int compat_pasid_replace(struct device *dev, u32 pasid,
			 struct iommu_domain *domain,
			 struct compat_handle *handle)
{
#ifdef HAVE_DOMAIN_COOKIE_TYPE
	return iommu_replace_device_pasid(domain, dev, pasid, &handle->handle);
#else
	return -EOPNOTSUPP;
#endif
}
