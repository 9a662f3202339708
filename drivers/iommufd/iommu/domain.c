// SPDX-License-Identifier: GPL-2.0-only
/*
 * An iommu_domain and what it can do, filled in once: everyone else reads
 * flags and never asks which driver or kernel it is.  No locks: whoever makes or
 * frees a domain has it alone.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <uapi/linux/iommufd.h>

#include "compat/dirty.h"
#include "compat/domain.h"
#include "compat/group.h"
#include "compat/iommu.h"
#include "compat/nested.h"
#include "iommufd/iommu/domain.h"
#include "iommufd/iommu/pgsize.h"
#include "iommufd/iommu/quota.h"
#include "iommufd/iommu/tables.h"

/**
 * domain_settle - read the final aperture and page sizes
 * @domain: the domain, attached at least once where its driver wants that
 *
 * Return: 0, or -EINVAL where its smallest page is larger than ours.
 */
int domain_settle(struct domain *domain)
{
	struct iommu_domain_geometry *geometry = &domain->iommu->geometry;

	if (domain->settled)
		return 0;
	domain->pgsizes = domain->iommu->pgsize_bitmap &
			  (PGSIZE_CALL | (PGSIZE_CALL - 1));
	if (!domain->pgsizes || domain_page(domain) > PAGE_SIZE)
		return -EINVAL;

	domain->first = 0;
	domain->last = ULONG_MAX;
	if (geometry->force_aperture) {
		domain->first = geometry->aperture_start;
		domain->last = geometry->aperture_end;
	}
	domain->flush_all &= compat_domain_first_stage(domain->iommu);
	tables_settle(&domain->tables, domain_page(domain));
	domain->settled = true;
	return 0;
}

/**
 * domain_enforce_coherency - make no-snoop DMA snoop, where it can
 * @domain: the domain, best before anything is mapped
 */
void domain_enforce_coherency(struct domain *domain)
{
	const struct iommu_domain_ops *ops = domain->iommu->ops;

	if (!domain->coherent && ops->enforce_cache_coherency)
		domain->coherent = ops->enforce_cache_coherency(domain->iommu);
}

static enum tables_kind
domain_tables_kind(const struct compat_iommu_traits *traits)
{
	if (traits->charged)
		return TABLES_PAID;
	return traits->by_call ? TABLES_CALLS : TABLES_RADIX;
}

static void domain_set(struct domain *domain, struct device *dev,
		       struct iommu_domain *iommu,
		       const struct compat_iommu_traits *traits)
{
	domain->iommu = iommu;
	domain->driver = compat_iommu_driver_id(dev);
	domain->truthful = traits->truthful;
	domain->serial = !traits->parallel;
	domain->merges = traits->merges;
	domain->flush_all = traits->short_flush;
	domain->pasids_tied = traits->pasids_tied;
	domain->no_mmio = traits->encrypts && compat_host_encrypts();
	domain->tracks = compat_dirty_serves(iommu);
	spin_lock_init(&domain->map_lock);
}

/* Take over what the driver made, and the page table of @quota, also on error. */
static int domain_take(struct domain *domain, struct device *dev,
		       struct iommu_domain *iommu,
		       const struct compat_iommu_traits *traits,
		       struct quota *quota)
{
	int rc;

	if (IS_ERR(iommu)) {
		rc = PTR_ERR(iommu);
		goto err_drop;
	}
	rc = tables_init(&domain->tables, quota, domain_tables_kind(traits),
			 traits->size);
	if (rc)
		goto err_free;
	domain_set(domain, dev, iommu, traits);
	return 0;

err_free:
	iommu_domain_free(iommu);
err_drop:
	quota_drop_page_table(quota);
	return rc;
}

/**
 * domain_init - make an empty domain
 * @domain: zeroed
 * @dev: the device that it is for
 * @flags: what it must be able to do, of enum iommufd_hwpt_alloc_flags
 * @quota: of the user that it is for
 *
 * Return: 0 or -errno; -ENOSPC where the user may not have one more, -EOPNOTSUPP
 * where the IOMMU lacks what @flags ask for.
 */
int domain_init(struct domain *domain, struct device *dev, u32 flags,
		struct quota *quota)
{
	struct compat_iommu_traits traits;
	struct iommu_domain *iommu;
	int rc;

	rc = quota_take_page_table(quota);
	if (rc)
		return rc;
	iommu = compat_domain_alloc(dev, flags, &traits);
	rc = domain_take(domain, dev, iommu, &traits, quota);
	if (rc)
		return rc;
	/* There are drivers that can mark, and kernels that can't read. */
	if ((flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING) && !domain->tracks)
		rc = -EOPNOTSUPP;
	else if (traits.settled)
		rc = domain_settle(domain);
	if (rc)
		domain_free(domain);
	return rc;
}

/**
 * domain_init_nested - make a domain for a table that user space writes
 * @domain: zeroed
 * @dev: the device that it is for, which @parent fits
 * @parent: translates what that table points to, and is freed later
 * @flags: as of compat_nested_alloc()
 * @data: the table
 *
 * Nothing is ever mapped in it by us, so it is settled, and its driver allocates no
 * more for it.  Context: no lock held, as the driver reads @data from user memory.
 *
 * Return: 0; -ENOSPC as of domain_init(); or as compat_nested_alloc().
 */
int domain_init_nested(struct domain *domain, struct device *dev,
		       const struct domain *parent, u32 flags,
		       const struct compat_user_data *data)
{
	struct compat_iommu_traits traits = compat_iommu_traits_of(dev);
	struct quota *quota = parent->tables.quota;
	struct iommu_domain *iommu;
	int rc;

	rc = quota_take_page_table(quota);
	if (rc)
		return rc;
	iommu = compat_nested_alloc(dev, parent->iommu, flags, data);
	rc = domain_take(domain, dev, iommu, &traits, quota);
	if (rc)
		return rc;
	domain->coherent = parent->coherent;
	domain->settled = true;
	return 0;
}

/**
 * domain_fits - may a device be attached to a domain
 * @domain: the domain
 * @dev: the device
 *
 * Not every kernel looks, nor for every way to attach: and a driver takes what
 * it is given for one of its own.
 */
bool domain_fits(const struct domain *domain, struct device *dev)
{
	return domain->driver == compat_iommu_driver_id(dev);
}

/**
 * domain_detach - block a group
 * @domain: what the group is attached to
 * @group: the group, owned by the caller
 */
void domain_detach(struct domain *domain, struct iommu_group *group)
{
	if (!compat_group_detach(group, domain->iommu))
		domain->stuck = true;
}

/**
 * domain_free - free a domain that no device is attached to
 * @domain: the domain; what it still maps goes with its tables, but that of a
 *	stuck one has to be unmapped before
 */
void domain_free(struct domain *domain)
{
	struct quota *quota = domain->tables.quota;

	if (!domain->stuck)
		iommu_domain_free(domain->iommu);
	tables_destroy(&domain->tables, !domain->stuck);
	if (!domain->stuck)
		quota_drop_page_table(quota);
	domain->iommu = NULL;
}
