// SPDX-License-Identifier: GPL-2.0
/*
 * Containers, see contender.h. Which backend serves one is a matter of which was
 * loaded last.
 */
#include <errno.h>
#include <unistd.h>

#include "contender.h"
#include "type1.h"

static struct {
	int container;
	int group;
	int dev;
} bed;

/* The device is attached as soon as its group is in a container with a type. */
static int bed_attach(void)
{
	int rc = type1_join(bed.group, bed.container);

	if (!rc)
		rc = type1_set_iommu(bed.container, VFIO_TYPE1v2_IOMMU);
	if (!rc)
		rc = type1_device_open(bed.group, devices[0]);
	if (rc < 0)
		return rc;
	bed.dev = rc;
	return 0;
}

static void bed_close(void)
{
	close(bed.dev);
	close(bed.group);
	close(bed.container);
}

static int bed_open(void)
{
	int rc;

	bed.dev = -1;
	bed.container = type1_container_open();
	if (bed.container < 0)
		return bed.container;
	bed.group = type1_group_open(devices[0]);
	rc = bed.group < 0 ? bed.group : bed_attach();
	if (rc)
		bed_close();
	return rc;
}

static int bed_map(uint64_t iova, void *va, uint64_t length)
{
	return type1_map(bed.container, TYPE1_RW, va, length, iova);
}

static int bed_unmap(uint64_t iova, uint64_t length)
{
	return type1_unmap(bed.container, iova, length, NULL);
}

static int bed_nothing(void)
{
	return type1_version(bed.container) == VFIO_API_VERSION ? 0 : -EPROTO;
}

static int bed_device(void)
{
	return dup(bed.dev);
}

#define CONTAINER(_name, _module)		\
	{					\
		.name = _name,			\
		.module = _module,		\
		.open = bed_open,		\
		.close = bed_close,		\
		.map = bed_map,			\
		.unmap = bed_unmap,		\
		.nothing = bed_nothing,		\
		.device = bed_device,		\
	}

const struct contender contender_type1 =
	CONTAINER("type1", "vfio_iommu_type1");

const struct contender contender_container =
	CONTAINER("container", "vfio_iommufd");
