// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in small commands.
 */
#include "bed.h"
#include "compiler.h"
#include "file.h"
#include "iommufd.h"
#include "list.h"
#include "mockbed.h"
#include "mockcommand.h"
#include "scene.h"
#include "sweep.h"
#include "test.h"

static int call_ranges(struct scene *scene)
{
	struct iommu_iova_range ranges[4];
	uint32_t num = ARRAY_SIZE(ranges);
	uint64_t alignment;

	return iommufd_ranges(scene->bed->fd, scene->bed->ioas, ranges, &num,
			      &alignment);
}

void test_ranges(void **state)
{
	struct scene scene = {
		.name = "IOVA_RANGES", .bed = *state, .call = call_ranges,
		.undo = undo_nothing,
	};

	sweep(&scene);
}

static int call_objects(struct scene *scene)
{
	struct iommu_object_entry entries[8];
	struct list list = { .fd = scene->bed->fd };
	int n = list_objects(&list, entries, ARRAY_SIZE(entries));

	return n < 0 ? n : 0;
}

void test_objects(void **state)
{
	struct scene scene = {
		.name = "LIST_OBJECTS", .bed = *state, .call = call_objects,
		.undo = undo_nothing,
	};

	sweep(&scene);
}

static int call_areas(struct scene *scene)
{
	struct iommu_area_entry entries[8];
	struct list list = {
		.fd = scene->bed->fd, .ioas = scene->bed->ioas,
		.flags = IOMMU_LIST_LARGE,
	};
	int n = list_areas(&list, entries, ARRAY_SIZE(entries));

	return n < 0 ? n : 0;
}

void test_areas(void **state)
{
	struct scene scene = {
		.name = "LIST_AREAS", .bed = *state, .call = call_areas,
		.undo = undo_nothing,
	};

	sweep(&scene);
}

/* Who is killed gets less to read, and no error. */
static int call_fdinfo(struct scene *scene)
{
	char path[64], text[2048];
	int rc;

	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", scene->bed->fd);
	rc = file_read(path, text, sizeof(text));
	if (rc < 0)
		return rc;
	return strstr(text, "iommufd-areas") ? 0 : -EINTR;
}

void test_fdinfo(void **state)
{
	struct scene scene = {
		.name = "fdinfo", .bed = *state, .call = call_fdinfo,
		.undo = undo_nothing,
	};

	sweep(&scene);
}

static int set_huge_pages(struct scene *scene, uint64_t value)
{
	return iommufd_option_set(scene->bed->fd, IOMMU_OPTION_HUGE_PAGES,
				  scene->ioas, value);
}

static int call_option_set(struct scene *scene)
{
	return set_huge_pages(scene, 0);
}

static void undo_option_set(struct scene *scene)
{
	assert_int_equal(set_huge_pages(scene, 1), 0);
}

void test_option_set(void **state)
{
	struct scene scene = {
		.name = "OPTION, set", .bed = *state, .call = call_option_set,
		.undo = undo_option_set,
	};

	scene.ioas = new_ioas(scene.bed->fd);
	sweep(&scene);
}

static int call_option_get(struct scene *scene)
{
	uint64_t value;

	return iommufd_option_get(scene->bed->fd, IOMMU_OPTION_HUGE_PAGES,
				  scene->bed->ioas, &value);
}

void test_option_get(void **state)
{
	struct scene scene = {
		.name = "OPTION, get", .bed = *state, .call = call_option_get,
		.undo = undo_nothing,
	};

	sweep(&scene);
}

static int call_mock_hw_info(struct scene *scene)
{
	uint8_t data[64];
	uint32_t length = sizeof(data);

	return iommufd_hw_info(scene->bed->fd, mock_of(scene)->mock.idev, data,
			       &length, NULL, NULL);
}

void test_mock_hw_info(void **state)
{
	struct scene scene = {
		.name = "GET_HW_INFO of a mock", .bed = *state,
		.call = call_mock_hw_info, .undo = undo_nothing,
	};

	sweep(&scene);
}

/* A program of the future: its struct is longer, and the rest is zero. */
static int call_long_struct(struct scene *scene)
{
	struct {
		struct iommu_ioas_alloc cmd;
		uint64_t more[4];
	} arg = { .cmd = { .size = sizeof(arg) } };
	int rc = iommufd_call(scene->bed->fd, IOMMU_IOAS_ALLOC, &arg);

	scene->id = arg.cmd.out_ioas_id;
	return rc;
}

void test_long_struct(void **state)
{
	struct scene scene = {
		.name = "IOAS_ALLOC with a longer struct", .bed = *state,
		.call = call_long_struct, .undo = undo_mock,
	};

	sweep(&scene);
}

/* What is reserved stays so, and the IOAS goes. */
static int call_reserve(struct scene *scene)
{
	int rc = iommufd_ioas_alloc(scene->bed->fd, &scene->id);

	if (rc)
		return rc;
	rc = test_add_reserved(scene->bed->fd, scene->id, FREE_IOVA, PAGE);
	if (rc)
		undo_mock(scene);
	return rc;
}

void test_reserve(void **state)
{
	struct scene scene = {
		.name = "reserved IOVA", .bed = *state, .call = call_reserve,
		.undo = undo_mock,
	};

	sweep(&scene);
}
