// SPDX-License-Identifier: GPL-2.0
/*
 * The edu in two ways, see twoways.h.
 */
#include <linux/vfio.h>

#include "backend.h"
#include "bed.h"
#include "edu.h"
#include "memory.h"
#include "module.h"
#include "pci.h"
#include "twoways.h"
#include "type1.h"

int twoways_cdev(void **state)
{
	struct twoways *way = calloc(1, sizeof(*way));
	void *bed;

	edubed_setup(&bed);
	way->bed = bed;
	way->group = -1;
	*state = way;
	return 0;
}

/* A test before may have loaded ours, and one that comes may count on it. */
static void load_stock(struct twoways *way)
{
	way->ours = module_loaded("vfio_iommufd") == 1;
	if (way->ours)
		assert_int_equal(backend_remove(), 0);
	assert_int_equal(module_load("vfio_iommu_type1", NULL), 0);
}

int twoways_stock(void **state)
{
	struct twoways *way = calloc(1, sizeof(*way));
	struct edubed *bed = calloc(1, sizeof(*bed));
	int dev;

	load_stock(way);
	assert_int_equal(edus_bind(&bed->edu.bdf, 1), 1);
	bed->fd = type1_container_open();
	assert_true(bed->fd >= 0);
	way->group = type1_group_open(bed->edu.bdf);
	assert_int_equal(type1_join(way->group, bed->fd), 0);
	assert_int_equal(type1_set_iommu(bed->fd, VFIO_TYPE1v2_IOMMU), 0);
	/* Only the stock one gives mappings new user addresses. */
	assert_int_equal(type1_extension(bed->fd, VFIO_UPDATE_VADDR), 1);
	dev = type1_device_open(way->group, bed->edu.bdf);
	assert_true(dev >= 0);
	assert_int_equal(edu_open_device(&bed->edu, dev), 0);
	bed->scratch = pages(PAGE);
	way->bed = bed;
	assert_int_equal(twoways_map(way, SCRATCH_IOVA, bed->scratch, PAGE), 0);
	*state = way;
	return 0;
}

int twoways_close(void **state)
{
	struct twoways *way = *state;
	void *bed = way->bed;

	if (way->group >= 0)
		close(way->group);
	edubed_teardown(&bed);
	if (way->ours)
		assert_int_equal(backend_insert(), 0);
	free(way);
	return 0;
}

int twoways_map(struct twoways *way, uint64_t iova, const void *va,
		size_t length)
{
	struct edubed *bed = way->bed;

	if (way->group >= 0)
		return type1_map(bed->fd, TYPE1_RW, va, length, iova);
	return iommufd_map(bed->fd, bed->ioas, MAP_RW | MAP_FIXED_IOVA, va,
			   length, &iova);
}

int twoways_unmap(struct twoways *way, uint64_t iova, size_t length)
{
	struct edubed *bed = way->bed;
	uint64_t bytes = 0;
	int rc;

	if (way->group >= 0)
		rc = type1_unmap(bed->fd, iova, length, &bytes);
	else
		rc = iommufd_unmap(bed->fd, bed->ioas, iova, length, &bytes);
	return !rc && bytes != length ? -EIO : rc;
}
