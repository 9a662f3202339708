// SPDX-License-Identifier: GPL-2.0-only
/*
 * MAP: one new area in an IOAS.
 *
 * ioas->topo is held for reading from the choice of the IOVA to the end, so the domains
 * that are filled do not change.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/rwsem.h>

#include "iommufd/ioas/area.h"
#include "iommufd/ioas/fill.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/map.h"
#include "iommufd/ioas/mmio.h"
#include "iommufd/ioas/place.h"
#include "iommufd/memory/mem.h"

static int area_commit(struct ioas *ioas, struct area *area,
		       struct placement *at)
{
	int rc;

	if (!area_is_aligned(ioas, area))
		return -EINVAL;
	rc = place_at(ioas, area, area, area_length(area), at);
	if (rc)
		return rc;
	if (ioas->ndomains)
		rc = area_fill(ioas, area, ioas->domains, ioas->ndomains,
			       true);
	if (rc)
		goto err_unplace;
	rc = place_tell(at);
	if (rc)
		goto err_unfill;
	areas_publish(ioas, area);
	return 0;

err_unfill:
	areas_unfill(ioas, area);
err_unplace:
	area_unplace(ioas, area);
	return rc;
}

/**
 * ioas_map_area - map an area
 * @ioas: where
 * @area: the area, taken over; or NULL, which says that there was no memory for it
 * @at: as of ioas_map()
 *
 * Return: as ioas_map().
 */
int ioas_map_area(struct ioas *ioas, struct area *area,
		  struct placement *at)
{
	int rc = -EINTR;

	if (!area)
		return -ENOMEM;
	if (!down_read_killable(&ioas->topo)) {
		rc = area_commit(ioas, area, at);
		up_read(&ioas->topo);
	}
	if (rc)
		area_free(area);
	return rc;
}

/**
 * ioas_map - map memory
 * @ioas: where
 * @mem: the memory; the caller's reference is taken over
 * @offset: first byte of @mem
 * @length: bytes, not 0
 * @at: where it is mapped
 * @prot: IOMMU_READ, IOMMU_WRITE, IOMMU_CACHE; not more than @mem may do
 *
 * Return: 0; -EINVAL for a bad alignment or an IOVA that may not be used,
 * -EEXIST where something is mapped, -EOVERFLOW, -ENOSPC, -EFAULT where user
 * space can't be told, or the errors of pinning and mapping.  On error nothing
 * has changed, but for what is said in @at.
 */
int ioas_map(struct ioas *ioas, struct mem *mem, unsigned long offset,
	     unsigned long length, struct placement *at, int prot)
{
	struct area *area = area_create(mem, offset, length, prot);

	mem_put(mem);
	return ioas_map_area(ioas, area, at);
}

/**
 * ioas_map_user - map memory of a process
 * @ioas: where
 * @account: who pays, and whose memory it is; the reference is taken over
 * @address: first byte
 * @length: bytes, not 0
 * @at: as of ioas_map()
 * @prot: as of ioas_map()
 *
 * Return: as ioas_map().
 */
int ioas_map_user(struct ioas *ioas, struct account *account,
		  unsigned long address, unsigned long length,
		  struct placement *at, int prot)
{
	struct area *area = area_create_user(account, address, length, prot);

	if (IS_ERR(area))
		return PTR_ERR(area);
	return ioas_map_area(ioas, area, at);
}

/* Takes over the reference on @mmio. */
static int map_mmio(struct ioas *ioas, struct mmio *mmio, unsigned long offset,
		    unsigned long length, struct placement *at, int prot)
{
	struct area *area = area_create_mmio(mmio, offset, length, prot);

	mmio_put(mmio);
	return ioas_map_area(ioas, area, at);
}

/**
 * ioas_map_mmio - map registers of a device that the calling process has mapped
 * @ioas: where
 * @address: first byte
 * @length: bytes, not 0
 * @at: as of ioas_map()
 * @prot: as of ioas_map()
 * @any: take such memory of any driver, not of VFIO's alone
 *
 * Nothing is pinned and nobody pays.  They are mapped as long as the process may reach
 * them: see mmio.c.
 *
 * Return: as ioas_map(); -EFAULT where there is anything else.
 */
int ioas_map_mmio(struct ioas *ioas, unsigned long address,
		  unsigned long length, struct placement *at, int prot,
		  bool any)
{
	struct mmio *mmio;

	mmio = mmio_create(address, length, prot & IOMMU_WRITE, any);
	if (IS_ERR(mmio))
		return PTR_ERR(mmio) == -ENXIO ? -EFAULT : PTR_ERR(mmio);
	if (any)
		pr_warn_once("iommufd: a container maps memory without struct pages, as allow_unsafe_pfnmap permits\n");
	return map_mmio(ioas, mmio, offset_in_page(address), length, at, prot);
}

/**
 * ioas_map_export - map registers of a device that its driver has exported
 * @ioas: where
 * @fd: file descriptor of a dma-buf
 * @start: first byte in that
 * @length: bytes, not 0
 * @at: as of ioas_map()
 * @prot: as of ioas_map()
 *
 * As ioas_map_mmio(), but that they end with the device.
 *
 * Return: as ioas_map(), or the errors of export_start().
 */
int ioas_map_export(struct ioas *ioas, int fd, unsigned long start,
		    unsigned long length, struct placement *at, int prot)
{
	struct mmio *mmio = mmio_create_export(fd, start, length,
					       prot & IOMMU_WRITE);

	if (IS_ERR(mmio))
		return PTR_ERR(mmio);
	return map_mmio(ioas, mmio, offset_in_page(start), length, at, prot);
}
