// SPDX-License-Identifier: GPL-2.0-only
/*
 * One call of the driver of a domain: the only way to map, unmap and sync.
 *
 * domain->map_lock keeps calls apart where the driver can't.  It is a spinlock, and no
 * call under it waits for memory: registers of devices may have to be unmapped at any time
 * by who can't sleep, see extent.c.  For them no hold of it is long, either: calls are cut,
 * but where the driver may take back only as a whole what one has mapped.
 */
#include <linux/gfp.h>
#include <linux/iommu.h>

#include "compat/domain.h"
#include "iommufd/iommu/call.h"
#include "iommufd/iommu/domain.h"

/* How often memory is made free, in vain, for a call that could not wait for it. */
#define ATOMIC_TRIES 16

/*
 * Not GFP_ATOMIC: that goes beyond the limit of a memory cgroup, and takes what is kept for
 * interrupts, as much as user space maps.  call_make_room() waits where there is no memory.
 */
#define GFP_NO_WAIT (GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN)

/**
 * call_map_atomic - call_map() by who can't sleep
 * @domain: as there, as is the rest
 * @iova: see there
 * @paddr: see there
 * @pgsize: see there
 * @count: see there
 * @prot: see there, and IOMMU_MMIO
 * @done: see there
 *
 * Context: does not sleep.
 *
 * Return: see there; -ENOMEM where call_make_room() may help.
 */
int call_map_atomic(struct domain *domain, unsigned long iova,
		    phys_addr_t paddr, size_t pgsize, size_t count, int prot,
		    size_t *done)
{
	int rc;

	if (!domain->serial)
		return compat_domain_map(domain->iommu, iova, paddr, pgsize,
					 count, prot, GFP_NO_WAIT, done);
	spin_lock(&domain->map_lock);
	rc = compat_domain_map(domain->iommu, iova, paddr, pgsize, count, prot,
			       GFP_NO_WAIT, done);
	spin_unlock(&domain->map_lock);
	return rc;
}

/**
 * call_make_room - wait until there is memory for a call that could not wait
 * @tries: how often that was done, from 0 on
 *
 * Return: false where it makes no sense to try again.
 */
bool call_make_room(unsigned int *tries)
{
	unsigned long page;

	if (++*tries > ATOMIC_TRIES)
		return false;
	page = __get_free_page(GFP_KERNEL_ACCOUNT);
	free_page(page);
	return page;
}

/* How many pages of a call one hold of map_lock may take. */
static size_t serial_pages(const struct domain *domain, size_t count)
{
	return domain->merges ? count : min(count, CALL_PAGES);
}

/**
 * call_map_serial - call_map() where calls must not run at the same time
 * @domain: as there, as is the rest
 * @iova: see there
 * @paddr: see there
 * @pgsize: see there
 * @count: see there
 * @prot: see there
 * @done: see there
 *
 * Registers may have to be unmapped between any two calls, by who can't sleep.  So no
 * call may wait for memory; that is done between two attempts.
 *
 * Return: see there.
 */
int call_map_serial(struct domain *domain, unsigned long iova,
		    phys_addr_t paddr, size_t pgsize, size_t count, int prot,
		    size_t *done)
{
	unsigned int tries = 0;
	size_t part = 0;
	int rc;

	while (*done / pgsize < count) {
		rc = call_map_atomic(domain, iova + *done, paddr + *done,
				     pgsize,
				     serial_pages(domain, count -
						  *done / pgsize),
				     prot, &part);
		if (rc && !domain->truthful)
			part = 0;
		*done += part;
		if (part)
			tries = 0;
		part = 0;
		if (rc && (rc != -ENOMEM || !call_make_room(&tries)))
			return rc;
	}
	return 0;
}

/**
 * call_unmap_serial - call_unmap() where calls must not run at the same time
 * @domain: as there, as is the rest
 * @iova: see there
 * @size: see there
 * @gather: see there
 *
 * A page that is larger than what one hold may take goes in that as a whole.
 *
 * Return: see there.
 */
size_t call_unmap_serial(struct domain *domain, unsigned long iova, size_t size,
			 struct iommu_iotlb_gather *gather)
{
	size_t most = serial_pages(domain, size / domain_page(domain)) *
		      domain_page(domain);
	size_t done = 0, part, step;

	while (done < size) {
		step = min(size - done, most);
		spin_lock(&domain->map_lock);
		part = iommu_unmap_fast(domain->iommu, iova + done, step,
					gather);
		spin_unlock(&domain->map_lock);
		done += part;
		if (part < step)
			break;
	}
	return done;
}

/**
 * call_sync - wait until nothing of a gather is cached
 * @domain: the domain
 * @gather: what has to be flushed; queued where all of the domain has
 */
void call_sync(struct domain *domain, struct iommu_iotlb_gather *gather)
{
	if (domain->flush_all)
		compat_domain_flush_all(domain->iommu, gather);
	else
		iommu_iotlb_sync(domain->iommu, gather);
}
