/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults in VFIO_DEVICE_FEATURE, with vfio_selftest.ko as the driver of an edu;
 * in PCI hot resets, with that, and with vfio-pci and an NVMe disk; and with a
 * mediated device, that of vfio_emulated.ko.
 */
#ifndef _GUEST_FAULTVFIO_H
#define _GUEST_FAULTVFIO_H

#include <linux/vfio.h>
#include <linux/vfio_cdev.h>

#include "emulated.h"
#include "sweep.h"

#define GET VFIO_DEVICE_FEATURE_GET
#define SET VFIO_DEVICE_FEATURE_SET
#define PROBE VFIO_DEVICE_FEATURE_PROBE

#define RUNNING VFIO_DEVICE_STATE_RUNNING

/* ---- a device, bound and not attached; its edu is one by name only ---- */

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

static void vfiobed_free(struct edubed *bed)
{
	close(bed->edu.dev);
	close(bed->fd);
	free(bed);
}

static int selftest_setup(void **state)
{
	char bdf[PCI_NAME_MAX];

	assert_int_equal(module_load("vfio_selftest", NULL), 0);
	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, bdf), 0);
	*state = vfiobed_new(bdf, "vfio-selftest");
	return 0;
}

/* A data file that is left somewhere would hold the driver's module. */
static int selftest_teardown(void **state)
{
	struct edubed *bed = *state;
	char bdf[PCI_NAME_MAX];

	memcpy(bdf, bed->edu.bdf, PCI_NAME_MAX);
	vfiobed_free(bed);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
	assert_int_equal(module_unload("vfio_selftest"), 0);
	return 0;
}

/* A disk has a bus of its own, which can be reset. */
static int disk_setup(void **state)
{
	char bdf[PCI_NAME_MAX];

	*state = NULL;
	if (!pci_find_class(PCI_CLASS_NVME, 0, bdf))
		*state = vfiobed_new(bdf, "vfio-pci");
	return 0;
}

static int disk_teardown(void **state)
{
	if (*state)
		vfiobed_free(*state);
	return 0;
}

/* The number that the next file gets: another one where one is not free. */
static int next_fd(void)
{
	int fd = dup(0);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

/* ---- features ---- */

static int feature(struct scene *scene, uint32_t flags, void *data, size_t size)
{
	uint64_t buffer[16] = { 0 };
	struct vfio_device_feature *arg = (struct vfio_device_feature *)buffer;
	int rc;

	arg->argsz = sizeof(*arg) + size;
	arg->flags = flags;
	memcpy(arg->data, data, size);
	rc = iommufd_call(scene->bed->edu.dev, VFIO_DEVICE_FEATURE, arg);
	memcpy(data, arg->data, size);
	return rc;
}

/* What a call comes to where nothing fails: not every kernel has them all. */
static int feature_error(struct scene *scene, uint32_t flags)
{
	int rc = feature(scene, PROBE | flags, "", 0);

	assert_true(!rc || rc == -ENOTTY);
	return rc;
}

static int set_state(struct scene *scene, uint32_t device_state)
{
	struct vfio_device_feature_mig_state arg = {
		.device_state = device_state, .data_fd = -1,
	};
	int rc = feature(scene, SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
			 &arg, sizeof(arg));

	scene->file = arg.data_fd;
	return rc;
}

static uint32_t get_state(struct scene *scene)
{
	struct vfio_device_feature_mig_state arg = { 0 };

	assert_int_equal(feature(scene,
				 GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
				 &arg, sizeof(arg)), 0);
	return arg.device_state;
}

static void check_running(struct scene *scene)
{
	assert_int_equal(get_state(scene), RUNNING);
}

static int call_get_migration(struct scene *scene)
{
	uint64_t flags = 0;

	return feature(scene, GET | VFIO_DEVICE_FEATURE_MIGRATION, &flags,
		       sizeof(flags));
}

static void test_get_migration(void **state)
{
	struct scene scene = {
		.name = "GET of MIGRATION", .bed = *state, .quick = true,
		.call = call_get_migration, .undo = undo_nothing,
		.inspect = check_running,
	};

	sweep(&scene);
}

static int call_get_data_size(struct scene *scene)
{
	uint64_t size = 0;

	return feature(scene, GET | VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, &size,
		       sizeof(size));
}

static void test_get_data_size(void **state)
{
	struct scene scene = {
		.name = "GET of MIG_DATA_SIZE", .bed = *state, .quick = true,
		.call = call_get_data_size, .undo = undo_nothing,
		.inspect = check_running,
	};

	scene.error = feature_error(&scene,
				    GET | VFIO_DEVICE_FEATURE_MIG_DATA_SIZE);
	sweep(&scene);
}

static int call_get_state(struct scene *scene)
{
	struct vfio_device_feature_mig_state arg = { 0 };

	return feature(scene, GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &arg,
		       sizeof(arg));
}

static void test_get_state(void **state)
{
	struct scene scene = {
		.name = "GET of MIG_DEVICE_STATE", .bed = *state,
		.quick = true, .call = call_get_state, .undo = undo_nothing,
		.inspect = check_running,
	};

	sweep(&scene);
}

static int call_set_state(struct scene *scene)
{
	return set_state(scene, scene->id);
}

static void undo_set_state(struct scene *scene)
{
	if (scene->file >= 0)
		close(scene->file);
	assert_int_equal(set_state(scene, RUNNING), 0);
	assert_int_equal(scene->file, -1);
	check_running(scene);
}

/*
 * The device has changed its state before the caller can be told, which is too
 * late, as it is with vfio.ko. But no file is left of that; and a fault of the
 * kernel stops the driver where it likes, on its way.
 */
static void inspect_set_state(struct scene *scene)
{
	uint32_t now = get_state(scene);

	assert_int_equal(next_fd(), scene->next);
	assert_int_not_equal(now, VFIO_DEVICE_STATE_ERROR);
	if (faults == &of_calls)
		assert_true(now == RUNNING || now == scene->id);
	scene->file = -1;
	undo_set_state(scene);
}

static void sweep_set_state(struct edubed *bed, const char *name,
			    uint32_t device_state, int error)
{
	struct scene scene = {
		.name = name, .bed = bed, .id = device_state, .quick = true,
		.error = error,
		.call = call_set_state, .undo = undo_set_state,
		.inspect = inspect_set_state, .next = next_fd(),
	};

	check_running(&scene);
	sweep(&scene);
	assert_int_equal(next_fd(), scene.next);
}

static void test_stop(void **state)
{
	sweep_set_state(*state, "SET to STOP", VFIO_DEVICE_STATE_STOP, 0);
}

static void test_save(void **state)
{
	sweep_set_state(*state, "SET to STOP_COPY",
			VFIO_DEVICE_STATE_STOP_COPY, 0);
}

static void test_resume(void **state)
{
	sweep_set_state(*state, "SET to RESUMING", VFIO_DEVICE_STATE_RESUMING,
			0);
}

/* The driver refuses; the caller is to learn that there is no file. */
static void test_bad_state(void **state)
{
	sweep_set_state(*state, "SET to ERROR", VFIO_DEVICE_STATE_ERROR,
			-EINVAL);
}

/* ---- the log of DMA ---- */

#define LOG_SIZE HUGE

static int log_start(struct scene *scene)
{
	struct vfio_device_feature_dma_logging_range ranges[] = {
		{ .iova = BED_IOVA, .length = LOG_SIZE },
		{ .iova = FREE_IOVA, .length = LOG_SIZE },
	};
	struct vfio_device_feature_dma_logging_control arg = {
		.page_size = PAGE, .num_ranges = ARRAY_SIZE(ranges),
		.ranges = (uintptr_t)ranges,
	};

	return feature(scene, SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START, &arg,
		       sizeof(arg));
}

static int log_stop(struct scene *scene)
{
	return feature(scene, SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, "",
		       0);
}

static int log_report(struct scene *scene)
{
	struct vfio_device_feature_dma_logging_report arg = {
		.iova = BED_IOVA, .length = LOG_SIZE, .page_size = PAGE,
		.bitmap = (uintptr_t)scene->mem,
	};

	memset(scene->mem, 0, LOG_SIZE / PAGE / 8);
	return feature(scene, GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT,
		       &arg, sizeof(arg));
}

static bool has_bits(struct scene *scene)
{
	size_t i;

	for (i = 0; i < LOG_SIZE / PAGE / 8; i++)
		if (scene->mem[i])
			return true;
	return false;
}

static void undo_log_start(struct scene *scene)
{
	assert_int_equal(log_stop(scene), 0);
}

static void undo_log_stop(struct scene *scene)
{
	assert_int_equal(log_start(scene), 0);
}

/* Who has no log is refused as well, with another error. */
static void inspect_log_off(struct scene *scene)
{
	int error = scene->error ? scene->error : -EINVAL;

	assert_int_equal(log_report(scene), error);
	check_running(scene);
}

static void inspect_log_on(struct scene *scene)
{
	int rc = log_report(scene);

	assert_int_equal(rc, scene->error);
	assert_int_equal(has_bits(scene), !rc);
}

static void undo_log_report(struct scene *scene)
{
	assert_true(has_bits(scene));
}

/* Nothing was reported, so nothing is lost. */
static void inspect_log_report(struct scene *scene)
{
	assert_false(has_bits(scene));
	inspect_log_on(scene);
}

static void sweep_log(struct scene *scene, uint32_t flags)
{
	scene->quick = true;
	scene->mem = pages(PAGE);
	scene->error = feature_error(scene, flags);
	sweep(scene);
	munmap(scene->mem, PAGE);
}

static void test_log_start(void **state)
{
	struct scene scene = {
		.name = "DMA_LOGGING_START", .bed = *state, .call = log_start,
		.undo = undo_log_start, .inspect = inspect_log_off,
	};

	sweep_log(&scene, SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START);
}

static void test_log_stop(void **state)
{
	struct scene scene = {
		.name = "DMA_LOGGING_STOP", .bed = *state, .call = log_stop,
		.undo = undo_log_stop, .inspect = inspect_log_on,
	};

	log_start(&scene);
	sweep_log(&scene, SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP);
}

static void test_log_report(void **state)
{
	struct scene scene = {
		.name = "DMA_LOGGING_REPORT", .bed = *state,
		.call = log_report, .undo = undo_log_report,
		.inspect = inspect_log_report,
	};

	log_start(&scene);
	sweep_log(&scene, GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT);
}

/* ---- PCI hot reset ---- */

/* Without ftrace there is none. */
static bool has_reset(void)
{
	return !access("/proc/sys/kernel/ftrace_enabled", F_OK);
}

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

static void test_reset_count(void **state)
{
	sweep_reset_info(*state, "GET_PCI_HOT_RESET_INFO of the count",
			 sizeof(struct vfio_pci_hot_reset_info), -ENOSPC);
}

static void test_reset_info(void **state)
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

static void test_region_info(void **state)
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
static void test_reset_asked(void **state)
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

static void test_reset(void **state)
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

/* ---- a mediated device ---- */

static int mediated_setup(void **state)
{
	struct edubed *bed = calloc(1, sizeof(*bed));

	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	bed->edu.dev = emulated_cdev();
	*state = bed;
	return 0;
}

static int mediated_teardown(void **state)
{
	vfiobed_free(*state);
	assert_int_equal(module_unload(EMULATED_NAME), 0);
	return 0;
}

static int call_mediated_bind(struct scene *scene)
{
	return vfio_bind(scene->bed->edu.dev, scene->bed->fd, &scene->id);
}

static void undo_mediated_bind(struct scene *scene)
{
	close(scene->bed->edu.dev);
	assert_int_equal(iommufd_destroy(scene->bed->fd, scene->id), -ENOENT);
	scene->bed->edu.dev = emulated_cdev();
}

/* Not bound; and the group is there for others. */
static void inspect_mediated_bind(struct scene *scene)
{
	assert_int_equal(pin(scene->bed->edu.dev, BED_IOVA, PAGE), -EINVAL);
	close(emulated_group());
}

static void test_mediated_bind(void **state)
{
	struct scene scene = {
		.name = "BIND of a mediated device", .bed = *state,
		.quick = true, .error = has_reset() ? 0 : -EOPNOTSUPP,
		.call = call_mediated_bind, .undo = undo_mediated_bind,
		.inspect = inspect_mediated_bind,
	};

	sweep(&scene);
}

static int call_mediated_attach(struct scene *scene)
{
	uint32_t pt = scene->bed->ioas;

	return vfio_attach(scene->bed->edu.dev, &pt);
}

static void undo_mediated_attach(struct scene *scene)
{
	assert_int_equal(vfio_detach(scene->bed->edu.dev), 0);
}

static void inspect_mediated_attach(struct scene *scene)
{
	assert_int_equal(pin(scene->bed->edu.dev, BED_IOVA, PAGE), -ENOENT);
}

static void test_mediated_attach(void **state)
{
	struct scene scene = {
		.name = "ATTACH of a mediated device", .bed = *state,
		.quick = true, .call = call_mediated_attach,
		.undo = undo_mediated_attach,
		.inspect = inspect_mediated_attach,
	};

	if (!has_reset())
		skip();
	assert_int_equal(call_mediated_bind(&scene), 0);
	sweep(&scene);
}

#define SELFTEST_TEST(name) \
	cmocka_unit_test_setup_teardown(name, selftest_setup, selftest_teardown)
#define DISK_TEST(name) \
	cmocka_unit_test_setup_teardown(name, disk_setup, disk_teardown)
#define MEDIATED_TEST(name) \
	cmocka_unit_test_setup_teardown(name, mediated_setup, mediated_teardown)

static const struct CMUnitTest vfio_tests[] = {
	SELFTEST_TEST(test_get_migration),
	SELFTEST_TEST(test_get_data_size),
	SELFTEST_TEST(test_get_state),
	SELFTEST_TEST(test_stop),
	SELFTEST_TEST(test_save),
	SELFTEST_TEST(test_resume),
	SELFTEST_TEST(test_bad_state),
	SELFTEST_TEST(test_log_start),
	SELFTEST_TEST(test_log_stop),
	SELFTEST_TEST(test_log_report),
	SELFTEST_TEST(test_reset_asked),
	DISK_TEST(test_reset_count),
	DISK_TEST(test_reset_info),
	DISK_TEST(test_region_info),
	DISK_TEST(test_reset),
	MEDIATED_TEST(test_mediated_bind),
	MEDIATED_TEST(test_mediated_attach),
};

#endif
