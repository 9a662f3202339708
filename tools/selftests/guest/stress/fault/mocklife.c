// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in a whole life: from the opening of a file to its end.
 */
#include "bed.h"
#include "iommufd.h"
#include "mockbed.h"
#include "mocklife.h"
#include "scene.h"
#include "sweep.h"
#include "test.h"

/**
 * struct life - ids and files of one
 */
struct life {
	int fd;
	int file;
	int access;
	uint32_t ioas[2];
	uint32_t hwpt;
	uint32_t pin;
	struct test_mock mock[2];
};

static int life_fill(struct scene *scene, struct life *life)
{
	uint64_t iova = FREE_IOVA, file_iova = BED_IOVA;
	int fd = life->fd;

	return iommufd_ioas_alloc(fd, &life->ioas[0]) ?:
	       iommufd_ioas_alloc(fd, &life->ioas[1]) ?:
	       iommufd_map(fd, life->ioas[0], MAP_RW | MAP_FIXED_IOVA,
			   scene->mem, scene->length, &iova) ?:
	       iommufd_map_file(fd, life->ioas[0], MAP_RW | MAP_FIXED_IOVA,
				life->file, 0, PAGE, &file_iova) ?:
	       iommufd_copy(fd, MAP_RW | MAP_FIXED_IOVA, life->ioas[1], &iova,
			    life->ioas[0], FREE_IOVA, scene->length / 2);
}

static uint8_t transfer[PAGE];

static int life_use(struct scene *scene, struct life *life)
{
	int fd = life->fd;

	return test_mock(fd, life->ioas[0], 0, &life->mock[0]) ?:
	       iommufd_hwpt_alloc(fd, 0, life->mock[0].idev, life->ioas[0],
				  &life->hwpt) ?:
	       test_mock(fd, life->hwpt, 0, &life->mock[1]) ?:
	       test_access_create(fd, life->ioas[0], ACCESS_PINS,
				  &life->access) ?:
	       test_access_pin(fd, life->access, 0, FREE_IOVA, 2 * PAGE,
			       scene->mem, &life->pin) ?:
	       test_access_read(fd, life->access, BED_IOVA, transfer, PAGE);
}

static int life_change(struct scene *scene, struct life *life)
{
	uint32_t pt = life->ioas[1];
	int fd = life->fd;

	return test_mock_replace(fd, life->mock[1].stdev, &pt) ?:
	       iommufd_unmap(fd, life->ioas[0], FREE_IOVA, scene->length,
			     NULL) ?:
	       iommufd_destroy(fd, life->mock[1].stdev) ?:
	       iommufd_destroy(fd, life->hwpt) ?:
	       iommufd_destroy(fd, life->ioas[1]);
}

/* However far it comes, it ends by closing the files. */
static int call_life(struct scene *scene)
{
	struct life life = { .access = -1, .file = scene->file };
	int rc;

	life.fd = iommufd_open();
	if (life.fd < 0)
		return life.fd;
	rc = life_fill(scene, &life) ?: life_use(scene, &life) ?:
	     life_change(scene, &life);
	if (life.access >= 0)
		close(life.access);
	close(life.fd);
	return rc;
}

void test_life(void **state)
{
	struct scene scene = {
		.name = "a whole life, from open to close", .call = call_life,
		.undo = undo_nothing,
		.file = memfd_create("test", MFD_CLOEXEC),
	};

	assert_int_equal(ftruncate(scene.file, PAGE), 0);
	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	sweep(&scene);
	close(scene.file);
}
