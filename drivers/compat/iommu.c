// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOMMU drivers: which there are, as data, and how each behaves.
 *
 * introduced_lock guards the one that a test adds.
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/mem_encrypt.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "compat/iommu.h"

#ifdef HAVE_PAGING_DOMAIN_ALLOC
#define SETTLED_BY_ALLOC true
#define AMD_MAPS_IN_PARALLEL true
#define VTD_CHARGES true
#define VTD_FLUSHES_SHORT false
#else
#define SETTLED_BY_ALLOC false
#define AMD_MAPS_IN_PARALLEL false
#define VTD_CHARGES false
#define VTD_FLUSHES_SHORT true
#endif

#ifdef HAVE_GENERIC_PT
#define VTD_TIES_PASIDS false
#else
#define VTD_TIES_PASIDS true
#endif

/* Most domains are a root table and some structs. */
#define DOMAIN_SIZE (2 * PAGE_SIZE)

/* The root of an SMMU may be sixteen tables. */
#define DOMAIN_SIZE_MAX (17 * PAGE_SIZE)

/*
 * A driver is known by the name that it gives to its IOMMUs in sysfs, or by its
 * module where those have names of devices of any kind.  VT-d
 * reports no progress when a map fails half way; that of 6.1 rounds the start of
 * what it flushes in a first stage down, but not the end up; and that of 6.12 turns ATS
 * off for a device that is blocked or nested, and then forgets no device TLB of its
 * PASIDs, or does not know it.  AMD-Vi of 6.1
 * changes the root of a growing table without telling those who walk it, and that of
 * 6.12, too, sets the encryption bit whatever it maps.
 */
static const struct compat_iommu_driver drivers[] = {
	{ .prefix = "dmar", .traits = {
		.settled = SETTLED_BY_ALLOC,
		.parallel = true,
		.charged = VTD_CHARGES,
		.merges = true,
		.short_flush = VTD_FLUSHES_SHORT,
		.pasids_tied = VTD_TIES_PASIDS,
		.size = DOMAIN_SIZE,
	} },
	{ .prefix = "ivhd", .traits = {
		.settled = SETTLED_BY_ALLOC,
		.truthful = true,
		.parallel = AMD_MAPS_IN_PARALLEL,
		.charged = true,
		.encrypts = true,
		.size = DOMAIN_SIZE,
	} },
	{ .prefix = "smmu3.", .traits = {
		.settled = SETTLED_BY_ALLOC,
		.truthful = true,
		.parallel = true,
		.charged = true,
		.size = DOMAIN_SIZE_MAX,
	} },
	{ .module = "virtio_iommu", .traits = {
		.by_call = true,
		.merges = true,
		.size = DOMAIN_SIZE,
	} },
};

/* What is safe to believe of a driver that is not in the table. */
static const struct compat_iommu_traits unknown_traits = {
	.merges = true,
	.size = DOMAIN_SIZE_MAX,
};

#ifdef HAVE_GENERIC_PT
const struct compat_iommu_traits compat_generic_traits = {
	.settled = true,
	.truthful = true,
	.parallel = true,
	.charged = true,
	.merges = true,
	.size = DOMAIN_SIZE,
};
#endif

static const struct compat_iommu_driver *introduced;
static DEFINE_MUTEX(introduced_lock);	/* a leaf; guards introduced */

/**
 * compat_iommu_introduce - let one more driver be known
 * @driver: the driver, valid until it is called with NULL
 */
void compat_iommu_introduce(const struct compat_iommu_driver *driver)
{
	mutex_lock(&introduced_lock);
	introduced = driver;
	mutex_unlock(&introduced_lock);
}

static bool driver_has(const struct compat_iommu_driver *driver,
		       const struct iommu_device *iommu)
{
	const struct module *owner = iommu->ops->owner;

	if (driver->module)
		return owner && !strcmp(owner->name, driver->module);
	return iommu->dev && !strncmp(dev_name(iommu->dev), driver->prefix,
				      strlen(driver->prefix));
}

/**
 * compat_iommu_traits_of - how the IOMMU driver behind a device behaves
 * @dev: a device with an IOMMU
 */
struct compat_iommu_traits compat_iommu_traits_of(struct device *dev)
{
	struct compat_iommu_traits traits = unknown_traits;
	const struct iommu_device *iommu = dev->iommu->iommu_dev;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(drivers); i++)
		if (driver_has(&drivers[i], iommu))
			return drivers[i].traits;
	mutex_lock(&introduced_lock);
	if (introduced && driver_has(introduced, iommu))
		traits = introduced->traits;
	mutex_unlock(&introduced_lock);
	return traits;
}

/**
 * compat_iommu_driver_id - what tells one IOMMU driver from another
 * @dev: a device with an IOMMU
 */
const void *compat_iommu_driver_id(struct device *dev)
{
	return dev->iommu->iommu_dev->ops;
}

/**
 * compat_has_iommu - is there an IOMMU that translates for a device
 * @dev: any device
 */
bool compat_has_iommu(struct device *dev)
{
	return dev->iommu && dev->iommu->iommu_dev;
}

/**
 * compat_host_encrypts - does the host encrypt its memory (SME of AMD)
 */
bool compat_host_encrypts(void)
{
#ifdef CONFIG_AMD_MEM_ENCRYPT
	return sme_me_mask;
#else
	return false;
#endif
}
