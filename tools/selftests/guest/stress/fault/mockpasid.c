// SPDX-License-Identifier: GPL-2.0
/*
 * Scenes with PASIDs of a mock device. 6.1 has none: there each call is refused.
 */
#include "bed.h"
#include "iommufd.h"
#include "mockbed.h"
#include "mockpasid.h"
#include "scene.h"
#include "sweep.h"
#include "test.h"

#define PASID 7

static struct test_mock mock;
static uint32_t before, after;	/* page tables for PASIDs */

static int new_table(struct scene *scene, uint32_t *hwpt)
{
	return iommufd_hwpt_alloc(scene->bed->fd, IOMMU_HWPT_ALLOC_PASID,
				  mock.idev, scene->bed->ioas, hwpt);
}

/* A device whose PASID is at @before, if @attached; @after may have to be filled. */
static void prepare(struct scene *scene, void **state, bool attached)
{
	scene_watch(scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	assert_int_equal(call_map(scene), 0);
	assert_int_equal(test_mock(scene->bed->fd, scene->bed->ioas,
				   MOCK_FLAGS_DEVICE_PASID, &mock), 0);
	before = mock.hwpt;
	after = mock.hwpt;
	if (kernel_is_6_1()) {
		scene->error = -EINVAL;
		return;
	}
	assert_int_equal(new_table(scene, &before), 0);
	assert_int_equal(test_mock_replace(scene->bed->fd, mock.stdev,
					   &(uint32_t){ before }), 0);
	assert_int_equal(new_table(scene, &after), 0);
	if (attached)
		assert_int_equal(test_pasid_attach(scene->bed->fd, mock.stdev,
						   PASID, before), 0);
}

static void is_at(struct scene *scene, uint32_t hwpt)
{
	assert_int_equal(test_pasid_check(scene->bed->fd, mock.stdev, PASID,
					  hwpt), 0);
}

static void inspect_none(struct scene *scene)
{
	is_at(scene, 0);
}

static void inspect_before(struct scene *scene)
{
	is_at(scene, kernel_is_6_1() ? 0 : before);
}

static void undo_attach(struct scene *scene)
{
	is_at(scene, after);
	assert_int_equal(test_pasid_detach(scene->bed->fd, mock.stdev, PASID),
			 0);
	/* The next one is fresh, and has to be filled. */
	assert_int_equal(iommufd_destroy(scene->bed->fd, after), 0);
	assert_int_equal(new_table(scene, &after), 0);
}

static int call_attach(struct scene *scene)
{
	return test_pasid_attach(scene->bed->fd, mock.stdev, PASID, after);
}

void test_attach_pasid(void **state)
{
	struct scene scene = {
		.name = "PASID_ATTACH", .call = call_attach,
		.undo = undo_attach, .inspect = inspect_none, .quick = true,
	};

	prepare(&scene, state, false);
	sweep(&scene);
	/* Nothing of the attempts stands on it. */
	if (!kernel_is_6_1())
		assert_int_equal(iommufd_destroy(scene.bed->fd, after), 0);
}

static int call_replace(struct scene *scene)
{
	int rc = test_pasid_replace(scene->bed->fd, mock.stdev, PASID, after);

	/* The id is told last: that this fails comes too late. */
	if (rc == -EFAULT && !kernel_is_6_1())
		assert_int_equal(test_pasid_replace(scene->bed->fd, mock.stdev,
						    PASID, before), 0);
	return rc;
}

static void undo_replace(struct scene *scene)
{
	is_at(scene, after);
	assert_int_equal(test_pasid_replace(scene->bed->fd, mock.stdev, PASID,
					    before), 0);
	assert_int_equal(iommufd_destroy(scene->bed->fd, after), 0);
	assert_int_equal(new_table(scene, &after), 0);
}

void test_replace_pasid(void **state)
{
	struct scene scene = {
		.name = "PASID_REPLACE", .call = call_replace,
		.undo = undo_replace, .inspect = inspect_before, .quick = true,
	};

	prepare(&scene, state, true);
	sweep(&scene);
	if (!kernel_is_6_1())
		assert_int_equal(iommufd_destroy(scene.bed->fd, after), 0);
}

static int call_detach(struct scene *scene)
{
	return test_pasid_detach(scene->bed->fd, mock.stdev, PASID);
}

static void undo_detach(struct scene *scene)
{
	is_at(scene, 0);
	if (!kernel_is_6_1())
		assert_int_equal(test_pasid_attach(scene->bed->fd, mock.stdev,
						   PASID, before), 0);
}

void test_detach_pasid(void **state)
{
	struct scene scene = {
		.name = "PASID_DETACH", .call = call_detach,
		.undo = undo_detach,
	};

	prepare(&scene, state, true);
	scene.error = 0;
	sweep(&scene);
}

static int call_device(struct scene *scene)
{
	struct test_mock other;
	int rc;

	rc = test_mock(scene->bed->fd, scene->bed->ioas,
		       MOCK_FLAGS_DEVICE_PASID, &other);
	scene->id = other.stdev;
	return rc;
}

/* A device that has PASIDs. */
void test_pasid_device(void **state)
{
	struct scene scene = {
		.name = "bind, of a device that has PASIDs",
		.call = call_device, .undo = undo_mock,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	sweep(&scene);
}

static int call_hw_info(struct scene *scene)
{
	uint64_t capabilities;
	unsigned int bits;

	return iommufd_pasid_bits(scene->bed->fd, mock.idev, &bits,
				  &capabilities);
}

void test_pasid_hw_info(void **state)
{
	struct scene scene = {
		.name = "GET_HW_INFO of PASIDs", .call = call_hw_info,
		.undo = undo_nothing,
	};

	prepare(&scene, state, false);
	scene.error = 0;
	sweep(&scene);
}
