// SPDX-License-Identifier: GPL-2.0
/*
 * What tests of the ABI of containers on a file of /dev/iommu begin with.
 */
#include <linux/vfio.h>

#include "bed.h"
#include "edubed.h"
#include "iommufd.h"
#include "type1.h"
#include "type1bed.h"

int set_ioas(int fd, uint32_t ioas)
{
	return iommufd_vfio_ioas(fd, IOMMU_VFIO_IOAS_SET, &ioas);
}

int get_ioas(int fd)
{
	uint32_t ioas = 0;
	int rc = iommufd_vfio_ioas(fd, IOMMU_VFIO_IOAS_GET, &ioas);

	return rc ? rc : (int)ioas;
}

int setup(void **state)
{
	struct edubed *bed;

	edubed_setup(state);
	bed = *state;
	assert_int_equal(set_ioas(bed->fd, bed->ioas), 0);
	assert_int_equal(type1_set_iommu(bed->fd, VFIO_TYPE1v2_IOMMU), 0);
	return 0;
}

int setup_v1(void **state)
{
	struct edubed *bed;

	edubed_setup(state);
	bed = *state;
	assert_int_equal(set_ioas(bed->fd, bed->ioas), 0);
	unmap(bed, SCRATCH_IOVA, PAGE);
	assert_int_equal(type1_set_iommu(bed->fd, VFIO_TYPE1_IOMMU), 0);
	assert_int_equal(type1_map(bed->fd, TYPE1_RW, bed->scratch, PAGE,
				   SCRATCH_IOVA), 0);
	return 0;
}

uint64_t huge_pages(struct edubed *bed)
{
	uint64_t huge = 2;

	assert_int_equal(iommufd_option_get(bed->fd, IOMMU_OPTION_HUGE_PAGES,
					    bed->ioas, &huge), 0);
	return huge;
}
