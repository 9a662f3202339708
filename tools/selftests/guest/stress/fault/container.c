// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in the ioctls of a VFIO container: on a file of /dev/iommu; and of a legacy one
 * as it gets its type, with a mediated device, that of vfio_emulated.ko.
 */
#include <linux/vfio.h>

#include "backend.h"
#include "bed.h"
#include "compiler.h"
#include "container.h"
#include "devicebed.h"
#include "edubed.h"
#include "emulated.h"
#include "faults.h"
#include "file.h"
#include "iommufd.h"
#include "mmio.h"
#include "picture.h"
#include "scene.h"
#include "sweep.h"
#include "type1.h"

static void choose_ioas(int fd, uint32_t ioas)
{
	assert_int_equal(iommufd_vfio_ioas(fd, IOMMU_VFIO_IOAS_SET, &ioas), 0);
}

static int call_ioas_get(struct scene *scene)
{
	return iommufd_vfio_ioas(scene->bed->fd, IOMMU_VFIO_IOAS_GET,
				 &scene->id);
}

static void check_chosen(struct scene *scene, uint32_t ioas)
{
	assert_int_equal(call_ioas_get(scene), 0);
	assert_int_equal(scene->id, ioas);
}

int type1_setup(void **state)
{
	struct edubed *bed;

	edubed_setup(state);
	bed = *state;
	choose_ioas(bed->fd, bed->ioas);
	return 0;
}

/* ---- the IOAS ---- */

void test_ioas_get(void **state)
{
	struct scene scene = {
		.name = "VFIO_IOAS, get", .bed = *state, .call = call_ioas_get,
		.undo = undo_nothing,
	};

	sweep(&scene);
}

static int call_ioas_set(struct scene *scene)
{
	int rc = iommufd_vfio_ioas(scene->bed->fd, IOMMU_VFIO_IOAS_SET,
				   &scene->ioas);

	if (rc)
		check_chosen(scene, scene->bed->ioas);
	return rc;
}

static void undo_ioas_set(struct scene *scene)
{
	check_chosen(scene, scene->ioas);
	choose_ioas(scene->bed->fd, scene->bed->ioas);
}

void test_ioas_set(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "VFIO_IOAS, set", .bed = bed, .ioas = new_ioas(bed->fd),
		.call = call_ioas_set, .undo = undo_ioas_set,
	};

	sweep(&scene);
	/* Nothing of the attempts stands on it. */
	assert_int_equal(iommufd_destroy(bed->fd, scene.ioas), 0);
}

/* ---- what there is, and which version ---- */

static int call_info(struct scene *scene)
{
	struct type1_info info;

	return type1_info(scene->bed->fd, &info);
}

void test_type1_info(void **state)
{
	struct scene scene = {
		.name = "GET_INFO", .bed = *state, .call = call_info,
		.undo = undo_nothing,
	};

	sweep(&scene);
}

static int call_extension(struct scene *scene)
{
	return type1_extension(scene->bed->fd, VFIO_DMA_CC_IOMMU);
}

void test_extension(void **state)
{
	struct scene scene = {
		.name = "CHECK_EXTENSION", .bed = *state,
		.call = call_extension, .undo = undo_nothing,
	};

	/* It allocates and copies nothing. */
	if (faults == &of_kernel)
		skip();
	sweep(&scene);
}

static int call_set_iommu(struct scene *scene)
{
	return type1_set_iommu(scene->bed->fd, VFIO_TYPE1_IOMMU);
}

static void undo_set_iommu(struct scene *scene)
{
	assert_int_equal(iommufd_option_set(scene->bed->fd,
					    IOMMU_OPTION_HUGE_PAGES,
					    scene->ioas, 1), 0);
}

void test_set_iommu(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "SET_IOMMU", .bed = bed, .ioas = new_ioas(bed->fd),
		.call = call_set_iommu, .undo = undo_set_iommu,
	};

	/* As above. */
	if (faults == &of_kernel)
		skip();
	choose_ioas(bed->fd, scene.ioas);
	sweep(&scene);
}

/* ---- MAP_DMA ---- */

static int call_map_dma(struct scene *scene)
{
	return type1_map(scene->bed->fd, TYPE1_RW, scene->mem, scene->length,
			 scene->iova);
}

void test_map_dma(void **state)
{
	struct scene scene = {
		.name = "MAP_DMA", .bed = *state, .call = call_map_dma,
		.undo = undo_map, .inspect = check_unreachable,
		.mem = scattered(HUGE), .length = HUGE, .iova = FREE_IOVA,
	};

	sweep(&scene);
	munmap(scene.mem, HUGE);
}

/* The edu reads its own registers. */
static bool mmio_reached(struct scene *scene)
{
	struct edubed *bed = scene->bed;
	uint32_t id = mmio_read32(bed->edu.bar.base, 0);

	assert_true(id && ~id);
	return dma_reads(bed, scene->iova, &id, sizeof(id));
}

static int call_map_mmio(struct scene *scene)
{
	struct edubed *bed = scene->bed;

	return type1_map(bed->fd, TYPE1_RW, bed->edu.bar.base, scene->length,
			 scene->iova);
}

static void inspect_map_mmio(struct scene *scene)
{
	assert_false(mmio_reached(scene));
}

void test_map_mmio(void **state)
{
	struct scene scene = {
		.name = "MAP_DMA of registers", .bed = *state,
		.call = call_map_mmio, .undo = undo_map,
		.inspect = inspect_map_mmio, .length = 2 * PAGE,
		.iova = FREE_IOVA,
	};

	sweep(&scene);
	assert_int_equal(call_map_mmio(&scene), 0);
	assert_true(mmio_reached(&scene));
	undo_map(&scene);
}

/* ---- UNMAP_DMA ---- */

static void undo_unmap_dma(struct scene *scene)
{
	assert_int_equal(pinned(scene->bed), 0);
	assert_int_equal(call_map_dma(scene), 0);
}

static int call_unmap_dma(struct scene *scene)
{
	return type1_unmap(scene->bed->fd, scene->iova, scene->length, NULL);
}

static void inspect_unmap_dma(struct scene *scene)
{
	assert_true(dma_writes(scene->bed, scene->iova, scene->mem, PIECE));
}

void test_unmap_dma(void **state)
{
	struct scene scene = {
		.name = "UNMAP_DMA", .bed = *state, .call = call_unmap_dma,
		.undo = undo_unmap_dma, .inspect = inspect_unmap_dma,
		.mem = scattered(HUGE), .length = HUGE, .iova = FREE_IOVA,
	};

	assert_int_equal(call_map_dma(&scene), 0);
	sweep(&scene);
	munmap(scene.mem, HUGE);
}

/* ---- UNMAP_DMA of a part: from the middle, which takes two cuts ---- */

#define PART (2 * PAGE)
#define WHOLE (8 * PAGE)

/* The first of its pages. */
#define PART_AT (3 * PAGE)

/* All in one area again. */
static void undo_unmap_part(struct scene *scene)
{
	struct edubed *bed = scene->bed;
	uint64_t bytes = 0;

	assert_false(is_mapped(bed->fd, bed->ioas, scene->iova + PART_AT));
	assert_int_equal(pinned(bed), WHOLE - PART);
	assert_int_equal(type1_unmap(bed->fd, scene->iova, WHOLE, &bytes), 0);
	assert_int_equal(bytes, WHOLE - PART);
	undo_unmap_dma(scene);
}

static uint32_t maps_left(struct scene *scene)
{
	struct type1_info info;

	assert_int_equal(type1_info(scene->bed->fd, &info), 0);
	return info.avail;
}

/* Over both places where it is to be cut. */
static void inspect_unmap_part(struct scene *scene)
{
	static const uint64_t cuts[] = { PART_AT, PART_AT + PART };
	struct edubed *bed = scene->bed;
	unsigned int i;

	assert_int_equal(maps_left(scene), scene->id);
	for (i = 0; i < ARRAY_SIZE(cuts); i++) {
		uint64_t at = cuts[i] - PIECE / 2;

		assert_true(dma_writes(bed, scene->iova + at, scene->mem + at,
				       PIECE));
		assert_true(is_joined(bed->fd, bed->ioas,
				      scene->iova + cuts[i]));
	}
}

static int call_unmap_part(struct scene *scene)
{
	return type1_unmap(scene->bed->fd, scene->iova + PART_AT, PART, NULL);
}

void test_unmap_part(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "UNMAP_DMA of a part", .bed = bed,
		.call = call_unmap_part, .undo = undo_unmap_part,
		.inspect = inspect_unmap_part, .quick = true,
		.mem = scattered(WHOLE), .length = WHOLE, .iova = FREE_IOVA,
	};

	/* Version 1 begins without mappings. */
	unmap(bed, SCRATCH_IOVA, PAGE);
	assert_int_equal(type1_set_iommu(bed->fd, VFIO_TYPE1_IOMMU), 0);
	map_at(bed, SCRATCH_IOVA, MAP_RW, bed->scratch, PAGE);
	assert_int_equal(call_map_dma(&scene), 0);
	scene.id = maps_left(&scene);
	sweep(&scene);
	munmap(scene.mem, WHOLE);
}

/* ---- without an IOAS ---- */

/* Arguments are read all the same. */
static int call_without_ioas(struct scene *scene)
{
	int rc = call_info(scene);

	if (rc == -ENODEV)
		rc = call_map_dma(scene);
	if (rc == -ENODEV)
		rc = type1_unmap(scene->bed->fd, scene->iova, PAGE, NULL);
	return rc;
}

void test_without_ioas(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "GET_INFO, MAP_DMA, UNMAP_DMA without an IOAS",
		.bed = bed, .error = -ENODEV, .call = call_without_ioas,
		.mem = bed->scratch, .length = PAGE, .iova = FREE_IOVA,
	};

	assert_int_equal(iommufd_vfio_ioas(bed->fd, IOMMU_VFIO_IOAS_CLEAR,
					   NULL), 0);
	sweep(&scene);
}

/* ---- a legacy container: it gets its type, is asked, and loses it ---- */

/* How often iommufd.ko is in use. */
#define USES "/sys/module/iommufd/refcnt"

static int call_container(struct scene *scene)
{
	int container = type1_container_open(), rc;
	struct type1_info info;

	if (container < 0)
		return container;
	rc = type1_join(scene->file, container);
	if (!rc) {
		rc = type1_set_iommu(container, VFIO_TYPE1v2_IOMMU);
		if (!rc)
			rc = type1_info(container, &info);
		assert_int_equal(type1_leave(scene->file), 0);
	}
	close(container);
	return rc;
}

void test_container(void **state)
{
	struct scene scene = {
		.name = "SET_IOMMU, GET_INFO of a container", .bed = *state,
		.file = emulated_group(), .call = call_container,
		.undo = undo_nothing,
	};
	uint64_t uses = 0, uses_after = 1;

	/* Or it would step in. */
	assert_int_equal(backend_only_ours(), 0);
	assert_int_equal(file_read_u64(USES, &uses), 0);
	sweep(&scene);
	/* A context that is left would still count. */
	assert_int_equal(file_read_u64(USES, &uses_after), 0);
	assert_int_equal(uses_after, uses);
	close(scene.file);
}

/* ---- a file of /dev/iommu as a container: it gets a group, and may not have it ---- */

static int call_joined(struct scene *scene)
{
	int fd = iommufd_open(), rc;

	if (fd < 0)
		return fd;
	rc = type1_join(scene->file, fd);
	if (!rc) {
		rc = type1_set_iommu(fd, VFIO_TYPE1v2_IOMMU);
		assert_int_equal(type1_leave(scene->file), 0);
	} else if (rc == -EBADFD || rc == -EINVAL) {
		/* vfio.ko can't be told why there is no container. */
		rc = -ENOMEM;
	}
	close(fd);
	return rc;
}

/* As far as it goes for a mediated device: to the attach. */
void test_joined(void **state)
{
	struct scene scene = {
		.name = "SET_CONTAINER, SET_IOMMU of a file of /dev/iommu",
		.bed = *state, .file = emulated_group(),
		.call = call_joined, .error = -EOPNOTSUPP,
	};
	uint64_t uses = 0, uses_after = 1;

	assert_int_equal(file_read_u64(USES, &uses), 0);
	sweep(&scene);
	assert_int_equal(file_read_u64(USES, &uses_after), 0);
	assert_int_equal(uses_after, uses);
	close(scene.file);
}
