// SPDX-License-Identifier: GPL-2.0
/*
 * An IOAS of /dev/iommu, see contender.h.
 */
#include <errno.h>
#include <unistd.h>

#include "contender.h"
#include "iommufd.h"
#include "vfio.h"

/* No command has this number. */
#define NO_COMMAND _IO(IOMMUFD_TYPE, 0xff)

static struct {
	int fd;
	int dev;
	uint32_t ioas;
} bed;

static int bed_attach(void)
{
	uint32_t pt;
	int rc = vfio_bind(bed.dev, bed.fd, NULL);

	if (!rc)
		rc = iommufd_ioas_alloc(bed.fd, &bed.ioas);
	pt = bed.ioas;
	return rc ? rc : vfio_attach(bed.dev, &pt);
}

static void bed_close(void)
{
	close(bed.dev);
	close(bed.fd);
}

static int bed_open(const char *bdf)
{
	int rc;

	bed.fd = iommufd_open();
	if (bed.fd < 0)
		return bed.fd;
	bed.dev = vfio_cdev_open(bdf);
	rc = bed.dev < 0 ? bed.dev : bed_attach();
	if (rc)
		bed_close();
	return rc;
}

static int bed_map(uint64_t iova, void *va, uint64_t length)
{
	return iommufd_map(bed.fd, bed.ioas, MAP_RW | MAP_FIXED_IOVA, va,
			   length, &iova);
}

static int bed_unmap(uint64_t iova, uint64_t length)
{
	return iommufd_unmap(bed.fd, bed.ioas, iova, length, NULL);
}

static int bed_nothing(void)
{
	int rc = iommufd_call(bed.fd, NO_COMMAND, NULL);

	return rc == -ENOTTY ? 0 : -EPROTO;
}

const struct contender contender_iommufd = {
	.name = "iommufd",
	.open = bed_open,
	.close = bed_close,
	.map = bed_map,
	.unmap = bed_unmap,
	.nothing = bed_nothing,
};
