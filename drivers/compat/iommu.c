// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's IOMMU interface, on each kernel and with each driver.
 */
#include <linux/irqdomain.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <uapi/linux/iommufd.h>

#include "iommu.h"

#ifdef HAVE_ATTACH_HANDLE
COMPAT_IMPORT_NS(IOMMUFD_INTERNAL);
#endif

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

/* Most domains are a root table and some structs. */
#define DOMAIN_SIZE (2 * PAGE_SIZE)

/* The root of an SMMU may be sixteen tables. */
#define DOMAIN_SIZE_MAX (17 * PAGE_SIZE)

/*
 * A driver is known by the name that it gives to its IOMMUs in sysfs, or by its
 * module where those have names of devices of any kind.  VT-d
 * reports no progress when a map fails half way; that of 6.1 rounds the start of
 * what it flushes in a first stage down, but not the end up.  AMD-Vi of 6.1
 * changes the root of a growing table without telling those who walk it.
 */
static const struct compat_iommu_driver drivers[] = {
	{ .prefix = "dmar", .traits = {
		.settled = SETTLED_BY_ALLOC,
		.parallel = true,
		.charged = VTD_CHARGES,
		.merges = true,
		.short_flush = VTD_FLUSHES_SHORT,
		.size = DOMAIN_SIZE,
	} },
	{ .prefix = "ivhd", .traits = {
		.settled = SETTLED_BY_ALLOC,
		.truthful = true,
		.parallel = AMD_MAPS_IN_PARALLEL,
		.charged = true,
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

/* How the IOMMU driver behind a device behaves. */
static struct compat_iommu_traits driver_traits(struct device *dev)
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

#ifdef HAVE_DOMAIN_ALLOC_USER
/* Of VT-d's extended capabilities: by which stages it can translate. */
#define VTD_ECAP_SECOND_STAGE BIT_ULL(46)
#define VTD_ECAP_FIRST_STAGE BIT_ULL(47)

/*
 * VT-d makes a second stage for user space even where there is none, which then
 * fits no device.  Returns 1 where that is so, else 0 or -errno.
 */
static int lacks_second_stage(struct device *dev)
{
	struct iommu_hw_info_vtd *vtd;
	u32 length, type;
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

static struct iommu_domain *domain_alloc(struct device *dev,
					 struct compat_iommu_traits *traits)
{
	const struct iommu_ops *ops = dev->iommu->iommu_dev->ops;
	struct iommu_domain *domain;
	int lacks;

	lacks = lacks_second_stage(dev);
	if (lacks < 0)
		return ERR_PTR(lacks);
	if (lacks)
		traits->settled = false;
	if (lacks || !ops->domain_alloc_user)
		return iommu_paging_domain_alloc(dev);
	domain = ops->domain_alloc_user(dev, 0, NULL, NULL);
	if (!IS_ERR(domain))
		domain->owner = ops;	/* AMD-Vi leaves it out */
	return domain;
}
#else
static struct iommu_domain *domain_alloc(struct device *dev,
					 struct compat_iommu_traits *traits)
{
#ifdef HAVE_PAGING_DOMAIN_ALLOC
	return iommu_paging_domain_alloc(dev);
#else
	struct iommu_domain *domain = iommu_domain_alloc(dev->bus);

	return domain ? domain : ERR_PTR(-ENOMEM);
#endif
}
#endif

#ifdef HAVE_GENERIC_PT
/* Drivers with the kernel's own page tables are all alike. */
static const struct compat_iommu_traits generic_traits = {
	.settled = true,
	.truthful = true,
	.parallel = true,
	.charged = true,
	.merges = true,
	.size = DOMAIN_SIZE,
};

static bool is_generic(struct iommu_domain *domain)
{
	return iommupt_from_domain(domain);
}
#endif

/**
 * compat_domain_alloc - an empty paging domain for a device
 * @dev: the device
 * @traits: set to how the driver behaves with such a domain
 *
 * Return: the domain, or an ERR_PTR.
 */
struct iommu_domain *compat_domain_alloc(struct device *dev,
					 struct compat_iommu_traits *traits)
{
	struct iommu_domain *domain;

	*traits = driver_traits(dev);
	domain = domain_alloc(dev, traits);
#ifdef HAVE_GENERIC_PT
	if (!IS_ERR(domain) && is_generic(domain))
		*traits = generic_traits;
#endif
	return domain;
}

/* For drivers that have no map_pages: see compat_domain_map(). */
int compat_domain_map_slow(struct iommu_domain *domain, unsigned long iova,
			   phys_addr_t paddr, size_t pgsize, size_t pgcount,
			   int prot, size_t *mapped)
{
	int rc;

#ifdef HAVE_IOMMU_MAP_ATOMIC
	rc = iommu_map(domain, iova, paddr, pgsize * pgcount, prot);
#else
	rc = iommu_map(domain, iova, paddr, pgsize * pgcount, prot,
		       GFP_KERNEL_ACCOUNT);
#endif
	if (!rc)
		*mapped += pgsize * pgcount;
	return rc;
}

/**
 * compat_domain_map_sync - make new mappings visible to the hardware
 * @domain: the domain
 * @iova: first IOVA of what was mapped
 * @size: bytes
 *
 * Return: 0 or -errno.
 */
int compat_domain_map_sync(struct iommu_domain *domain, unsigned long iova,
			   size_t size)
{
	if (!domain->ops->iotlb_sync_map)
		return 0;
#ifdef HAVE_SYNC_MAP_ERROR
	return domain->ops->iotlb_sync_map(domain, iova, size);
#else
	domain->ops->iotlb_sync_map(domain, iova, size);
	return 0;
#endif
}

/* What a level of VT-d's tables resolves, and a page at the end. */
#define VTD_LEVEL_BITS 9
#define VTD_PAGE_BITS 12

/**
 * compat_domain_first_stage - does a domain of VT-d translate by a first stage
 * @domain: the domain, attached at least once
 *
 * Nothing says so but the aperture.  A second stage has all that its levels
 * resolve; a first stage half, as the upper half is of negative addresses.
 */
bool compat_domain_first_stage(const struct iommu_domain *domain)
{
	unsigned int bits = fls64(domain->geometry.aperture_end);

	return (bits + 1 - VTD_PAGE_BITS) % VTD_LEVEL_BITS == 0;
}

/**
 * compat_domain_flush_all - wait until nothing that was unmapped is cached
 * @domain: the domain
 * @gather: marked as queued, so that the driver has flushed nothing, nor noted
 *	ranges, and has left its tables to be freed; empty afterwards
 */
void compat_domain_flush_all(struct iommu_domain *domain,
			     struct iommu_iotlb_gather *gather)
{
	iommu_flush_iotlb_all(domain);
#ifndef HAVE_PAGING_DOMAIN_ALLOC
	put_pages_list(&gather->freelist);
#endif
}

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

/**
 * compat_hw_info - what the IOMMU driver tells of its hardware
 * @dev: the device behind it
 * @length: set to the length of the result
 * @type: set to its type, enum iommu_hw_info_type
 *
 * Return: data to be freed by kfree(), NULL where the driver has nothing to
 * tell, or an ERR_PTR.
 */
void *compat_hw_info(struct device *dev, u32 *length, u32 *type)
{
	void *info = NULL;
#ifdef HAVE_HW_INFO_TYPE_ENUM
	enum iommu_hw_info_type kind = IOMMU_HW_INFO_TYPE_NONE;
#else
	u32 kind = 0;
#endif

	*length = 0;
#ifdef HAVE_HW_INFO
	if (dev->iommu->iommu_dev->ops->hw_info)
		info = dev->iommu->iommu_dev->ops->hw_info(dev, length, &kind);
#endif
	*type = kind;
	return info;
}
