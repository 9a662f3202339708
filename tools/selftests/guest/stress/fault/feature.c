// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in VFIO_DEVICE_FEATURE, with vfio_selftest.ko as the driver of an edu.
 */
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>

#include "bed.h"
#include "compiler.h"
#include "edubed.h"
#include "faults.h"
#include "feature.h"
#include "iommufd.h"
#include "memory.h"
#include "scene.h"
#include "sweep.h"

#define GET VFIO_DEVICE_FEATURE_GET
#define SET VFIO_DEVICE_FEATURE_SET
#define PROBE VFIO_DEVICE_FEATURE_PROBE

#define RUNNING VFIO_DEVICE_STATE_RUNNING

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

void test_get_migration(void **state)
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

void test_get_data_size(void **state)
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

void test_get_state(void **state)
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

void test_stop(void **state)
{
	sweep_set_state(*state, "SET to STOP", VFIO_DEVICE_STATE_STOP, 0);
}

void test_save(void **state)
{
	sweep_set_state(*state, "SET to STOP_COPY",
			VFIO_DEVICE_STATE_STOP_COPY, 0);
}

void test_resume(void **state)
{
	sweep_set_state(*state, "SET to RESUMING", VFIO_DEVICE_STATE_RESUMING,
			0);
}

/* The driver refuses; the caller is to learn that there is no file. */
void test_bad_state(void **state)
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

void test_log_start(void **state)
{
	struct scene scene = {
		.name = "DMA_LOGGING_START", .bed = *state, .call = log_start,
		.undo = undo_log_start, .inspect = inspect_log_off,
	};

	sweep_log(&scene, SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START);
}

void test_log_stop(void **state)
{
	struct scene scene = {
		.name = "DMA_LOGGING_STOP", .bed = *state, .call = log_stop,
		.undo = undo_log_stop, .inspect = inspect_log_on,
	};

	log_start(&scene);
	sweep_log(&scene, SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP);
}

void test_log_report(void **state)
{
	struct scene scene = {
		.name = "DMA_LOGGING_REPORT", .bed = *state,
		.call = log_report, .undo = undo_log_report,
		.inspect = inspect_log_report,
	};

	log_start(&scene);
	sweep_log(&scene, GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT);
}
