// SPDX-License-Identifier: GPL-2.0
/*
 * Loading and unloading: what brings the nodes, when /dev/iommu is there, and
 * the limit on mappings that is a parameter of the module.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "edubed.h"
#include "kmsg.h"

static int unload_all(void **state)
{
	assert_int_equal(bed_unload(), 0);
	return 0;
}

static bool node_is_there(void)
{
	return !access(IOMMUFD_NODE, F_OK);
}

/* `modprobe vfio-pci` is all that a user has to say. */
static void test_vfio_pci_is_enough(void **state)
{
	assert_false(node_is_there());
	assert_int_equal(module_load("vfio-pci", NULL), 0);
	assert_int_equal(module_loaded("vfio_cdev"), 1);
	assert_true(node_is_there());
}

/* VMMs take the node for a sign that there are cdevs as well. */
static void test_no_node_without_user(void **state)
{
	assert_int_equal(module_load("iommufd", NULL), 0);
	assert_false(node_is_there());
	assert_int_equal(module_load("vfio_cdev", NULL), 0);
	assert_true(node_is_there());
	assert_int_equal(module_unload("vfio_cdev"), 0);
	assert_false(node_is_there());
	assert_int_equal(module_load("vfio_cdev", NULL), 0);
	assert_true(node_is_there());
}

/* An open file keeps the module, not the node. */
static void test_open_file(void **state)
{
	uint32_t ioas;
	int fd;

	assert_int_equal(module_load("vfio_cdev", NULL), 0);
	fd = iommufd_open();
	assert_true(fd >= 0);
	assert_int_equal(module_unload("vfio_cdev"), 0);
	assert_false(node_is_there());
	assert_true(module_unload("iommufd") < 0);
	assert_int_equal(iommufd_ioas_alloc(fd, &ioas), 0);
	close(fd);
	assert_int_equal(module_unload("iommufd"), 0);
}

/* In a mount namespace of its own, where sysfs shows another /dev/iommu. */
static int load_beside_another(void)
{
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/sys/class/misc", "tmpfs", 0, NULL) ||
	    mkdir("/sys/class/misc/iommu", 0755))
		return 0;
	return module_load("iommufd", NULL);
}

static void test_kernel_has_its_own(void **state)
{
	int kmsg = kmsg_open(), status;
	pid_t child = fork();

	if (!child)
		_exit(-load_beside_another());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EBUSY);
	assert_int_equal(module_loaded("iommufd"), 0);
	assert_true(kmsg_has(kmsg, "has a /dev/iommu already"));
	close(kmsg);
}

/* VT-d charges its tables from 6.2 on, virtio-iommu never: areas are limited. */
static bool tables_are_charged(void)
{
	if (!access("/sys/class/iommu/dmar0", F_OK))
		return !kernel_is_6_1();
	return module_loaded("virtio_iommu") != 1;
}

static int map_two(struct edubed *bed, void *mem)
{
	uint64_t iova = FREE_IOVA;
	int rc;

	rc = iommufd_map(bed->fd, bed->ioas, MAP_RW | MAP_FIXED_IOVA, mem, PAGE,
			 &iova);
	assert_int_equal(rc, 0);
	iova += PAGE;
	rc = iommufd_map(bed->fd, bed->ioas, MAP_RW | MAP_FIXED_IOVA, mem, PAGE,
			 &iova);
	unmap(bed, FREE_IOVA, rc ? PAGE : 2 * PAGE);
	return rc;
}

static void test_max_areas(void **state)
{
	static const char path[] = "/sys/module/iommufd/parameters/max_areas";
	void *bed_state, *mem = pages(PAGE);
	struct edubed *bed;

	assert_int_equal(module_load("vfio-pci", NULL), 0);
	assert_int_equal(edubed_setup(&bed_state), 0);
	bed = bed_state;
	/* The bed has one. */
	assert_int_equal(file_write(path, "2"), 0);
	assert_int_equal(map_two(bed, mem), tables_are_charged() ? 0 : -ENOSPC);
	assert_int_equal(pinned(bed), 0);
	assert_int_equal(file_write(path, "3"), 0);
	assert_int_equal(map_two(bed, mem), 0);
	assert_int_equal(file_write(path, "65535"), 0);
	edubed_teardown(&bed_state);
	munmap(mem, PAGE);
}

#define TEST(name) cmocka_unit_test_setup(name, unload_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_vfio_pci_is_enough),
		TEST(test_no_node_without_user),
		TEST(test_open_file),
		TEST(test_kernel_has_its_own),
		TEST(test_max_areas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
