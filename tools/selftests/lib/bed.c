// SPDX-License-Identifier: GPL-2.0
/*
 * The modules, an fd of /dev/iommu and an IOAS for tests, see bed.h.
 */
#include <sys/utsname.h>

#include "bed.h"
#include "env.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
#include "module.h"

int bed_load(void)
{
	const char *filter = getenv("TEST_FILTER");
	int rc = 0;

	if (filter)
		cmocka_set_test_filter(filter);
	if (access(IOMMUFD_NODE, F_OK))
		rc = module_load("vfio_cdev", NULL);
	if (!rc)
		rc = module_load("vfio-pci", NULL);
	if (rc)
		print_error("cannot load the modules: %s\n", strerror(-rc));
	return rc;
}

int bed_unload(void)
{
	static const char * const names[] = {
		"iommufd_selftest", "vfio_pci", "vfio_pci_core", "vfio_cdev",
		"vfio_iommufd", "iommufd",
	};
	unsigned int i;
	int rc = 0;

	for (i = 0; i < sizeof(names) / sizeof(*names) && !rc; i++)
		if (module_loaded(names[i]) == 1)
			rc = module_unload(names[i]);
	return rc;
}

int bed_reload(const char *options)
{
	int rc = bed_unload();

	if (!rc)
		rc = module_load("iommufd", options);
	if (!rc)
		return bed_load();
	print_error("cannot load iommufd anew: %s\n", strerror(-rc));
	return rc;
}

bool kernel_is_6_1(void)
{
	struct utsname kernel;

	assert_int_equal(uname(&kernel), 0);
	return !strncmp(kernel.release, "6.1.", 4);
}

/* Those that scripts/kernel builds have it, and a release of numbers alone. */
bool kernel_has_kasan(void)
{
	struct utsname kernel;

	assert_int_equal(uname(&kernel), 0);
	return !strchr(kernel.release, '-');
}

uint64_t race_seconds(uint64_t usual, uint64_t longer)
{
	return env_number("RACE_SECONDS", env_is_long() ? longer : usual);
}

uint32_t new_ioas(int fd)
{
	uint32_t ioas = 0;

	assert_int_equal(iommufd_ioas_alloc(fd, &ioas), 0);
	assert_int_not_equal(ioas, 0);
	return ioas;
}

int new_fd(void)
{
	int fd = iommufd_open();

	assert_true(fd >= 0);
	return fd;
}

int bed_setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	uint64_t iova = BED_IOVA;

	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	bed->mem = pages(BED_SIZE);
	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_RW | MAP_FIXED_IOVA, bed->mem,
				     BED_SIZE, &iova), 0);
	*state = bed;
	return 0;
}

int bed_teardown(void **state)
{
	struct bed *bed = *state;

	close(bed->fd);
	munmap(bed->mem, BED_SIZE);
	free(bed);
	return 0;
}

uint64_t status_kb(const char *name)
{
	uint64_t kb = 0;

	assert_int_equal(file_read_kb("/proc/self/status", name, &kb), 0);
	return kb;
}
