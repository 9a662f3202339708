// SPDX-License-Identifier: GPL-2.0
/*
 * Loading and unloading: what brings the nodes, when /dev/iommu is there, and
 * the limit on page tables that is a parameter of the module.
 */
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "bed.h"
#include "edubed.h"
#include "file.h"
#include "iommufd.h"
#include "kmsg.h"
#include "memory.h"
#include "module.h"

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

/* Nodes, and what uses them, are none of the old backend's business. */
static void test_old_backend_reloaded(void **state)
{
	assert_int_equal(module_load("vfio-pci", NULL), 0);
	assert_int_equal(module_loaded("vfio_iommu_type1"), 1);
	assert_int_equal(system("modprobe -r vfio_iommu_type1"), 0);
	assert_int_equal(module_loaded("vfio_iommu_type1"), 0);
	assert_int_equal(module_loaded("vfio_cdev"), 1);
	assert_true(node_is_there());
	assert_int_equal(system("modprobe vfio_iommu_type1"), 0);
	assert_int_equal(module_loaded("vfio_iommu_type1"), 1);
}

/* Which code is loaded, by the log and by sysfs; mainline's has no version. */
static void test_version(void **state)
{
	static const char *const names[] = {
		"iommufd", "vfio_cdev", "vfio_iommufd"
	};
	char path[64], line[256], first[64] = "", version[64] = "";
	int kmsg = kmsg_open();
	struct utsname host;
	unsigned int i;

	assert_int_equal(uname(&host), 0);
	assert_int_equal(module_load("vfio_iommufd", NULL), 0);
	assert_int_equal(module_load("vfio_cdev", NULL), 0);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "/sys/module/%s/version", names[i]);
		assert_true(file_read(path, version, sizeof(version)) > 0);
		version[strcspn(version, "\n")] = '\0';
		assert_string_not_equal(version, "");
		if (i)
			assert_string_equal(version, first);
		else
			memcpy(first, version, sizeof(first));
	}
	snprintf(line, sizeof(line), "iommufd: version %s on %s", first,
		 host.release);
	assert_true(kmsg_has(kmsg, line));
	close(kmsg);
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

#define MAX_TABLE_BYTES "/sys/module/iommufd/parameters/max_table_bytes"

/* VT-d charges its tables from 6.2 on, virtio-iommu never: then there is a limit. */
static bool tables_are_charged(void)
{
	if (!access("/sys/class/iommu/dmar0", F_OK))
		return !kernel_is_6_1();
	return module_loaded("virtio_iommu") != 1;
}

static uint64_t max_table_bytes(void)
{
	uint64_t bytes = 0;

	assert_int_equal(file_read_u64(MAX_TABLE_BYTES, &bytes), 0);
	return bytes;
}

/* What the driver has allocated is there, and what that is enough for. */
static void test_max_table_bytes(void **state)
{
	void *bed_state, *mem = pages(PAGE);
	struct edubed *bed;
	uint32_t hwpt;
	int rc;

	assert_int_equal(bed_reload("max_table_bytes=1000000"), 0);
	assert_int_equal(max_table_bytes(), 1000000);
	assert_int_equal(edubed_setup(&bed_state), 0);
	bed = bed_state;
	assert_int_equal(file_write(MAX_TABLE_BYTES, "0"), 0);
	rc = iommufd_map(bed->fd, bed->ioas, MAP_RW, mem, PAGE,
			 &(uint64_t){ 0 });
	if (!rc)
		assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas, NULL),
				 0);
	assert_int_equal(rc, tables_are_charged() ? 0 : -ENOSPC);
	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->edu.devid,
					    bed->ioas, &hwpt), -ENOSPC);
	edubed_teardown(&bed_state);
	munmap(mem, PAGE);
}

/* By default it is a part of the memory; some of it the kernel keeps. */
static void test_max_table_bytes_default(void **state)
{
	uint64_t kb = 0;

	assert_int_equal(module_load("iommufd", NULL), 0);
	assert_int_equal(file_read_kb("/proc/meminfo", "MemTotal", &kb), 0);
	assert_true(max_table_bytes() / 1024 > kb / 32 / 10 * 9);
	assert_true(max_table_bytes() / 1024 < kb / 32 / 10 * 11);
}

#define TEST(name) cmocka_unit_test_setup(name, unload_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_vfio_pci_is_enough),
		TEST(test_old_backend_reloaded),
		TEST(test_version),
		TEST(test_no_node_without_user),
		TEST(test_open_file),
		TEST(test_kernel_has_its_own),
		TEST(test_max_table_bytes),
		TEST(test_max_table_bytes_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
