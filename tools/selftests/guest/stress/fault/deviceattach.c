// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in ATTACH, replace and DETACH of a real device, and in calls that make its page
 * tables and destroy them.
 */
#include "bed.h"
#include "deviceattach.h"
#include "devicebed.h"
#include "edu.h"
#include "edubed.h"
#include "faults.h"
#include "iommufd.h"
#include "scene.h"
#include "sweep.h"
#include "vfio.h"

/* An IOAS with mappings of several kinds, to be filled into a page table. */
static uint32_t new_filled_ioas(struct edubed *bed, uint8_t *mem, size_t size)
{
	uint64_t iova = FREE_IOVA, scratch = SCRATCH_IOVA, other = BED_IOVA;
	uint32_t ioas = new_ioas(bed->fd);

	assert_int_equal(iommufd_map(bed->fd, ioas, MAP_RW | MAP_FIXED_IOVA,
				     mem, size, &iova), 0);
	assert_int_equal(iommufd_map(bed->fd, ioas, MAP_RW | MAP_FIXED_IOVA,
				     bed->scratch, PAGE, &scratch), 0);
	assert_int_equal(iommufd_map(bed->fd, ioas, MAP_R | MAP_FIXED_IOVA,
				     mem, 2 * PAGE, &other), 0);
	return ioas;
}

static int call_attach(struct scene *scene)
{
	uint32_t pt = scene->id;

	return vfio_attach(scene->bed->edu.dev, &pt);
}

static void undo_attach(struct scene *scene)
{
	assert_int_equal(vfio_detach(scene->bed->edu.dev), 0);
}

/* Blocked; the IOAS is as if it had never been tried. */
static void inspect_attach(struct scene *scene)
{
	memset(scene->mem, 0, PIECE);
	assert_int_equal(edu_store(&scene->bed->edu, FREE_IOVA, 0, PIECE), 0);
	assert_int_equal(scene->mem[0], 0);
}

void test_attach(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = scattered(4 * HUGE);
	struct scene scene = {
		.name = "ATTACH of a filled IOAS", .bed = bed, .mem = mem,
		.ioas = new_filled_ioas(bed, mem, 4 * HUGE),
		.call = call_attach, .undo = undo_attach,
		.inspect = inspect_attach,
	};

	fill(bed->scratch, PIECE);
	assert_int_equal(edu_load(&bed->edu, SCRATCH_IOVA, 0, PIECE), 0);
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	scene.id = scene.ioas;
	sweep(&scene);
	assert_int_equal(iommufd_destroy(bed->fd, scene.ioas), 0);
}

/*
 * Some kernels allocate memory to detach a device, and complain loudly where
 * there is none: 6.1 with VT-d. We try again, but a complaint is one: calls that
 * detach see no fault of that kind there.
 */
static void spare_detach(struct edubed *bed)
{
	unsigned int left;

	if (faults != &of_kernel)
		return;
	arm(POINTS_MAX);
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	left = disarm();
	assert_int_equal(attach(bed, bed->ioas), 0);
	if (left == POINTS_MAX - 1)
		return;
	print_message("detach can fail: not all faults are tried\n");
	fail_small(false);
}

/* To another page table: the last copy to user space is too late for us. */
static int call_replace(struct scene *scene)
{
	int rc = call_attach(scene);

	if (rc == -EFAULT && !old_works(scene->bed)) {
		uint32_t pt = scene->bed->ioas;

		/* The device is detached then, as mainline has it. */
		assert_int_equal(vfio_detach(scene->bed->edu.dev), 0);
		assert_int_equal(vfio_attach(scene->bed->edu.dev, &pt), 0);
	}
	return rc;
}

static void undo_replace(struct scene *scene)
{
	uint32_t pt = scene->bed->ioas;

	assert_int_equal(vfio_attach(scene->bed->edu.dev, &pt), 0);
}

void test_replace(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = scattered(4 * HUGE);
	struct scene scene = {
		.name = "replace", .bed = bed, .mem = mem,
		.ioas = new_filled_ioas(bed, mem, 4 * HUGE),
		.call = call_replace, .undo = undo_replace,
		.inspect = check_old_works,
	};

	spare_detach(bed);
	scene.id = scene.ioas;
	sweep(&scene);
	/* Nothing of the attempts stands on it. */
	assert_int_equal(iommufd_destroy(bed->fd, scene.ioas), 0);
}

static int call_hwpt(struct scene *scene)
{
	return iommufd_hwpt_alloc(scene->bed->fd, 0, scene->bed->edu.devid,
				  scene->bed->ioas, &scene->id);
}

static void undo_hwpt(struct scene *scene)
{
	assert_int_equal(iommufd_destroy(scene->bed->fd, scene->id), 0);
}

/* For a device that is not attached: all is pinned and filled now. */
void test_hwpt(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "HWPT_ALLOC", .bed = bed, .call = call_hwpt,
		.undo = undo_hwpt, .mem = scattered(4 * HUGE),
		.inspect = inspect_attach,
	};

	map_at(bed, FREE_IOVA, MAP_RW, scene.mem, 4 * HUGE);
	spare_detach(bed);
	fill(bed->scratch, PIECE);
	assert_int_equal(edu_load(&bed->edu, SCRATCH_IOVA, 0, PIECE), 0);
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	sweep(&scene);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), 0);
	bed->ioas = new_ioas(bed->fd);
}

/* A second page table over an IOAS that is pinned by the first. */
void test_second_hwpt(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "HWPT_ALLOC, the second", .bed = bed,
		.call = call_hwpt, .undo = undo_hwpt,
		.inspect = check_old_works, .mem = scattered(4 * HUGE),
	};

	map_at(bed, FREE_IOVA, MAP_RW, scene.mem, 4 * HUGE);
	sweep(&scene);
	assert_true(dma_writes(bed, FREE_IOVA + HUGE, scene.mem + HUGE,
			       PIECE));
}

/* And the device goes there, where it may have to be filled first. */
static void undo_second(struct scene *scene)
{
	undo_replace(scene);
	undo_hwpt(scene);
	/* Not yet filled, where that waits for a device. */
	assert_int_equal(call_hwpt(scene), 0);
}

void test_replace_by_second(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "replace by a second page table", .bed = bed,
		.call = call_replace, .undo = undo_second,
		.inspect = check_old_works, .mem = scattered(4 * HUGE),
	};

	map_at(bed, FREE_IOVA, MAP_RW, scene.mem, 4 * HUGE);
	spare_detach(bed);
	assert_int_equal(call_hwpt(&scene), 0);
	sweep(&scene);
	assert_true(dma_writes(bed, FREE_IOVA + HUGE, scene.mem + HUGE,
			       PIECE));
	undo_hwpt(&scene);
}

/* What takes something away is refused only where it can't be read. */
static int call_detach(struct scene *scene)
{
	return vfio_detach(scene->bed->edu.dev);
}

void test_detach(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "DETACH", .bed = bed, .call = call_detach,
		.undo = undo_replace, .inspect = check_old_works,
		.mem = scattered(HUGE),
	};

	map_at(bed, FREE_IOVA, MAP_RW, scene.mem, HUGE);
	spare_detach(bed);
	sweep(&scene);
}

/* It has none, and an IOAS is no answer: what the call looks at before is tried. */
#define PASID 7

static int call_attach_pasid(struct scene *scene)
{
	return vfio_attach_pasid(scene->bed->edu.dev, PASID, scene->bed->ioas);
}

void test_attach_node_pasid(void **state)
{
	struct scene scene = {
		.name = "ATTACH of a PASID", .bed = *state, .error = -EINVAL,
		.call = call_attach_pasid, .undo = undo_nothing,
	};

	sweep(&scene);
}

static int call_detach_pasid(struct scene *scene)
{
	return vfio_detach_pasid(scene->bed->edu.dev, PASID);
}

void test_detach_node_pasid(void **state)
{
	struct scene scene = {
		.name = "DETACH of a PASID", .bed = *state,
		.call = call_detach_pasid, .undo = undo_nothing,
	};

	sweep(&scene);
}

static int call_destroy(struct scene *scene)
{
	return destroy_or_redo(scene, scene->ioas);
}

static void undo_destroy(struct scene *scene)
{
	scene->ioas = new_filled_ioas(scene->bed, scene->mem, HUGE);
}

void test_destroy(void **state)
{
	struct scene scene = {
		.name = "DESTROY", .bed = *state, .call = call_destroy,
		.undo = undo_destroy, .mem = scattered(HUGE),
	};

	undo_destroy(&scene);
	sweep(&scene);
}

static int call_hw_info(struct scene *scene)
{
	uint8_t data[64];
	uint32_t length = sizeof(data);

	return iommufd_hw_info(scene->bed->fd, scene->bed->edu.devid, data,
			       &length, NULL, NULL);
}

void test_hw_info(void **state)
{
	struct scene scene = {
		.name = "GET_HW_INFO", .bed = *state, .call = call_hw_info,
		.undo = undo_nothing,
	};

	sweep(&scene);
}
