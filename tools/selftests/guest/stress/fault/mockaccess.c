// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in calls of accesses: their making, pins, reads, writes, and their move to
 * another IOAS.
 */
#include "bed.h"
#include "mockaccess.h"
#include "mockbed.h"
#include "mockmap.h"
#include "scene.h"
#include "sweep.h"
#include "test.h"

static int new_access(struct scene *scene, uint32_t ioas, uint32_t flags)
{
	int access = -1;

	assert_int_equal(test_access_create(scene->bed->fd, ioas, flags,
					    &access), 0);
	return access;
}

static int call_access(struct scene *scene)
{
	return test_access_create(scene->bed->fd, scene->bed->ioas,
				  ACCESS_PINS, &scene->file);
}

static void undo_access(struct scene *scene)
{
	close(scene->file);
}

void test_access(void **state)
{
	struct scene scene = {
		.name = "an access", .bed = *state, .call = call_access,
		.undo = undo_access,
	};

	sweep(&scene);
}

static int call_pin(struct scene *scene)
{
	return test_access_pin(scene->bed->fd, scene->file, ACCESS_WRITE,
			       FREE_IOVA, scene->length, scene->mem,
			       &scene->id);
}

static void undo_pin(struct scene *scene)
{
	assert_int_equal(test_access_unpin(scene->bed->fd, scene->file,
					   scene->id), 0);
}

/* Of memory that nobody else has pinned. */
void test_access_pin_lazy(void **state)
{
	struct scene scene = {
		.name = "pins of an access", .call = call_pin,
		.undo = undo_pin,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	scene.ioas = new_lazy_ioas(&scene);
	scene.file = new_access(&scene, scene.ioas, ACCESS_PINS);
	sweep(&scene);
	close(scene.file);
}

/* Of one page, which is in the page tables as well. */
void test_access_pin_page(void **state)
{
	struct scene scene = {
		.name = "an access's pin of a mapped page", .call = call_pin,
		.undo = undo_pin,
	};

	scene_watch(&scene, *state, scattered(PAGE), PAGE);
	assert_int_equal(call_map(&scene), 0);
	scene.file = new_access(&scene, scene.bed->ioas, ACCESS_PINS);
	sweep(&scene);
	close(scene.file);
}

/* The access is asked for its pins, and drops them, whatever comes of it. */
static int call_unmap_pinned(struct scene *scene)
{
	int rc = call_mock_unmap(scene);

	if (rc) {
		test_access_unpin(scene->bed->fd, scene->file, scene->id);
		assert_int_equal(call_pin(scene), 0);
	}
	return rc;
}

static void undo_unmap_pinned(struct scene *scene)
{
	undo_mock_unmap(scene);
	assert_int_equal(call_pin(scene), 0);
}

void test_unmap_pinned(void **state)
{
	struct scene scene = {
		.name = "UNMAP of what an access has pinned",
		.call = call_unmap_pinned, .undo = undo_unmap_pinned,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	assert_int_equal(call_map(&scene), 0);
	scene.file = new_access(&scene, scene.bed->ioas, ACCESS_PINS);
	assert_int_equal(call_pin(&scene), 0);
	sweep(&scene);
	close(scene.file);
}

static uint8_t transfer[MOCK_SIZE];

static int call_read(struct scene *scene)
{
	return test_access_read(scene->bed->fd, scene->file, FREE_IOVA,
				transfer, scene->length);
}

/* Not only the first page, which is there for a read of one. */
static void undo_read(struct scene *scene)
{
	assert_memory_equal(transfer, scene->mem, scene->length);
	memset(transfer, 0, scene->length);
}

static void sweep_access_rw(struct scene *scene, struct mockbed *mockbed,
			    bool mapped)
{
	uint32_t ioas = mockbed->bed.ioas;

	scene_watch(scene, mockbed, scattered(MOCK_SIZE), MOCK_SIZE);
	if (mapped)
		assert_int_equal(call_map(scene), 0);
	else
		ioas = new_lazy_ioas(scene);
	scene->file = new_access(scene, ioas, 0);
	sweep(scene);
	close(scene->file);
}

void test_access_read_lazy(void **state)
{
	struct scene scene = {
		.name = "an access reads what is not pinned",
		.call = call_read, .undo = undo_read,
	};

	sweep_access_rw(&scene, *state, false);
}

void test_access_read_mapped(void **state)
{
	struct scene scene = {
		.name = "an access reads what is mapped",
		.call = call_read, .undo = undo_read,
	};

	sweep_access_rw(&scene, *state, true);
}

static int call_write(struct scene *scene)
{
	memset(transfer, 5, scene->length);
	return test_access_write(scene->bed->fd, scene->file, FREE_IOVA,
				 transfer, scene->length);
}

static void undo_write(struct scene *scene)
{
	assert_memory_equal(transfer, scene->mem, scene->length);
	memset(scene->mem, 1, scene->length);
}

void test_access_write_lazy(void **state)
{
	struct scene scene = {
		.name = "an access writes what is not pinned",
		.call = call_write, .undo = undo_write,
	};

	sweep_access_rw(&scene, *state, false);
}

static int call_access_replace(struct scene *scene)
{
	return test_access_replace(scene->bed->fd, scene->file, scene->ioas);
}

static void undo_access_replace(struct scene *scene)
{
	assert_int_equal(test_access_replace(scene->bed->fd, scene->file,
					     scene->bed->ioas), 0);
}

/* What the access reads tells where it is. */
static void inspect_access_replace(struct scene *scene)
{
	uint8_t byte = 0;

	assert_int_equal(test_access_read(scene->bed->fd, scene->file,
					  FREE_IOVA, &byte, 1), 0);
	assert_int_equal(byte, 1);
}

void test_access_moves(void **state)
{
	struct scene scene = {
		.name = "an access goes to another IOAS",
		.call = call_access_replace, .undo = undo_access_replace,
		.inspect = inspect_access_replace,
	};
	uint8_t *mem = scattered(MOCK_SIZE);

	scene_watch(&scene, *state, mem, MOCK_SIZE);
	assert_int_equal(call_map(&scene), 0);
	scene.mem = scattered(MOCK_SIZE);
	memset(scene.mem, 2, MOCK_SIZE);
	scene.ioas = new_lazy_ioas(&scene);
	scene.mem = mem;
	scene.file = new_access(&scene, scene.bed->ioas, 0);
	sweep(&scene);
	close(scene.file);
}
