// SPDX-License-Identifier: GPL-2.0
/*
 * The no-IOMMU mode of vfio.ko: its devices get no character device, and the log
 * says why, once. Needs the edu device and a guest without an IOMMU.
 */
#include <fcntl.h>
#include <linux/vfio.h>

#include "bed.h"
#include "edu.h"
#include "file.h"
#include "kmsg.h"
#include "module.h"
#include "pci.h"
#include "vfio.h"

#define UNSAFE "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"
#define REASON "no VFIO character device"

static void bind(const char *bdf)
{
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
}

static void test_refused(void **state)
{
	char bdf[PCI_NAME_MAX], node[VFIO_NODE_MAX], path[192], group[64];
	int kmsg = kmsg_open(), id;

	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, bdf), 0);
	/* Without the mode vfio-pci doesn't take it at all. */
	assert_true(pci_bind(bdf, "vfio-pci") < 0);
	assert_int_equal(file_write(UNSAFE, "Y"), 0);
	bind(bdf);

	/* vfio.ko has the device; there is nothing of ours. */
	assert_int_equal(vfio_cdev_node(bdf, node), 0);
	assert_int_equal(access(node, F_OK), -1);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev/%s/dev",
		 bdf, strrchr(node, '/') + 1);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(kmsg_count(kmsg, REASON), 1);

	/* What it was made for goes on. */
	assert_int_equal(pci_group(bdf, &id), 0);
	snprintf(group, sizeof(group), "/dev/vfio/noiommu-%d", id);
	id = open(group, O_RDWR | O_CLOEXEC);
	assert_true(id >= 0);
	close(id);

	/* Once is enough. */
	assert_int_equal(pci_unbind(bdf), 0);
	bind(bdf);
	assert_int_equal(access(node, F_OK), -1);
	assert_int_equal(module_unload("vfio_cdev"), 0);
	assert_int_equal(module_load("vfio_cdev", NULL), 0);
	assert_int_equal(access(node, F_OK), -1);
	assert_int_equal(kmsg_count(kmsg, REASON), 1);

	assert_int_equal(pci_unbind(bdf), 0);
	assert_int_equal(file_write(UNSAFE, "N"), 0);
	close(kmsg);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_refused),
};

int main(void)
{
	char bdf[PCI_NAME_MAX];
	int group;

	if (bed_load())
		return 1;
	if (pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, bdf) ||
	    !pci_group(bdf, &group) || access(UNSAFE, F_OK)) {
		print_message("an IOMMU, or no edu: nothing to test\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
