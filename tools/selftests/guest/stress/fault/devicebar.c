// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in calls that map registers: the edu's own, which it reads.
 */
#include "bed.h"
#include "devicebar.h"
#include "devicebed.h"
#include "edu.h"
#include "edubed.h"
#include "faults.h"
#include "iommufd.h"
#include "mmio.h"
#include "scene.h"
#include "sweep.h"
#include "vfio.h"

/* Registers of which the device can read itself the first. */
#define BAR_SIZE (2 * PAGE)

static bool bar_reached(struct scene *scene)
{
	struct edubed *bed = scene->bed;
	uint32_t id = mmio_read32(bed->edu.bar.base, 0);

	assert_true(id && ~id);
	return dma_reads(bed, scene->iova, &id, sizeof(id));
}

static void inspect_bar(struct scene *scene)
{
	assert_false(bar_reached(scene));
}

static int call_map_bar(struct scene *scene)
{
	return iommufd_map(scene->bed->fd, scene->bed->ioas,
			   MAP_RW | MAP_FIXED_IOVA, scene->bed->edu.bar.base,
			   scene->length, &scene->iova);
}

static void check_success(struct scene *scene)
{
	assert_int_equal(scene->call(scene), 0);
	assert_true(bar_reached(scene));
	scene->undo(scene);
}

void test_map_bar(void **state)
{
	struct scene scene = {
		.name = "MAP of registers", .bed = *state,
		.call = call_map_bar, .undo = undo_map,
		.inspect = inspect_bar, .length = BAR_SIZE, .iova = FREE_IOVA,
	};

	sweep(&scene);
	check_success(&scene);
}

/* Nothing is mapped by the call, which can fail all the same. */
void test_map_bar_off(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "MAP of registers that are off", .bed = bed,
		.call = call_map_bar, .undo = undo_map, .length = BAR_SIZE,
		.iova = FREE_IOVA,
	};

	assert_int_equal(vfio_decode(bed->edu.dev, 0), 0);
	sweep(&scene);
	assert_int_equal(vfio_decode(bed->edu.dev, 1), 0);
	check_success(&scene);
}

static int call_copy_bar(struct scene *scene)
{
	return iommufd_copy(scene->bed->fd, MAP_RW | MAP_FIXED_IOVA,
			    scene->bed->ioas, &scene->iova, scene->ioas,
			    FREE_IOVA, scene->length);
}

static uint32_t new_ioas_with_bar(struct edubed *bed)
{
	uint64_t iova = FREE_IOVA, scratch = SCRATCH_IOVA;
	uint32_t ioas = new_ioas(bed->fd);

	assert_int_equal(iommufd_map(bed->fd, ioas, MAP_RW | MAP_FIXED_IOVA,
				     bed->edu.bar.base, BAR_SIZE, &iova), 0);
	assert_int_equal(iommufd_map(bed->fd, ioas, MAP_RW | MAP_FIXED_IOVA,
				     bed->scratch, PAGE, &scratch), 0);
	return ioas;
}

void test_copy_bar(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "COPY of registers", .bed = bed,
		.ioas = new_ioas_with_bar(bed), .call = call_copy_bar,
		.undo = undo_map, .inspect = inspect_bar, .length = BAR_SIZE,
		.iova = FREE_IOVA,
	};

	sweep(&scene);
	check_success(&scene);
	assert_int_equal(iommufd_destroy(bed->fd, scene.ioas), 0);
}

static int call_attach_bar(struct scene *scene)
{
	uint32_t pt = scene->ioas;

	return vfio_attach(scene->bed->edu.dev, &pt);
}

static void undo_attach_bar(struct scene *scene)
{
	assert_int_equal(vfio_detach(scene->bed->edu.dev), 0);
}

void test_attach_bar(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "ATTACH of an IOAS with registers", .bed = bed,
		.ioas = new_ioas_with_bar(bed), .call = call_attach_bar,
		.undo = undo_attach_bar, .iova = FREE_IOVA,
	};

	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	sweep(&scene);
	check_success(&scene);
	assert_int_equal(iommufd_destroy(bed->fd, scene.ioas), 0);
}
