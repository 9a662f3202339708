/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults in calls that concern accesses, and devices behind the mock IOMMU of
 * iommufd_selftest.ko, which shows what it translates: two page tables at once.
 */
#ifndef _GUEST_FAULTMOCK_H
#define _GUEST_FAULTMOCK_H

#include <linux/capability.h>
#include <sys/syscall.h>

#include "sweep.h"
#include "user.h"

#define MOCK_SIZE (64 * PAGE)

/**
 * struct mockbed - an IOAS with two page tables
 * @bed: the IOAS; its hwpt is the first
 * @mock: the first device
 * @second: the second device, with a page table of its own
 */
struct mockbed {
	struct edubed bed;
	struct test_mock mock;
	struct test_mock second;
};

static int mockbed_setup(void **state)
{
	struct mockbed *mockbed = calloc(1, sizeof(*mockbed));
	struct edubed *bed = &mockbed->bed;

	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	bed->scratch = pages(PAGE);
	assert_int_equal(test_mock(bed->fd, bed->ioas, 0, &mockbed->mock), 0);
	bed->hwpt = mockbed->mock.hwpt;
	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, mockbed->mock.idev,
					    bed->ioas, &mockbed->second.hwpt),
			 0);
	assert_int_equal(test_mock(bed->fd, mockbed->second.hwpt, 0,
				   &mockbed->second), 0);
	map_at(bed, SCRATCH_IOVA, MAP_RW, bed->scratch, PAGE);
	bed->pinned = status_kb("VmPin");
	*state = mockbed;
	return 0;
}

static int mockbed_teardown(void **state)
{
	struct mockbed *mockbed = *state;

	close(mockbed->bed.fd);
	munmap(mockbed->bed.scratch, PAGE);
	free(mockbed);
	return 0;
}

/* Memory that the call concerns, and both page tables. */
static void scene_watch(struct scene *scene, struct mockbed *mockbed,
			uint8_t *mem, size_t length)
{
	scene->bed = &mockbed->bed;
	scene->mem = mem;
	scene->length = length;
	scene->iova = FREE_IOVA;
	scene->hwpts[0] = mockbed->mock.hwpt;
	scene->hwpts[1] = mockbed->second.hwpt;
}

static struct mockbed *mock_of(struct scene *scene)
{
	return (struct mockbed *)scene->bed;
}

/* An IOAS without a page table, where nothing is pinned yet: two mappings. */
static uint32_t new_lazy_ioas(struct scene *scene)
{
	uint32_t ioas = new_ioas(scene->bed->fd);
	size_t half = scene->length / 2;
	uint64_t iova;
	int i;

	for (i = 0; i < 2; i++) {
		iova = scene->iova + i * half;
		assert_int_equal(iommufd_map(scene->bed->fd, ioas,
					     MAP_RW | MAP_FIXED_IOVA,
					     scene->mem + i * half, half,
					     &iova), 0);
	}
	return ioas;
}

/* ---- MAP, COPY, UNMAP ---- */

static void test_mock_map(void **state)
{
	struct scene scene = {
		.name = "MAP into two page tables", .call = call_map,
		.undo = undo_map,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	sweep(&scene);
}

/* Adjacent frames on both sides of 1 GiB, where calls of the driver have to end. */
static void test_mock_map_across(void **state)
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

static void test_mock_map_anywhere(void **state)
{
	struct scene scene = {
		.name = "MAP of a page at an IOVA of the kernel's choice",
		.call = call_map_anywhere, .undo = undo_map_anywhere,
	};

	scene_watch(&scene, *state, scattered(PAGE), PAGE);
	sweep(&scene);
}

/* More page tables than a call has room for on its stack. */
static void test_mock_map_many(void **state)
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

static void test_mock_map_shared(void **state)
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

static void test_mock_map_verified(void **state)
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

static void test_mock_map_bulk(void **state)
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

static void test_mock_unmap_bulk(void **state)
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
static void test_mock_map_charged(void **state)
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

static int call_mock_map_file(struct scene *scene)
{
	return iommufd_map_file(scene->bed->fd, scene->bed->ioas,
				MAP_RW | MAP_FIXED_IOVA, scene->file, 0,
				scene->length, &scene->iova);
}

static void test_mock_map_file(void **state)
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
static void test_mock_map_read(void **state)
{
	struct scene scene = {
		.name = "MAP of shared memory that is only read",
		.call = call_mock_map_read, .undo = undo_map,
	};
	uint8_t *mem;

	mem = mmap(NULL, MOCK_SIZE, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(mem, MAP_FAILED);
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

static void test_mock_copy(void **state)
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
static void test_mock_copy_page(void **state)
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

static int call_mock_unmap(struct scene *scene)
{
	return iommufd_unmap(scene->bed->fd, scene->bed->ioas, scene->iova,
			     scene->length, NULL);
}

static void undo_mock_unmap(struct scene *scene)
{
	assert_int_equal(pinned(scene->bed), 0);
	assert_int_equal(call_map(scene), 0);
}

static void test_mock_unmap(void **state)
{
	struct scene scene = {
		.name = "UNMAP from two page tables", .call = call_mock_unmap,
		.undo = undo_mock_unmap,
	};

	scene_watch(&scene, *state, scattered(MOCK_SIZE), MOCK_SIZE);
	assert_int_equal(call_map(&scene), 0);
	sweep(&scene);
}

/* ---- accesses ---- */

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

static void test_access(void **state)
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
static void test_access_pin_lazy(void **state)
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
static void test_access_pin_page(void **state)
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

static void test_unmap_pinned(void **state)
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

static void test_access_read_lazy(void **state)
{
	struct scene scene = {
		.name = "an access reads what is not pinned",
		.call = call_read, .undo = undo_read,
	};

	sweep_access_rw(&scene, *state, false);
}

static void test_access_read_mapped(void **state)
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

static void test_access_write_lazy(void **state)
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

static void test_access_moves(void **state)
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

/* ---- devices and page tables ---- */

static int call_mock(struct scene *scene)
{
	struct test_mock mock = {};
	int rc = test_mock(scene->bed->fd, scene->ioas, 0, &mock);

	scene->id = mock.stdev;
	return rc;
}

static void undo_mock(struct scene *scene)
{
	assert_int_equal(iommufd_destroy(scene->bed->fd, scene->id), 0);
}

/* Created, bound and attached, and all of it undone. */
static void test_mock_device(void **state)
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

static void test_mock_remote(void **state)
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

static void test_mock_replace_ioas(void **state)
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

static void test_mock_hwpt(void **state)
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

static void test_destroy_hwpt(void **state)
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

/* ---- small commands ---- */

static int call_ranges(struct scene *scene)
{
	struct iommu_iova_range ranges[4];
	uint32_t num = ARRAY_SIZE(ranges);
	uint64_t alignment;

	return iommufd_ranges(scene->bed->fd, scene->bed->ioas, ranges, &num,
			      &alignment);
}

static void test_ranges(void **state)
{
	struct scene scene = {
		.name = "IOVA_RANGES", .bed = *state, .call = call_ranges,
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

static void test_option_set(void **state)
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

static void test_option_get(void **state)
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

static void test_mock_hw_info(void **state)
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

static void test_long_struct(void **state)
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

static void test_reserve(void **state)
{
	struct scene scene = {
		.name = "reserved IOVA", .bed = *state, .call = call_reserve,
		.undo = undo_mock,
	};

	sweep(&scene);
}

/* ---- a whole life ---- */

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

static void test_life(void **state)
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

#define MOCK_TEST(name) \
	cmocka_unit_test_setup_teardown(name, mockbed_setup, mockbed_teardown)

static const struct CMUnitTest mock_tests[] = {
	MOCK_TEST(test_mock_map),
	MOCK_TEST(test_mock_map_across),
	MOCK_TEST(test_mock_map_anywhere),
	MOCK_TEST(test_mock_map_many),
	MOCK_TEST(test_mock_map_shared),
	MOCK_TEST(test_mock_map_verified),
	MOCK_TEST(test_mock_map_bulk),
	MOCK_TEST(test_mock_unmap_bulk),
	MOCK_TEST(test_mock_map_charged),
	MOCK_TEST(test_mock_map_file),
	MOCK_TEST(test_mock_map_read),
	MOCK_TEST(test_mock_copy),
	MOCK_TEST(test_mock_copy_page),
	MOCK_TEST(test_mock_unmap),
	MOCK_TEST(test_access),
	MOCK_TEST(test_access_pin_lazy),
	MOCK_TEST(test_access_pin_page),
	MOCK_TEST(test_unmap_pinned),
	MOCK_TEST(test_access_read_lazy),
	MOCK_TEST(test_access_read_mapped),
	MOCK_TEST(test_access_write_lazy),
	MOCK_TEST(test_access_moves),
	MOCK_TEST(test_mock_device),
	MOCK_TEST(test_mock_remote),
	MOCK_TEST(test_mock_replace_ioas),
	MOCK_TEST(test_mock_hwpt),
	MOCK_TEST(test_destroy_hwpt),
	MOCK_TEST(test_ranges),
	MOCK_TEST(test_option_set),
	MOCK_TEST(test_option_get),
	MOCK_TEST(test_mock_hw_info),
	MOCK_TEST(test_long_struct),
	MOCK_TEST(test_reserve),
	MOCK_TEST(test_life),
};

#endif
