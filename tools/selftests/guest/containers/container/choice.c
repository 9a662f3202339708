// SPDX-License-Identifier: GPL-2.0
/*
 * Which of the two backends serves a container.
 */
#include <linux/vfio.h>

#include "bed.h"
#include "choice.h"
#include "containerbed.h"
#include "iommufd.h"
#include "kmsg.h"
#include "module.h"
#include "pci.h"
#include "type1.h"

#define NEWEST "grep -m1 -o '^vfio_iommu[a-z0-9_]*' /proc/modules"
#define CONFIG "/etc/modprobe.d/iommufd.conf"

static void newest_backend(char *name, size_t room)
{
	FILE *pipe = popen(NEWEST, "r");

	assert_non_null(pipe);
	name[0] = '\0';
	if (fgets(name, room, pipe))
		name[strcspn(name, "\n")] = '\0';
	pclose(pipe);
}

/* A container with the type of its group's device, not opened. */
static int new_backed(const char *bdf, int *group)
{
	int container = new_container();

	*group = new_group(bdf);
	assert_int_equal(type1_join(*group, container), 0);
	assert_int_equal(type1_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	return container;
}

/* The backend that was loaded last; a container keeps the one that it has. */
void test_choice(void **state)
{
	char edu[PCI_NAME_MAX], nvme[PCI_NAME_MAX], name[64];
	int container, other, group, other_group, kmsg = kmsg_open();

	find_edu(0, edu);
	find_nvme(nvme);
	assert_int_equal(module_load("vfio_iommu_type1", NULL), 0);
	assert_int_equal(module_unload("vfio_iommufd"), 0);
	assert_true(kmsg_has(kmsg, "not served by iommufd any more"));
	newest_backend(name, sizeof(name));
	assert_string_equal(name, "vfio_iommu_type1");
	container = new_backed(edu, &group);
	assert_false(is_ours(container));

	assert_int_equal(module_load("vfio_iommufd", NULL), 0);
	assert_true(kmsg_has(kmsg, "served by iommufd from now on"));
	newest_backend(name, sizeof(name));
	assert_string_equal(name, "vfio_iommufd");
	other = new_backed(nvme, &other_group);
	assert_true(is_ours(other));
	assert_false(is_ours(container));
	/* In use. */
	assert_true(module_unload("vfio_iommufd") < 0);
	close(other_group);
	close(other);
	close(group);
	close(container);
	assert_int_equal(module_unload("vfio_iommufd"), 0);
	assert_int_equal(module_load("vfio_iommufd", NULL), 0);
	close(kmsg);
}

static void reload(const char *backend)
{
	char name[64];

	assert_int_equal(system("modprobe -r vfio_pci vfio_cdev vfio_iommufd vfio_iommu_type1"),
			 0);
	assert_int_equal(system("modprobe vfio-pci"), 0);
	newest_backend(name, sizeof(name));
	assert_string_equal(name, backend);
	assert_int_equal(access(IOMMUFD_NODE, F_OK), 0);
}

/* What `modprobe vfio-pci` chooses, without and with a line of modprobe.d. */
void test_modprobe(void **state)
{
	reload("vfio_iommu_type1");
	assert_int_equal(module_loaded("vfio_iommufd"), 0);
	assert_int_equal(system("sed -i 's/^#softdep/softdep/' " CONFIG), 0);
	reload("vfio_iommufd");
	assert_int_equal(system("sed -i 's/^softdep.*iommufd/#&/' " CONFIG), 0);
	reload("vfio_iommu_type1");
}
