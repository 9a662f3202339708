// SPDX-License-Identifier: GPL-2.0
/*
 * A group that vfio_iommufd.ko refuses: vfio.ko takes the kernel's own backend for
 * it without a word, so the module says once that it has refused and why. Needs
 * the edu device.
 */

#include "backend.h"
#include "bed.h"
#include "compiler.h"
#include "edu.h"
#include "edubed.h"
#include "emulated.h"
#include "file.h"
#include "kmsg.h"
#include "module.h"
#include "type1.h"

/* With none allowed an attach fails, for want of room. */
#define MAX_PAGE_TABLES "/sys/module/iommufd/parameters/max_page_tables"
#define LINE "vfio_iommufd: IOMMU group"

struct refusal {
	char bdf[PCI_NAME_MAX];
	char allowed[32];
	int kmsg;
};

/* The module says it once, each time that it is loaded. */
static int setup(void **state)
{
	struct refusal *refusal = calloc(1, sizeof(*refusal));

	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, refusal->bdf),
			 0);
	assert_int_equal(pci_bind(refusal->bdf, "vfio-pci"), 0);
	assert_int_equal(backend_both(), 0);
	refusal->kmsg = kmsg_open();
	assert_true(refusal->kmsg >= 0);
	assert_true(file_read(MAX_PAGE_TABLES, refusal->allowed,
			      sizeof(refusal->allowed)) > 0);
	assert_int_equal(file_write(MAX_PAGE_TABLES, "0"), 0);
	*state = refusal;
	return 0;
}

static int teardown(void **state)
{
	struct refusal *refusal = *state;

	assert_int_equal(file_write(MAX_PAGE_TABLES, refusal->allowed), 0);
	close(refusal->kmsg);
	free(refusal);
	return 0;
}

/* A container for the edu's group, with a type: what VFIO_SET_IOMMU returns. */
static int use_container(const struct refusal *refusal, const char *user)
{
	int container = type1_container_open();
	int group = type1_group_open(refusal->bdf), rc;
	uint64_t uses = 0;
	char path[64];

	assert_true(container >= 0);
	assert_true(group >= 0);
	assert_int_equal(type1_join(group, container), 0);
	rc = type1_set_iommu(container, VFIO_TYPE1v2_IOMMU);
	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", user);
	if (!rc) {
		assert_int_equal(file_read_u64(path, &uses), 0);
		assert_int_equal(uses, 1);
	}
	close(group);
	close(container);
	return rc;
}

static void test_said_once(void **state)
{
	struct refusal *refusal = *state;
	char line[96];
	int group;

	assert_int_equal(pci_group(refusal->bdf, &group), 0);
	snprintf(line, sizeof(line), LINE " %d: error -%d", group, ENOSPC);
	assert_int_equal(use_container(refusal, "vfio_iommu_type1"), 0);
	assert_int_equal(kmsg_count(refusal->kmsg, line), 1);
	assert_int_equal(use_container(refusal, "vfio_iommu_type1"), 0);
	assert_int_equal(kmsg_count(refusal->kmsg, LINE), 0);
}

static void test_not_said(void **state)
{
	struct refusal *refusal = *state;

	assert_int_equal(file_write(MAX_PAGE_TABLES, refusal->allowed), 0);
	assert_int_equal(use_container(refusal, "vfio_iommufd"), 0);
	assert_int_equal(kmsg_count(refusal->kmsg, LINE), 0);
}

/*
 * A container that is in use has its backend: who adds a group is told the error.
 * Then it can still be said of another.
 */
static void test_not_said_later(void **state)
{
	struct refusal *refusal = *state;
	int container = type1_container_open(), emulated = emulated_group();
	int group = type1_group_open(refusal->bdf);

	assert_true(container >= 0);
	assert_true(emulated >= 0);
	assert_true(group >= 0);
	assert_int_equal(type1_join(emulated, container), 0);
	assert_int_equal(type1_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	assert_int_equal(type1_extension(container, VFIO_TYPE1v2_IOMMU), 1);
	assert_int_equal(type1_join(group, container), -ENOSPC);
	assert_int_equal(kmsg_count(refusal->kmsg, LINE), 0);
	close(group);
	close(emulated);
	close(container);
	assert_int_equal(use_container(refusal, "vfio_iommu_type1"), 0);
	assert_int_equal(kmsg_count(refusal->kmsg, LINE), 1);
}

/* There is nobody else, and the user is told. */
static void test_alone(void **state)
{
	struct refusal *refusal = *state;

	assert_int_equal(backend_only_ours(), 0);
	assert_int_equal(use_container(refusal, "vfio_iommufd"), -ENOSPC);
	assert_int_equal(kmsg_count(refusal->kmsg, LINE), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_said_once),
	TEST(test_not_said),
	TEST(test_not_said_later),
	TEST(test_alone),
};

static int prepare(void **state)
{
	int rc = bed_load();

	return rc ? rc : module_load("vfio_iommufd", NULL);
}

static int finish(void **state)
{
	return backend_both();
}

int main(void)
{
	return cmocka_run_group_tests(tests, prepare, finish);
}
