// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in calls that bind, attach and move devices behind the mock IOMMU, and in
 * those that make and destroy their page tables.
 */
#include "bed.h"
#include "edubed.h"
#include "iommufd.h"
#include "memory.h"
#include "mockbed.h"
#include "mockhwpt.h"
#include "scene.h"
#include "sweep.h"
#include "test.h"
#include "user.h"

static int call_mock(struct scene *scene)
{
	struct test_mock mock = {};
	int rc = test_mock(scene->bed->fd, scene->ioas, 0, &mock);

	scene->id = mock.stdev;
	return rc;
}

/* Created, bound and attached, and all of it undone. */
void test_mock_device(void **state)
{
	struct scene scene = {
		.name = "bind, and attach to a filled IOAS",
		.call = call_mock, .undo = undo_mock,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	scene.ioas = new_lazy_ioas(&scene);
	sweep(&scene);
}

/* The memory belongs to another process. */
struct other {
	struct scene *scene;
	int ready;
};

static void other_process(void *arg)
{
	struct other *other = arg;
	struct edubed *bed = other->scene->bed;
	uint64_t iova = FREE_IOVA;

	check(!iommufd_map(bed->fd, other->scene->ioas, MAP_RW | MAP_FIXED_IOVA,
			   pages(MOCK_SIZE), MOCK_SIZE, &iova));
	check(write(other->ready, "", 1) == 1);
	pause();
}

void test_mock_remote(void **state)
{
	struct scene scene = {
		.name = "attach to memory of another process", .bed = *state,
		.call = call_mock, .undo = undo_mock,
	};
	struct other other = { .scene = &scene };
	pid_t child;
	char byte;
	int ends[2];

	scene.ioas = new_ioas(scene.bed->fd);
	assert_int_equal(pipe(ends), 0);
	other.ready = ends[1];
	child = start_child(other_process, &other, -1);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	sweep(&scene);
	kill_child(child);
	close(ends[0]);
	close(ends[1]);
}

static int move_mock(struct scene *scene, uint32_t pt)
{
	return test_mock_replace(scene->bed->fd, mock_of(scene)->second.stdev,
				 &pt);
}

static void undo_mock_replace(struct scene *scene)
{
	assert_int_equal(move_mock(scene, mock_of(scene)->second.hwpt), 0);
}

static int call_mock_replace(struct scene *scene)
{
	int rc = move_mock(scene, scene->id);

	/* The id is told last: that this fails comes too late. */
	if (rc == -EFAULT)
		undo_mock_replace(scene);
	return rc;
}

void test_mock_replace_ioas(void **state)
{
	struct scene scene = {
		.name = "replace by another IOAS", .call = call_mock_replace,
		.undo = undo_mock_replace,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	assert_int_equal(call_map(&scene), 0);
	scene.ioas = new_lazy_ioas(&scene);
	scene.id = scene.ioas;
	sweep(&scene);
	/* Nothing of the attempts stands on it. */
	assert_int_equal(iommufd_destroy(scene.bed->fd, scene.ioas), 0);
}

static int call_mock_hwpt(struct scene *scene)
{
	return iommufd_hwpt_alloc(scene->bed->fd, 0, mock_of(scene)->mock.idev,
				  scene->bed->ioas, &scene->id);
}

void test_mock_hwpt(void **state)
{
	struct scene scene = {
		.name = "HWPT_ALLOC of a third", .call = call_mock_hwpt,
		.undo = undo_mock,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	assert_int_equal(call_map(&scene), 0);
	sweep(&scene);
}

static int call_destroy_hwpt(struct scene *scene)
{
	return destroy_or_redo(scene, scene->id);
}

static void undo_destroy_hwpt(struct scene *scene)
{
	assert_int_equal(call_mock_hwpt(scene), 0);
}

void test_destroy_hwpt(void **state)
{
	struct scene scene = {
		.name = "DESTROY of a page table", .call = call_destroy_hwpt,
		.undo = undo_destroy_hwpt,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	assert_int_equal(call_map(&scene), 0);
	assert_int_equal(call_mock_hwpt(&scene), 0);
	sweep(&scene);
}

/* ---- nested ones ---- */

static uint32_t parent;

static int call_parent(struct scene *scene)
{
	return iommufd_hwpt_alloc(scene->bed->fd, IOMMU_HWPT_ALLOC_NEST_PARENT,
				  mock_of(scene)->mock.idev, scene->bed->ioas,
				  &scene->id);
}

static int call_nested(struct scene *scene)
{
	struct iommu_hwpt_selftest data = { .iotlb = 1 };

	return iommufd_hwpt_nested(scene->bed->fd, mock_of(scene)->mock.idev,
				   parent, IOMMU_HWPT_DATA_SELFTEST, &data,
				   sizeof(data), &scene->id);
}

/* False where the kernel can't nest. */
static bool has_parent(struct scene *scene)
{
	if (kernel_is_6_1())
		return false;
	assert_int_equal(call_map(scene), 0);
	assert_int_equal(call_parent(scene), 0);
	parent = scene->id;
	return true;
}

void test_nest_parent(void **state)
{
	struct scene scene = {
		.name = "HWPT_ALLOC of a parent", .call = call_parent,
		.undo = undo_mock,
		.error = kernel_is_6_1() ? -EOPNOTSUPP : 0,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	assert_int_equal(call_map(&scene), 0);
	sweep(&scene);
}

void test_nested(void **state)
{
	struct scene scene = {
		.name = "HWPT_ALLOC of a nested one", .call = call_nested,
		.undo = undo_mock,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	if (!has_parent(&scene))
		return;
	sweep(&scene);
	/* Nothing of the attempts stands on it. */
	assert_int_equal(iommufd_destroy(scene.bed->fd, parent), 0);
}

/* From a page table to a nested one, and, to take it back, from that to the first. */
void test_replace_by_nested(void **state)
{
	struct scene scene = {
		.name = "replace by a nested one", .call = call_mock_replace,
		.undo = undo_mock_replace,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	if (!has_parent(&scene))
		return;
	assert_int_equal(call_nested(&scene), 0);
	sweep(&scene);
	assert_int_equal(iommufd_destroy(scene.bed->fd, scene.id), 0);
	assert_int_equal(iommufd_destroy(scene.bed->fd, parent), 0);
}

static int call_destroy_nested(struct scene *scene)
{
	return destroy_or_redo(scene, scene->id);
}

static void undo_destroy_nested(struct scene *scene)
{
	assert_int_equal(call_nested(scene), 0);
}

void test_destroy_nested(void **state)
{
	struct scene scene = {
		.name = "DESTROY of a nested one", .call = call_destroy_nested,
		.undo = undo_destroy_nested,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	if (!has_parent(&scene))
		return;
	assert_int_equal(call_nested(&scene), 0);
	sweep(&scene);
}

static int call_invalidate(struct scene *scene)
{
	struct iommu_hwpt_invalidate_selftest entries[2] = {};
	uint32_t num = 2;
	int rc = iommufd_invalidate(scene->bed->fd, scene->id,
				    IOMMU_HWPT_INVALIDATE_DATA_SELFTEST,
				    entries, sizeof(entries[0]), &num);

	assert_true(num <= 2 && (rc || num == 2));
	return rc;
}

/* What was forgotten before it failed is no change of what there is. */
void test_invalidate(void **state)
{
	struct scene scene = {
		.name = "HWPT_INVALIDATE", .call = call_invalidate,
		.undo = undo_nothing,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	if (!has_parent(&scene))
		return;
	assert_int_equal(call_nested(&scene), 0);
	sweep(&scene);
}

/* ---- what devices write ---- */

static int call_tracked(struct scene *scene)
{
	return iommufd_hwpt_alloc(scene->bed->fd,
				  IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
				  mock_of(scene)->mock.idev, scene->bed->ioas,
				  &scene->id);
}

/* Filled, as the device was attached to it; false where the kernel can't. */
static bool has_tracked(struct scene *scene)
{
	uint32_t pt;

	if (kernel_is_6_1())
		return false;
	assert_int_equal(call_map(scene), 0);
	assert_int_equal(call_tracked(scene), 0);
	pt = scene->id;
	assert_int_equal(test_mock_replace(scene->bed->fd,
					   mock_of(scene)->mock.stdev, &pt), 0);
	return true;
}

static void track(struct scene *scene, bool enable)
{
	assert_int_equal(iommufd_set_dirty(scene->bed->fd, scene->id, enable),
			 0);
}

void test_tracked(void **state)
{
	struct scene scene = {
		.name = "HWPT_ALLOC of one that tracks", .call = call_tracked,
		.undo = undo_mock,
		.error = kernel_is_6_1() ? -EOPNOTSUPP : 0,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	assert_int_equal(call_map(&scene), 0);
	sweep(&scene);
}

static int call_set_dirty(struct scene *scene)
{
	return iommufd_set_dirty(scene->bed->fd, scene->id, true);
}

static void undo_set_dirty(struct scene *scene)
{
	track(scene, false);
}

void test_set_dirty(void **state)
{
	struct scene scene = {
		.name = "HWPT_SET_DIRTY_TRACKING", .call = call_set_dirty,
		.undo = undo_set_dirty,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	if (has_tracked(&scene))
		sweep(&scene);
}

static int get_dirty(struct scene *scene, uint32_t flags, uint8_t *bits)
{
	return iommufd_get_dirty(scene->bed->fd, scene->id, flags, FREE_IOVA,
				 8 * PAGE, PAGE, bits);
}

static int call_get_dirty(struct scene *scene)
{
	uint8_t bits = 0;
	int rc = get_dirty(scene, 0, &bits);

	assert_int_equal(bits, rc ? 0 : 2);
	return rc;
}

/* A device writes once more. */
static void undo_get_dirty(struct scene *scene)
{
	uint64_t bit = 1;

	assert_int_equal(test_dirty(scene->bed->fd, scene->id, FREE_IOVA + PAGE,
				    MOCK_PAGE, MOCK_PAGE, &bit, NULL), 0);
}

/* Who was not told of it is told the next time. */
static void inspect_dirty(struct scene *scene)
{
	uint8_t bits = 0;

	assert_int_equal(get_dirty(scene, IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR,
				   &bits), 0);
	assert_int_equal(bits, 2);
}

void test_get_dirty(void **state)
{
	struct scene scene = {
		.name = "HWPT_GET_DIRTY_BITMAP", .call = call_get_dirty,
		.undo = undo_get_dirty,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	if (!has_tracked(&scene))
		return;
	scene.inspect = inspect_dirty;
	scene.quick = true;
	track(&scene, true);
	undo_get_dirty(&scene);
	sweep(&scene);
}
