// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers of devices to a domain, and back, by who can't sleep.
 *
 * They are adjacent, and come and go at any time, with a spinlock held, for as long as
 * they are charged: what the driver may allocate for them is charged once, before, and
 * given back after.
 */
#include <linux/bitops.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sched.h>

#include "compat/domain.h"
#include "iommufd/iommu/call.h"
#include "iommufd/iommu/domain.h"
#include "iommufd/iommu/extent.h"
#include "iommufd/iommu/pgsize.h"
#include "iommufd/iommu/tables.h"

/* Pages that are mapped or unmapped in one hold of a spinlock, at most. */
#define GRAIN_PAGES 4096UL

/**
 * extent_grain - how much of an extent is mapped or unmapped in one hold of a spinlock
 * @domain: a settled domain
 * @iova: first IOVA of the extent
 * @paddr: its first physical address
 *
 * A call never crosses a multiple of it, so that what one call has mapped, which a
 * driver may take back only as a whole, lies in one unmap call.
 *
 * Return: bytes, a power of two.
 */
size_t extent_grain(const struct domain *domain, unsigned long iova,
		    phys_addr_t paddr)
{
	unsigned long pgsizes = domain->pgsizes, apart = iova ^ paddr;

	if (apart)
		pgsizes &= GENMASK(__ffs(apart), 0);
	return min(BIT(__fls(pgsizes)) * GRAIN_PAGES, PGSIZE_CALL);
}

/**
 * extent_uncharge - undo extent_charge()
 * @domain: the domain, which holds none of the registers
 * @iova: as there
 * @paddr: see there
 * @size: see there
 */
void extent_uncharge(struct domain *domain, unsigned long iova,
		     phys_addr_t paddr, size_t size)
{
	size_t grain = extent_grain(domain, iova, paddr), done, step;

	atomic_dec(&domain->extents);
	if (domain->tables.kind == TABLES_PAID)
		return;
	for (done = 0; done < size; done += step) {
		unsigned long at = iova + done;

		step = min(size - done, grain - (at & (grain - 1)));
		tables_freed(&domain->tables,
			     tables_unmap(&domain->tables, at, step));
		cond_resched();
	}
}

/**
 * extent_charge - charge what the driver may allocate for registers
 * @domain: a settled domain
 * @iova: first IOVA
 * @paddr: where they will be, as far as alignment goes
 * @size: bytes
 *
 * Undone by extent_uncharge().
 *
 * Context: may sleep.
 *
 * Return: 0; -ENOSPC, -ENOMEM, -EFAULT where the domain can't reach registers: then
 * nothing has changed.
 */
int extent_charge(struct domain *domain, unsigned long iova, phys_addr_t paddr,
		  size_t size)
{
	size_t grain = extent_grain(domain, iova, paddr), done, step;
	int rc;

	if (domain->no_mmio) {
		pr_warn_once("iommufd: AMD-Vi of this kernel can't reach registers of devices where memory is encrypted: not mapped\n");
		return -EFAULT;
	}
	atomic_inc(&domain->extents);
	if (domain->tables.kind == TABLES_PAID)
		return 0;
	for (done = 0; done < size; done += step) {
		unsigned long at = iova + done;
		size_t pgsize;

		step = min(size - done, grain - (at & (grain - 1)));
		step = call_pages(domain, at, paddr + done, step, false,
				  &pgsize) * pgsize;
		rc = tables_charge(&domain->tables, at, pgsize);
		if (rc) {
			extent_uncharge(domain, iova, paddr, done);
			return rc;
		}
		cond_resched();
	}
	return 0;
}

/**
 * extent_map - map registers, which are charged, and let devices see them
 * @domain: a settled domain
 * @iova: first IOVA
 * @paddr: first physical address
 * @size: bytes, not more than a grain
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_MMIO
 * @mapped: set to the bytes that are mapped, also on error
 *
 * Context: does not sleep.
 *
 * Return: 0; -ENOMEM where call_make_room() may help; or the driver's error.
 */
int extent_map(struct domain *domain, unsigned long iova, phys_addr_t paddr,
	       size_t size, int prot, size_t *mapped)
{
	int rc = 0, rc_sync;

	*mapped = 0;
	while (*mapped < size && !rc) {
		size_t pgsize, count, done = 0;

		count = call_pages(domain, iova + *mapped, paddr + *mapped,
				   size - *mapped, false, &pgsize);
		rc = call_map_atomic(domain, iova + *mapped, paddr + *mapped,
				     pgsize, count, prot, &done);
		if (rc && !domain->truthful)
			done = 0;
		*mapped += done;
	}
	if (!*mapped)
		return rc;
	rc_sync = compat_domain_map_sync(domain->iommu, iova, *mapped);
	if (rc_sync) {
		/* Nobody knows what devices see of it. */
		extent_unmap(domain, iova, *mapped);
		*mapped = 0;
	}
	return rc ? rc : rc_sync;
}

/**
 * extent_unmap - unmap registers; when it returns no device reaches them
 * @domain: the domain
 * @iova: first IOVA
 * @size: bytes, mapped by extent_map() in whole calls, in one grain
 *
 * They stay charged.  Should the driver not do what it is asked nothing more can be
 * done: the kernel warns.
 *
 * Context: does not sleep.
 */
void extent_unmap(struct domain *domain, unsigned long iova, size_t size)
{
	struct iommu_iotlb_gather gather;
	size_t done;

	iommu_iotlb_gather_init(&gather);
	gather.queued = domain->flush_all;
	done = call_unmap(domain, iova, size, &gather);
	call_sync(domain, &gather);
	WARN_ONCE(done != size,
		  "iommufd: unmapped %zu of %zu bytes of registers at %#lx\n",
		  done, size, iova);
}
