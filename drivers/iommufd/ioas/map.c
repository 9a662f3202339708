// SPDX-License-Identifier: GPL-2.0-only
/*
 * MAP: one new area in an IOAS.
 *
 * ioas->topo is held for reading from the choice of the IOVA to the end, so the domains
 * that are filled do not change.
 */
#include <linux/err.h>
#include <linux/rwsem.h>

#include "iommufd/ioas/area.h"
#include "iommufd/ioas/fill.h"
#include "iommufd/ioas/ioas.h"
#include "iommufd/ioas/map.h"
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

/**
 * ioas_map_mmio - map memory of a device
 * @ioas: where
 * @pfn: its first frame; the rest is adjacent
 * @offset: of the first byte in that
 * @length: bytes, not 0
 * @iova: where it is mapped
 * @prot: as of ioas_map()
 *
 * Return: as ioas_map().
 */
int ioas_map_mmio(struct ioas *ioas, unsigned long pfn, unsigned long offset,
		  unsigned long length, unsigned long iova, int prot)
{
	struct placement at = { .iova = iova, .fixed = true };

	return ioas_map_area(ioas, area_create_mmio(pfn, offset, length, prot),
			     &at);
}
