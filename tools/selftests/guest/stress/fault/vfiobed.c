// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that are bound and not attached, see vfiobed.h.
 */
#include "bed.h"
#include "edu.h"
#include "edubed.h"
#include "module.h"
#include "pci.h"
#include "vfio.h"
#include "vfiobed.h"

static struct edubed *vfiobed_new(const char *bdf, const char *driver)
{
	struct edubed *bed = calloc(1, sizeof(*bed));

	memcpy(bed->edu.bdf, bdf, PCI_NAME_MAX);
	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	assert_int_equal(pci_bind(bdf, driver), 0);
	bed->edu.dev = vfio_cdev_open(bdf);
	assert_true(bed->edu.dev >= 0);
	assert_int_equal(vfio_bind(bed->edu.dev, bed->fd, NULL), 0);
	return bed;
}

void vfiobed_free(struct edubed *bed)
{
	close(bed->edu.dev);
	close(bed->fd);
	free(bed);
}

int selftest_setup(void **state)
{
	char bdf[PCI_NAME_MAX];

	assert_int_equal(module_load("vfio_selftest", NULL), 0);
	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, bdf), 0);
	*state = vfiobed_new(bdf, "vfio-selftest");
	return 0;
}

int selftest_teardown(void **state)
{
	struct edubed *bed = *state;
	char bdf[PCI_NAME_MAX];

	memcpy(bdf, bed->edu.bdf, PCI_NAME_MAX);
	vfiobed_free(bed);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
	assert_int_equal(module_unload("vfio_selftest"), 0);
	return 0;
}

int disk_setup(void **state)
{
	char bdf[PCI_NAME_MAX];

	*state = NULL;
	if (!pci_find_class(PCI_CLASS_NVME, 0, bdf))
		*state = vfiobed_new(bdf, "vfio-pci");
	return 0;
}

int disk_teardown(void **state)
{
	if (*state)
		vfiobed_free(*state);
	return 0;
}

bool has_reset(void)
{
	return !access("/proc/sys/kernel/ftrace_enabled", F_OK);
}
