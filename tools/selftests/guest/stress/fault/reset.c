// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in PCI hot resets, with vfio_selftest.ko as the driver, and with vfio-pci and
 * an NVMe disk; and in what tells of regions.
 */
#include <linux/vfio.h>

#include "bed.h"
#include "edubed.h"
#include "faults.h"
#include "iommufd.h"
#include "reset.h"
#include "scene.h"
#include "sweep.h"
#include "vfio.h"
#include "vfiobed.h"

struct reset_answer {
	struct vfio_pci_hot_reset_info info;
	struct vfio_pci_dependent_device device;
};

/* Asks with as much room as the scene has. */
static int call_reset_info(struct scene *scene)
{
	struct reset_answer answer;
	int rc = vfio_hot_reset_info(scene->bed->edu.dev, &answer.info,
				     scene->id);

	if (rc == scene->error && rc != -ENODEV)
		assert_int_equal(answer.info.count, 1);
	return rc;
}

static void sweep_reset_info(struct edubed *bed, const char *name,
			     uint32_t room, int error)
{
	struct scene scene = {
		.name = name, .bed = bed, .id = room,
		.error = has_reset() ? error : -ENODEV,
		.call = call_reset_info, .undo = undo_nothing,
	};

	if (!bed)
		skip();
	sweep(&scene);
}

void test_reset_count(void **state)
{
	sweep_reset_info(*state, "GET_PCI_HOT_RESET_INFO of the count",
			 sizeof(struct vfio_pci_hot_reset_info), -ENOSPC);
}

void test_reset_info(void **state)
{
	sweep_reset_info(*state, "GET_PCI_HOT_RESET_INFO",
			 sizeof(struct reset_answer), 0);
}

/* With the capability of a BAR that holds the table of MSI-X. */
struct region_answer {
	struct vfio_region_info info;
	uint8_t capabilities[256];
};

static int call_region_info(struct scene *scene)
{
	struct region_answer answer = { .info = {
		.argsz = sizeof(answer),
		.index = VFIO_PCI_BAR0_REGION_INDEX,
	} };
	int rc = iommufd_call(scene->bed->edu.dev, VFIO_DEVICE_GET_REGION_INFO,
			      &answer);

	if (!rc)
		assert_true(answer.info.size &&
			    answer.info.flags & VFIO_REGION_INFO_FLAG_CAPS &&
			    answer.info.cap_offset == sizeof(answer.info));
	return rc;
}

/* Where drivers copy what they know of regions themselves, we have no calls. */
static bool copies_regions(void)
{
	return !system("grep -q '^compat_vfio_ioctl.* _copy_from_user ' "
		       SELFTEST_FAULTS "sites");
}

void test_region_info(void **state)
{
	struct scene scene = {
		.name = "GET_REGION_INFO", .bed = *state,
		.call = call_region_info, .undo = undo_nothing,
	};

	if (!scene.bed || !copies_regions())
		skip();
	sweep(&scene);
}

static int call_reset(struct scene *scene)
{
	return vfio_hot_reset(scene->bed->edu.dev);
}

/* The request, which stands in memory of the process, is gone again. */
static void inspect_reset(struct scene *scene)
{
	assert_int_equal(status_kb("VmSize"), scene->vm_size);
}

/* Of a driver that has nothing to reset: all the rest of it. */
void test_reset_asked(void **state)
{
	struct scene scene = {
		.name = "PCI_HOT_RESET of the tests' driver", .bed = *state,
		.call = call_reset, .undo = inspect_reset,
		.inspect = inspect_reset, .quick = true,
		.error = has_reset() ? 0 : -ENODEV,
		.vm_size = status_kb("VmSize"),
	};

	sweep(&scene);
}

/* NVMe's interrupt mask: bits that are set stay set until a reset. */
static volatile uint32_t *reset_witness(struct scene *scene)
{
	return (volatile uint32_t *)(scene->mem + 0x0c);
}

#define WITNESS 0x5

static void undo_reset(struct scene *scene)
{
	assert_int_equal(vfio_enable(scene->bed->edu.dev, 1), 0);
	assert_int_equal(*reset_witness(scene), 0);
	*reset_witness(scene) = WITNESS;
	inspect_reset(scene);
}

/* Who is refused still has the device as it was. */
static void inspect_no_reset(struct scene *scene)
{
	assert_int_equal(*reset_witness(scene), WITNESS);
	inspect_reset(scene);
}

void test_reset(void **state)
{
	struct edubed *bed = *state;
	struct vfio_map bar;
	struct scene scene = {
		.name = "PCI_HOT_RESET", .bed = bed, .call = call_reset,
		.undo = undo_reset, .inspect = inspect_no_reset, .quick = true,
	};

	/* Those of the kernel would hit vfio-pci, and the reset half done. */
	if (faults == &of_kernel)
		skip();
	if (!bed || !has_reset())
		skip();
	assert_int_equal(vfio_enable(bed->edu.dev, 1), 0);
	assert_int_equal(vfio_bar_map(bed->edu.dev, 0, &bar), 0);
	scene.mem = bar.base;
	*reset_witness(&scene) = WITNESS;
	scene.vm_size = status_kb("VmSize");
	sweep(&scene);
	vfio_bar_unmap(&bar);
}
