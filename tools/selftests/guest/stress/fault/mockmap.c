// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in MAP, COPY and UNMAP, one at a time and many, seen by the mock IOMMU.
 */
#include <linux/capability.h>
#include <sys/syscall.h>

#include "bed.h"
#include "edubed.h"
#include "iommufd.h"
#include "memory.h"
#include "mockbed.h"
#include "mockmap.h"
#include "scene.h"
#include "sweep.h"
#include "test.h"
#include "user.h"

void test_mock_map(void **state)
{
	struct scene scene = {
		.name = "MAP into two page tables", .call = call_map,
		.undo = undo_map,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	sweep(&scene);
}

/* Adjacent frames on both sides of 1 GiB, where calls of the driver have to end. */
void test_mock_map_across(void **state)
{
	struct scene scene = {
		.name = "MAP across 1 GiB", .call = call_map,
		.undo = undo_map,
	};

	scene_watch(&scene, *state, adjacent(HUGE), HUGE);
	scene.iova = (1UL << 30) - HUGE / 2 - PAGE;
	sweep(&scene);
}

/* Where the kernel chooses, in what it may choose from. */
static int call_map_anywhere(struct scene *scene)
{
	return iommufd_map(scene->bed->fd, scene->bed->ioas, MAP_RW,
			   scene->mem, scene->length, &scene->iova);
}

static void undo_map_anywhere(struct scene *scene)
{
	undo_map(scene);
	scene->iova = FREE_IOVA;
}

void test_mock_map_anywhere(void **state)
{
	struct scene scene = {
		.name = "MAP of a page at an IOVA of the kernel's choice",
		.call = call_map_anywhere, .undo = undo_map_anywhere,
	};

	scene_watch(&scene, *state, scattered(PAGE), PAGE);
	sweep(&scene);
}

/* More page tables than a call has room for on its stack. */
void test_mock_map_many(void **state)
{
	struct mockbed *mockbed = *state;
	struct scene scene = {
		.name = "MAP into six page tables", .call = call_map,
		.undo = undo_map,
	};
	uint32_t hwpt[4];
	int i;

	scene_watch(&scene, mockbed, scattered(MOCK_SIZE), MOCK_SIZE);
	for (i = 0; i < 4; i++)
		assert_int_equal(iommufd_hwpt_alloc(scene.bed->fd, 0,
						    mockbed->mock.idev,
						    scene.bed->ioas, &hwpt[i]),
				 0);
	scene.hwpts[0] = hwpt[3];
	sweep(&scene);
}

static void unmap_first(struct scene *scene)
{
	assert_int_equal(iommufd_unmap(scene->bed->fd, scene->ioas,
				       scene->iova, scene->length, NULL), 0);
}

static int map_first(struct scene *scene)
{
	uint64_t iova = scene->iova;

	return iommufd_map(scene->bed->fd, scene->ioas,
			   MAP_RW | MAP_FIXED_IOVA, scene->mem, scene->length,
			   &iova);
}

/* The same memory in two IOASes, the second time shared. */
static int call_map_shared(struct scene *scene)
{
	int rc = map_first(scene);

	if (rc)
		return rc;
	rc = call_map(scene);
	if (rc)
		unmap_first(scene);
	return rc;
}

static void undo_map_shared(struct scene *scene)
{
	undo_map(scene);
	unmap_first(scene);
}

/* After a change that is none, so that memory is looked at page by page. */
static int call_map_verified(struct scene *scene)
{
	mprotect(scene->mem, scene->length, PROT_READ);
	/* A fault of the kernel fails it once. */
	while (mprotect(scene->mem, scene->length, PROT_READ | PROT_WRITE))
		;
	return call_map(scene);
}

static void shared_setup(struct scene *scene, struct mockbed *mockbed,
			 struct test_mock *mock)
{
	scene_watch(scene, mockbed, scattered(HUGE), HUGE);
	scene->ioas = new_ioas(scene->bed->fd);
	assert_int_equal(test_mock(scene->bed->fd, scene->ioas, 0, mock), 0);
}

void test_mock_map_shared(void **state)
{
	struct scene scene = {
		.name = "MAP of memory in two IOASes", .call = call_map_shared,
		.undo = undo_map_shared, .step = 61,
	};
	struct test_mock mock;

	shared_setup(&scene, *state, &mock);
	sweep(&scene);
	assert_int_equal(iommufd_destroy(scene.bed->fd, mock.stdev), 0);
}

void test_mock_map_verified(void **state)
{
	struct scene scene = {
		.name = "MAP of what another IOAS has pinned",
		.call = call_map_verified, .undo = undo_map, .step = 31,
	};
	struct test_mock mock;

	shared_setup(&scene, *state, &mock);
	assert_int_equal(map_first(&scene), 0);
	sweep(&scene);
	unmap_first(&scene);
	assert_int_equal(iommufd_destroy(scene.bed->fd, mock.stdev), 0);
}

/* ---- many at once ---- */

#define BULK_ENTRIES (MOCK_SIZE / PAGE)

/* @error: once more the one before. */
static int map_bulk(struct scene *scene, bool up)
{
	struct iommu_map_entry entries[BULK_ENTRIES] = {};
	unsigned int i;

	for (i = 0; i < BULK_ENTRIES; i++) {
		size_t at = (up ? i : BULK_ENTRIES - 1 - i) * PAGE;

		entries[i].iova = scene->iova + at;
		entries[i].user_va = (uintptr_t)scene->mem + at;
		entries[i].length = PAGE;
		entries[i].flags = MAP_RW | MAP_FIXED_IOVA;
	}
	if (scene->error)
		entries[BULK_ENTRIES - 1] = entries[BULK_ENTRIES - 2];
	return iommufd_map_bulk(scene->bed->fd, scene->bed->ioas, entries,
				BULK_ENTRIES, NULL);
}

static int call_map_bulk(struct scene *scene)
{
	return map_bulk(scene, false);
}

/* Pages that are pinned together. */
static int call_map_neighbours(struct scene *scene)
{
	return map_bulk(scene, true);
}

void test_mock_map_bulk(void **state)
{
	struct scene scene = {
		.name = "MAP of many", .call = call_map_bulk,
		.undo = undo_map,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	sweep(&scene);
	scene.name = "MAP of many, the last of which is refused";
	scene.error = -EEXIST;
	sweep(&scene);
	scene.name = "MAP of many neighbours";
	scene.call = call_map_neighbours;
	scene.error = 0;
	sweep(&scene);
}

static int call_unmap_bulk(struct scene *scene)
{
	struct iommu_unmap_entry entries[BULK_ENTRIES];
	unsigned int i;

	for (i = 0; i < BULK_ENTRIES; i++) {
		entries[i].iova = scene->iova + i * 37 % BULK_ENTRIES * PAGE;
		entries[i].length = PAGE;
	}
	if (scene->error)
		entries[BULK_ENTRIES - 1].iova += MOCK_SIZE;
	return iommufd_unmap_bulk(scene->bed->fd, scene->bed->ioas, entries,
				  BULK_ENTRIES, NULL);
}

static void undo_unmap_bulk(struct scene *scene)
{
	assert_int_equal(call_map_bulk(scene), 0);
}

void test_mock_unmap_bulk(void **state)
{
	struct scene scene = {
		.name = "UNMAP of many", .call = call_unmap_bulk,
		.undo = undo_unmap_bulk,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	assert_int_equal(call_map_bulk(&scene), 0);
	sweep(&scene);
	scene.name = "UNMAP of many, the last of which is refused";
	scene.error = -ENOENT;
	sweep(&scene);
}

/* Who may lock any memory pays for none. */
static void keep_capability(bool keep)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	assert_int_equal(syscall(SYS_capget, &header, data), 0);
	if (keep)
		data[0].effective |= 1U << CAP_IPC_LOCK;
	else
		data[0].effective &= ~(1U << CAP_IPC_LOCK);
	assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

/* The process pays, and not its user. */
void test_mock_map_charged(void **state)
{
	struct scene scene = {
		.name = "MAP, where the process pays", .call = call_map,
		.undo = undo_map,
	};
	struct edubed bed = { .fd = new_fd() };
	struct test_mock mock;

	assert_int_equal(iommufd_option_set(bed.fd, IOMMU_OPTION_RLIMIT_MODE,
					    0, 1), 0);
	bed.ioas = new_ioas(bed.fd);
	assert_int_equal(test_mock(bed.fd, bed.ioas, 0, &mock), 0);
	scene.bed = &bed;
	scene.mem = scattered(MOCK_SIZE);
	scene.length = MOCK_SIZE;
	scene.iova = FREE_IOVA;
	scene.hwpts[0] = mock.hwpt;
	keep_capability(false);
	sweep(&scene);
	keep_capability(true);
	close(bed.fd);
}

static int call_change(struct scene *scene)
{
	return iommufd_change_process(scene->bed->fd);
}

/* Another process has it, as before. */
static void child_changes(void *arg)
{
	struct scene *scene = arg;

	check(!call_change(scene));
}

static void undo_change(struct scene *scene)
{
	end_child(start_child(child_changes, scene, -1));
}

/* Memory of a file in two IOASes, which another process pays for. */
void test_mock_change(void **state)
{
	struct scene scene = {
		.name = "CHANGE_PROCESS", .call = call_change,
		.undo = undo_change, .iova = FREE_IOVA, .length = MOCK_SIZE,
		.file = memfd_create("test", MFD_CLOEXEC),
	};
	struct edubed bed = { .fd = new_fd() };
	uint64_t iova = FREE_IOVA;
	struct test_mock mock;
	uint8_t *mem;

	assert_int_equal(ftruncate(scene.file, 2 * MOCK_SIZE), 0);
	mem = mmap(NULL, MOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		   scene.file, 0);
	assert_ptr_not_equal(mem, MAP_FAILED);
	memset(mem, 1, MOCK_SIZE);
	assert_int_equal(iommufd_option_set(bed.fd, IOMMU_OPTION_RLIMIT_MODE,
					    0, 1), 0);
	bed.ioas = new_ioas(bed.fd);
	scene.ioas = new_ioas(bed.fd);
	scene.bed = &bed;
	scene.mem = mem;
	assert_int_equal(test_mock(bed.fd, bed.ioas, 0, &mock), 0);
	scene.hwpts[0] = mock.hwpt;
	assert_int_equal(test_mock(bed.fd, scene.ioas, 0, &mock), 0);
	keep_capability(false);
	assert_int_equal(iommufd_map_file(bed.fd, bed.ioas,
					  MAP_RW | MAP_FIXED_IOVA, scene.file,
					  0, MOCK_SIZE, &iova), 0);
	assert_int_equal(iommufd_map_file(bed.fd, scene.ioas,
					  MAP_RW | MAP_FIXED_IOVA, scene.file,
					  MOCK_SIZE, MOCK_SIZE, &iova), 0);
	undo_change(&scene);
	sweep(&scene);
	scene.name = "CHANGE_PROCESS, of memory of a process";
	scene.error = -EINVAL;
	iova = BED_IOVA;
	assert_int_equal(iommufd_map(bed.fd, scene.ioas, MAP_R | MAP_FIXED_IOVA,
				     mem, PAGE, &iova), 0);
	sweep(&scene);
	keep_capability(true);
	close(bed.fd);
	munmap(mem, MOCK_SIZE);
	close(scene.file);
}

static int call_mock_map_file(struct scene *scene)
{
	return iommufd_map_file(scene->bed->fd, scene->bed->ioas,
				MAP_RW | MAP_FIXED_IOVA, scene->file, 0,
				scene->length, &scene->iova);
}

void test_mock_map_file(void **state)
{
	struct scene scene = {
		.name = "MAP_FILE into two page tables",
		.call = call_mock_map_file, .undo = undo_map,
		.file = memfd_create("test", MFD_CLOEXEC),
	};
	uint8_t *mem;

	assert_int_equal(ftruncate(scene.file, MOCK_SIZE), 0);
	mem = mmap(NULL, MOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		   scene.file, 0);
	assert_ptr_not_equal(mem, MAP_FAILED);
	memset(mem, 1, MOCK_SIZE);
	scene_watch(&scene, *state, mem, MOCK_SIZE);
	sweep(&scene);
	munmap(mem, MOCK_SIZE);
	close(scene.file);
}

static int call_mock_map_read(struct scene *scene)
{
	return iommufd_map(scene->bed->fd, scene->bed->ioas,
			   MAP_R | MAP_FIXED_IOVA, scene->mem, scene->length,
			   &scene->iova);
}

/* Memory that a kernel may try to pin in two ways. */
void test_mock_map_read(void **state)
{
	struct scene scene = {
		.name = "MAP of shared memory that is only read",
		.call = call_mock_map_read, .undo = undo_map,
	};
	uint8_t *mem;

	mem = shared_pages(MOCK_SIZE);
	memset(mem, 1, MOCK_SIZE);
	assert_int_equal(mprotect(mem, MOCK_SIZE, PROT_READ), 0);
	scene_watch(&scene, *state, mem, MOCK_SIZE);
	sweep(&scene);
	munmap(mem, MOCK_SIZE);
}

static int call_mock_copy(struct scene *scene)
{
	return iommufd_copy(scene->bed->fd, MAP_RW | MAP_FIXED_IOVA,
			    scene->bed->ioas, &scene->iova, scene->ioas,
			    FREE_IOVA, scene->length);
}

void test_mock_copy(void **state)
{
	struct scene scene = {
		.name = "COPY into two page tables", .call = call_mock_copy,
		.undo = undo_map,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	scene.ioas = new_lazy_ioas(&scene);
	sweep(&scene);
}

/* One page, which a copy makes into memory that is shared. */
void test_mock_copy_page(void **state)
{
	struct scene scene = {
		.name = "COPY of a page", .call = call_mock_copy,
		.undo = undo_map,
	};

	scene_watch(&scene, *state, scattered(PAGE), PAGE);
	map_at(scene.bed, FREE_IOVA, MAP_RW, scene.mem, PAGE);
	scene.ioas = scene.bed->ioas;
	/* To another IOVA, of the same IOAS. */
	scene.iova = BED_IOVA;
	sweep(&scene);
}

int call_mock_unmap(struct scene *scene)
{
	return iommufd_unmap(scene->bed->fd, scene->bed->ioas, scene->iova,
			     scene->length, NULL);
}

void undo_mock_unmap(struct scene *scene)
{
	assert_int_equal(pinned(scene->bed), 0);
	assert_int_equal(call_map(scene), 0);
}

void test_mock_unmap(void **state)
{
	struct scene scene = {
		.name = "UNMAP from two page tables", .call = call_mock_unmap,
		.undo = undo_mock_unmap,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	assert_int_equal(call_map(&scene), 0);
	sweep(&scene);
}
