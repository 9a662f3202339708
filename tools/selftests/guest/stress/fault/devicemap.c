// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in calls that make objects, and in MAP, COPY and UNMAP, behind a real IOMMU.
 */
#include "bed.h"
#include "compiler.h"
#include "devicebed.h"
#include "devicemap.h"
#include "edu.h"
#include "edubed.h"
#include "faults.h"
#include "iommufd.h"
#include "scene.h"
#include "sweep.h"

static int call_alloc(struct scene *scene)
{
	return iommufd_ioas_alloc(scene->file, &scene->id);
}

static void undo_alloc(struct scene *scene)
{
	assert_int_equal(iommufd_destroy(scene->file, scene->id), 0);
	check_no_object(scene->file);
}

static void inspect_alloc(struct scene *scene)
{
	check_no_object(scene->file);
}

void test_ioas_alloc(void **state)
{
	struct scene scene = {
		.name = "IOAS_ALLOC", .bed = *state, .file = new_fd(),
		.call = call_alloc, .undo = undo_alloc,
		.inspect = inspect_alloc,
	};

	sweep(&scene);
	close(scene.file);
}

/* A list of ranges is in force as a whole, or the one before is. */
static const struct iommu_iova_range ranges_old[] = {
	{ FREE_IOVA, FREE_IOVA + PAGE - 1 },
};

static const struct iommu_iova_range ranges_new[] = {
	{ HUGE, 2 * HUGE - 1 }, { 4 * HUGE, 5 * HUGE - 1 },
	{ 6 * HUGE, 7 * HUGE - 1 }, { 8 * HUGE, 9 * HUGE - 1 },
};

static int call_allow(struct scene *scene)
{
	return iommufd_allow(scene->bed->fd, scene->ioas, ranges_new,
			     ARRAY_SIZE(ranges_new));
}

static void undo_allow(struct scene *scene)
{
	assert_int_equal(iommufd_allow(scene->bed->fd, scene->ioas, ranges_old,
				       ARRAY_SIZE(ranges_old)), 0);
}

static void inspect_allow(struct scene *scene)
{
	uint64_t iova = 0;

	assert_int_equal(iommufd_map(scene->bed->fd, scene->ioas, MAP_R,
				     scene->mem, PAGE, &iova), 0);
	assert_int_equal(iova, FREE_IOVA);
	assert_int_equal(iommufd_unmap(scene->bed->fd, scene->ioas, iova, PAGE,
				       NULL), 0);
}

void test_allow(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "IOAS_ALLOW_IOVAS", .bed = bed, .mem = bed->scratch,
		.ioas = new_ioas(bed->fd), .call = call_allow,
		.undo = undo_allow, .inspect = inspect_allow,
	};

	undo_allow(&scene);
	sweep(&scene);
}

/* ---- MAP ---- */

static void sweep_map(struct scene *scene, uint8_t *mem, size_t length)
{
	scene->call = call_map;
	scene->undo = undo_map;
	scene->inspect = check_unreachable;
	scene->mem = mem;
	scene->length = length;
	scene->iova = FREE_IOVA;
}

void test_map_page(void **state)
{
	struct scene scene = { .name = "MAP of a page", .bed = *state };

	sweep_map(&scene, scattered(PAGE), PAGE);
	sweep(&scene);
}

/* Every page of the IO page table, and every table of frames, has its turn. */
void test_map_scattered(void **state)
{
	struct scene scene = { .name = "MAP of 16 MiB", .bed = *state };

	sweep_map(&scene, scattered(SMALL_SIZE), SMALL_SIZE);
	assert_true(sweep(&scene) >= 2 * TABLES);
	assert_int_equal(call_map(&scene), 0);
	assert_true(dma_writes(scene.bed, FREE_IOVA + SMALL_SIZE - PIECE,
			       scene.mem + SMALL_SIZE - PIECE, PIECE));
	munmap(scene.mem, SMALL_SIZE);
}

/*
 * Adjacent frames that huge IO pages do not fit: a call of the IOMMU driver
 * could write to two of its tables, and fail at the second.
 */
void test_map_adjacent(void **state)
{
	struct scene scene = { .name = "MAP of huge pages", .bed = *state };

	sweep_map(&scene, adjacent(4 * HUGE), 4 * HUGE);
	scene.iova = FREE_IOVA + PAGE;
	assert_true(sweep(&scene) >= 5);
	munmap(scene.mem, 4 * HUGE);
}

void test_map_large(void **state)
{
	struct scene scene = {
		.name = "MAP of 64 MiB", .bed = *state, .step = 7,
	};

	sweep_map(&scene, scattered(LARGE_SIZE), LARGE_SIZE);
	sweep(&scene);
	munmap(scene.mem, LARGE_SIZE);
}

/* The memory is not there yet: that it comes can fail as well. */
static int call_map_fresh(struct scene *scene)
{
	madvise(scene->mem, scene->length, MADV_DONTNEED);
	return call_map(scene);
}

void test_map_fresh(void **state)
{
	struct scene scene = { .name = "MAP of no pages yet", .bed = *state };

	sweep_map(&scene, scattered(16 * PAGE), 16 * PAGE);
	scene.call = call_map_fresh;
	fail_user_pages(true);
	sweep(&scene);
	munmap(scene.mem, scene.length);
}

static int call_map_file(struct scene *scene)
{
	return iommufd_map_file(scene->bed->fd, scene->bed->ioas,
				MAP_RW | MAP_FIXED_IOVA, scene->file, PAGE,
				scene->length, &scene->iova);
}

static void inspect_map_file(struct scene *scene)
{
	uint8_t byte = 1;

	/* Written through a mapping of its own, and not by the device. */
	fill(scene->bed->scratch, PIECE);
	assert_int_equal(edu_load(&scene->bed->edu, SCRATCH_IOVA, 0, PIECE), 0);
	assert_int_equal(edu_store(&scene->bed->edu, scene->iova, 0, PIECE), 0);
	assert_int_equal(pread(scene->file, &byte, 1, PAGE), 1);
	assert_int_equal(byte, 0);
}

void test_map_file(void **state)
{
	struct scene scene = {
		.name = "MAP_FILE of 4 MiB", .bed = *state,
		.call = call_map_file, .undo = undo_map,
		.inspect = inspect_map_file, .length = 2 * HUGE,
		.iova = FREE_IOVA, .file = memfd_create("test", MFD_CLOEXEC),
	};

	assert_int_equal(ftruncate(scene.file, 3 * HUGE), 0);
	/* Its pages are there after the first success. */
	assert_int_equal(call_map_file(&scene), 0);
	undo_map(&scene);
	sweep(&scene);
	close(scene.file);
}

/* ---- COPY and UNMAP ---- */

static int call_copy(struct scene *scene)
{
	return iommufd_copy(scene->bed->fd, MAP_RW | MAP_FIXED_IOVA,
			    scene->bed->ioas, &scene->iova, scene->ioas,
			    BED_IOVA, scene->length);
}

/* Two mappings that touch, in an IOAS without a device: pinned by COPY. */
void test_copy(void **state)
{
	struct edubed *bed = *state;
	uint64_t first = BED_IOVA, second = BED_IOVA + HUGE;
	struct scene scene = {
		.name = "COPY of two mappings", .bed = bed,
		.ioas = new_ioas(bed->fd), .call = call_copy, .undo = undo_map,
		.inspect = check_unreachable, .mem = scattered(2 * HUGE),
		.length = 2 * HUGE, .iova = FREE_IOVA,
	};

	assert_int_equal(iommufd_map(bed->fd, scene.ioas,
				     MAP_RW | MAP_FIXED_IOVA, scene.mem, HUGE,
				     &first), 0);
	assert_int_equal(iommufd_map(bed->fd, scene.ioas,
				     MAP_RW | MAP_FIXED_IOVA, scene.mem + HUGE,
				     HUGE, &second), 0);
	sweep(&scene);
}

/* From what is mapped and pinned here already. */
void test_copy_pinned(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "COPY of what is pinned", .bed = bed, .ioas = bed->ioas,
		.call = call_copy, .undo = undo_map,
		.inspect = check_unreachable, .mem = scattered(HUGE),
		.length = HUGE, .iova = FREE_IOVA,
	};

	map_at(bed, BED_IOVA, MAP_RW, scene.mem, HUGE);
	sweep(&scene);
}

/*
 * Copies of both ends keep them: the middle of adjacent frames goes, and the
 * rest of them needs a table that nobody can be told there is no memory for.
 */
static void map_with_copies(struct scene *scene)
{
	struct edubed *bed = scene->bed;
	uint64_t low = BED_IOVA, high = BED_IOVA + HUGE - PAGE;

	map_at(bed, FREE_IOVA, MAP_RW, scene->mem, HUGE);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->ioas, &low, bed->ioas, FREE_IOVA,
				      4 * PAGE), 0);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->ioas, &high, bed->ioas,
				      FREE_IOVA + HUGE - PAGE, PAGE), 0);
}

static void undo_unmap(struct scene *scene)
{
	assert_int_equal(pinned(scene->bed), 5 * PAGE);
	unmap(scene->bed, BED_IOVA, 4 * PAGE);
	unmap(scene->bed, BED_IOVA + HUGE - PAGE, PAGE);
	assert_int_equal(pinned(scene->bed), 0);
	map_with_copies(scene);
}

static int call_unmap(struct scene *scene)
{
	return iommufd_unmap(scene->bed->fd, scene->bed->ioas, FREE_IOVA,
			     HUGE, NULL);
}

static void inspect_unmap(struct scene *scene)
{
	assert_true(dma_writes(scene->bed, FREE_IOVA + HUGE / 2,
			       scene->mem + HUGE / 2, PIECE));
}

void test_unmap(void **state)
{
	struct scene scene = {
		.name = "UNMAP", .bed = *state, .call = call_unmap,
		.undo = undo_unmap, .inspect = inspect_unmap,
		.mem = adjacent(HUGE),
	};

	map_with_copies(&scene);
	sweep(&scene);
}
