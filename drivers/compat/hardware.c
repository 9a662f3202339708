// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the hardware behind a driver can do, where it is the driver or sysfs that
 * tells and not the kernel.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/iommufd.h>

#include "compat/hardware.h"
#include "compat/iommu.h"

#ifdef HAVE_HW_INFO
/* Newer drivers look at the type that is asked for; others have one. */
static void *hw_info(struct device *dev, u32 *length, u32 *type)
{
	const struct iommu_ops *ops = dev->iommu->iommu_dev->ops;
#ifdef HAVE_HW_INFO_TYPE_ENUM
	enum iommu_hw_info_type kind = *type;
#else
	u32 kind = IOMMU_HW_INFO_TYPE_NONE;
#endif
	void *info = ops->hw_info(dev, length, &kind);

	if (!IS_ERR(info) && *type != IOMMU_HW_INFO_TYPE_DEFAULT &&
	    *type != kind) {
		kfree(info);
		info = ERR_PTR(-EOPNOTSUPP);
	}
	*type = kind;
	return info;
}
#endif

/**
 * compat_hw_info - what the IOMMU driver tells of its hardware
 * @dev: the device behind it
 * @length: set to the length of the result
 * @type: which type is asked for, enum iommu_hw_info_type; set to that of the
 *	result
 *
 * Return: data to be freed by kfree(), NULL where the driver has nothing to
 * tell, or an ERR_PTR: -EOPNOTSUPP where it has nothing of that type.
 */
void *compat_hw_info(struct device *dev, u32 *length, u32 *type)
{
	*length = 0;
#ifdef HAVE_HW_INFO
	if (dev->iommu->iommu_dev->ops->hw_info)
		return hw_info(dev, length, type);
#endif
	*type = IOMMU_HW_INFO_TYPE_NONE;
	return NULL;
}

/**
 * compat_hw_lacks_ats - is it known that a device can't use ATS
 * @dev: a device behind an IOMMU
 */
bool compat_hw_lacks_ats(struct device *dev)
{
#ifdef HAVE_CAP_ATS
	return !device_iommu_capable(dev, IOMMU_CAP_PCI_ATS_SUPPORTED);
#else
	return false;
#endif
}

#ifdef HAVE_DOMAIN_ALLOC_USER
/* Of VT-d's extended capabilities: by which stages it can translate. */
#define VTD_ECAP_SECOND_STAGE BIT_ULL(46)
#define VTD_ECAP_FIRST_STAGE BIT_ULL(47)

/**
 * compat_hw_lacks_second_stage - would a second stage fit no device
 * @dev: a device behind an IOMMU
 *
 * VT-d makes a second stage for user space even where the hardware has none.
 *
 * Return: 1 where that is so, else 0 or -errno.
 */
int compat_hw_lacks_second_stage(struct device *dev)
{
	struct iommu_hw_info_vtd *vtd;
	u32 length, type = IOMMU_HW_INFO_TYPE_DEFAULT;
	int lacks = 0;

	vtd = compat_hw_info(dev, &length, &type);
	if (IS_ERR(vtd))
		return PTR_ERR(vtd);
	if (type == IOMMU_HW_INFO_TYPE_INTEL_VTD)
		lacks = (vtd->ecap_reg & VTD_ECAP_FIRST_STAGE) &&
			!(vtd->ecap_reg & VTD_ECAP_SECOND_STAGE);
	kfree(vtd);
	return lacks;
}
#endif

/**
 * compat_can_enforce_coherency - must no-snoop DMA of a device be made to snoop
 * @dev: any device
 *
 * 6.1 can be asked for a domain alone, and that answers for the devices that it
 * is attached to.  So there the drivers that can do it are known by name: AMD-Vi
 * always does, VT-d where the hardware has snoop control.  A device without an
 * IOMMU does no DMA, which is what vfio.ko of 6.1 thinks of one in a group, too.
 *
 * Return: true where the IOMMU can.
 */
#ifdef HAVE_CAP_ENFORCE_COHERENCY
bool compat_can_enforce_coherency(struct device *dev)
{
	return device_iommu_capable(dev, IOMMU_CAP_ENFORCE_CACHE_COHERENCY);
}
#else
/* Of VT-d's extended capabilities. */
#define VTD_ECAP_SNOOP_CONTROL BIT_ULL(7)

static struct device_attribute *find_attribute(struct device *dev,
					       const char *name)
{
	const struct attribute_group **group;
	struct attribute **attr;

	for (group = dev->groups; group && *group; group++)
		for (attr = (*group)->attrs; attr && *attr; attr++)
			if (!strcmp((*attr)->name, name))
				return container_of(*attr,
						    struct device_attribute,
						    attr);
	return NULL;
}

/*
 * VT-d keeps what the hardware says to itself, and shows it in sysfs.  The page
 * that such an attribute is shown in is a static one: this must not fail.
 */
static u64 vtd_ecap(struct device *iommu)
{
	static char text[PAGE_SIZE] __aligned(PAGE_SIZE);
	static DEFINE_MUTEX(text_lock);	/* a leaf; guards text */
	struct device_attribute *ecap = find_attribute(iommu, "ecap");
	u64 value = 0;

	if (!ecap || !ecap->show)
		return 0;
	mutex_lock(&text_lock);
	if (ecap->show(iommu, ecap, text) <= 0 || kstrtou64(text, 16, &value))
		value = 0;
	mutex_unlock(&text_lock);
	return value;
}

bool compat_can_enforce_coherency(struct device *dev)
{
	struct device *iommu;

	if (!compat_has_iommu(dev))
		return true;
	iommu = dev->iommu->iommu_dev->dev;
	if (!iommu)
		return false;
	if (strstarts(dev_name(iommu), "dmar"))
		return vtd_ecap(iommu) & VTD_ECAP_SNOOP_CONTROL;
	return strstarts(dev_name(iommu), "ivhd");
}
#endif
