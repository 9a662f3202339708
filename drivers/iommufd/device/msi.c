// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts where the IOMMU translates them like all DMA, as on arm64.
 *
 * Each is a write to a page of the interrupt controller, its doorbell, for which
 * an IOVA is needed.  The IOMMU driver reserves a window for that, and when a
 * device's vectors are allocated the kernel maps doorbells there, page by page
 * from where it is told to begin.  It does so for the domain of that moment.  When
 * the group leaves that, interrupts that are on go on being written to the same
 * IOVA, so what may be in use is remembered, and mapped in the next domain at the
 * start of the window, before the pages that are the kernel's own.
 *
 * Interrupts that are turned on while the domain changes are lost, until they
 * are turned off and on.
 *
 * Where the IOMMU lets interrupts pass (MSI_PLAIN), some kernels want to map
 * doorbells all the same, or give a device no vectors.  They are to map them where
 * they are: the doorbell is taken to be at the start of what the IOMMU reserves.
 * Nobody looks at such a mapping, so there is nothing to take along.
 *
 * Locks: hwpts_lock of the page table's IOAS, and group->lock.  Doorbells are mapped
 * without topo: the drivers that translate interrupts keep devices that come and go
 * apart from maps themselves.
 */
#include <linux/iommu.h>
#include <linux/pci.h>

#include "compat/msi.h"
#include "iommufd/device/group.h"
#include "iommufd/device/hwpt.h"
#include "iommufd/device/msi.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/iommu/domain.h"
#include "iommufd/iommu/pgtable.h"

/* As the kernel maps them. */
#define DOORBELL_PROT (IOMMU_WRITE | IOMMU_NOEXEC | IOMMU_MMIO)

/* Ports and bridges have some for the kernel, which nobody looks after. */
static int device_has_interrupts(struct device *dev, void *unused)
{
	if (!dev_is_pci(dev))
		return true;
	return to_pci_dev(dev)->hdr_type == PCI_HEADER_TYPE_NORMAL &&
	       pci_dev_msi_enabled(to_pci_dev(dev));
}

static bool group_has_interrupts(struct group *group)
{
	return iommu_group_for_each_dev(group->iommu, NULL,
					device_has_interrupts);
}

static unsigned long doorbell_iova(const struct hwpt *hwpt, unsigned int n)
{
	return hwpt->msi.first + n * PAGE_SIZE;
}

static phys_addr_t doorbell_find(const struct hwpt *hwpt, unsigned int n)
{
	return iommu_iova_to_phys(hwpt->domain.iommu, doorbell_iova(hwpt, n));
}

/**
 * msi_find_window - look whether interrupts go to a reserved region
 * @region: the region
 * @window: where they go, as far as is known; updated.  One where they pass
 *	goes before one for software, as in the kernel
 */
void msi_find_window(const struct iommu_resv_region *region,
		     struct msi_window *window)
{
	enum msi_kind kind = MSI_NONE;

	if (region->type == IOMMU_RESV_MSI)
		kind = MSI_PLAIN;
	else if (region->type == IOMMU_RESV_SW_MSI)
		kind = MSI_TRANSLATED;
	if (kind == MSI_NONE || window->kind == MSI_PLAIN)
		return;
	window->kind = kind;
	window->first = region->start;
}

/**
 * msi_remember - note the doorbells of a group that is about to be detached
 * @group: the group, attached; the caller holds its lock
 *
 * Return: 0; -EBUSY where there are too many, with none remembered: each time
 * that interrupts are turned off and on between two changes of the page table
 * there is one more, until the page table is changed while they are off.
 */
int msi_remember(struct group *group)
{
	const struct hwpt *hwpt = group->hwpt;
	phys_addr_t doorbell;
	unsigned int n;

	lockdep_assert_held(&group->lock);

	group->ndoorbells = 0;
	if (hwpt->msi.kind != MSI_TRANSLATED || !group_has_interrupts(group))
		return 0;
	for (n = 0;; n++) {
		doorbell = doorbell_find(hwpt, n);
		if (!doorbell && n >= hwpt->msi_taken)
			break;
		if (n == DOORBELLS_MAX)
			return -EBUSY;
		group->doorbells[n] = doorbell;
	}
	group->ndoorbells = n;
	return 0;
}

/**
 * msi_set_window - tell the kernel where to map doorbells in a page table
 * @hwpt: a page table, about to be attached; the caller holds hwpts_lock
 * @group: to this group; its lock is held
 * @window: where its interrupts go
 *
 * Once for a page table.
 *
 * Return: 0 or -errno.
 */
int msi_set_window(struct hwpt *hwpt, struct group *group,
		   const struct msi_window *window)
{
	unsigned int taken;
	int rc;

	lockdep_assert_held(&hwpt->ioas->hwpts_lock);
	lockdep_assert_held(&group->lock);

	if (!group_has_interrupts(group))
		group->ndoorbells = 0;
	if (hwpt->msi.kind != MSI_NONE || window->kind == MSI_NONE ||
	    (window->kind == MSI_PLAIN && !compat_plain_msi_is_mapped()))
		return 0;
	taken = group->ndoorbells;
	/* VT-d alone nests, and lets them pass: no driver's nested domain maps any. */
	rc = hwpt->parent ? 0 :
	     iommu_get_msi_cookie(hwpt->domain.iommu,
				  window->first + taken * PAGE_SIZE);
	if (rc)
		return rc;
	hwpt->msi = *window;
	hwpt->msi_taken = taken;
	return 0;
}

static int doorbell_map(struct hwpt *hwpt, unsigned int n, phys_addr_t doorbell)
{
	unsigned long iova = doorbell_iova(hwpt, n);
	size_t mapped;
	int rc;

	rc = pgtable_map(&hwpt->domain, iova, doorbell, PAGE_SIZE,
			 DOORBELL_PROT, true, &mapped);
	return rc ? rc : pgtable_map_sync(&hwpt->domain, iova, PAGE_SIZE);
}

/**
 * msi_map - map in a page table the doorbells that a group has from before
 * @hwpt: the page table, settled, with its window set; hwpts_lock is held
 * @group: the group; its lock is held
 *
 * What an error leaves mapped goes with the page table, and is found there when
 * it is wanted again.
 *
 * Return: 0; -EINVAL where the page table has no room for them at their IOVAs;
 * or the error of the driver.
 */
int msi_map(struct hwpt *hwpt, struct group *group)
{
	phys_addr_t found, doorbell;
	unsigned int n;
	int rc = 0;

	for (n = 0; n < group->ndoorbells && !rc; n++) {
		doorbell = group->doorbells[n];
		if (!doorbell)
			continue;
		found = doorbell_find(hwpt, n);
		if (found == doorbell)
			continue;
		if (found || n >= hwpt->msi_taken)
			return -EINVAL;
		rc = doorbell_map(hwpt, n, doorbell);
	}
	return rc;
}
