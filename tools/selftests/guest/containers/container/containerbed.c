// SPDX-License-Identifier: GPL-2.0
/*
 * What tests of legacy containers begin with: a container with the group of an edu.
 */
#include <linux/vfio.h>

#include "bed.h"
#include "containerbed.h"
#include "edu.h"
#include "edubed.h"
#include "memory.h"
#include "pci.h"
#include "type1.h"

void find_edu(int n, char *bdf)
{
	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, n, bdf), 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
}

void find_nvme(char *bdf)
{
	assert_int_equal(pci_find_class(PCI_CLASS_NVME, 0, bdf), 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
}

int new_container(void)
{
	int fd = type1_container_open();

	assert_true(fd >= 0);
	return fd;
}

int new_group(const char *bdf)
{
	int fd = type1_group_open(bdf);

	assert_true(fd >= 0);
	return fd;
}

bool is_ours(int container)
{
	return !type1_extension(container, VFIO_UPDATE_VADDR);
}

struct containerbed *bed_open(unsigned long type)
{
	struct containerbed *bed = calloc(1, sizeof(*bed));
	int dev;

	find_edu(0, bed->edu.edu.bdf);
	bed->container = new_container();
	bed->group = new_group(bed->edu.edu.bdf);
	assert_int_equal(type1_join(bed->group, bed->container), 0);
	assert_int_equal(type1_set_iommu(bed->container, type), 0);
	assert_true(is_ours(bed->container));
	dev = type1_device_open(bed->group, bed->edu.edu.bdf);
	assert_true(dev >= 0);
	assert_int_equal(edu_open_device(&bed->edu.edu, dev), 0);
	bed->edu.fd = -1;
	bed->edu.scratch = pages(PAGE);
	assert_int_equal(type1_map(bed->container, TYPE1_RW, bed->edu.scratch,
				   PAGE, SCRATCH_IOVA), 0);
	bed->edu.pinned = status_kb("VmPin");
	return bed;
}

int setup(void **state)
{
	*state = bed_open(VFIO_TYPE1v2_IOMMU);
	return 0;
}

int setup_v1(void **state)
{
	*state = bed_open(VFIO_TYPE1_IOMMU);
	return 0;
}

int teardown(void **state)
{
	struct containerbed *bed = *state;

	edu_close(&bed->edu.edu);
	close(bed->group);
	close(bed->container);
	assert_int_equal(status_kb("VmPin"), 0);
	munmap(bed->edu.scratch, PAGE);
	free(bed);
	return 0;
}
