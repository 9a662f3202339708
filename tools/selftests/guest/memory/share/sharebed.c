// SPDX-License-Identifier: GPL-2.0
/*
 * What tests of sharing begin with: memory of each kind, and IOASes of one file that map it.
 */
#include "bed.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
#include "sharebed.h"
#include "test.h"

int sharebed_setup(void **state)
{
	struct sharebed *bed = calloc(1, sizeof(*bed));
	int i;

	bed->fd = new_fd();
	for (i = 0; i < IOASES; i++)
		bed->ioas[i] = new_ioas(bed->fd);
	bed->pinned = status_kb("VmPin");
	*state = bed;
	return 0;
}

void plug(struct sharebed *bed, int i)
{
	assert_int_equal(test_mock(bed->fd, bed->ioas[i], 0, &bed->mock[i]), 0);
}

void unplug(struct sharebed *bed, int i)
{
	assert_int_equal(iommufd_destroy(bed->fd, bed->mock[i].stdev), 0);
}

int plugged_setup(void **state)
{
	int i, rc = sharebed_setup(state);

	for (i = 0; i < IOASES; i++)
		plug(*state, i);
	return rc;
}

int sharebed_teardown(void **state)
{
	struct sharebed *bed = *state;

	close(bed->fd);
	assert_int_equal(status_kb("VmPin"), bed->pinned);
	free(bed);
	return 0;
}

uint64_t pinned(struct sharebed *bed)
{
	return (status_kb("VmPin") - bed->pinned) * 1024;
}

/* ---- memory ---- */

void fill(struct memory *memory, uint8_t byte)
{
	memset(memory->va, byte, SIZE);
}

uint8_t *aligned_room(void)
{
	uint8_t *room = no_pages(SIZE + HUGE);

	return room + HUGE - (uintptr_t)room % HUGE;
}

void put(struct memory *memory, int flags)
{
	assert_ptr_equal(mmap(memory->va, SIZE, PROT_READ | PROT_WRITE,
			      flags | MAP_FIXED, memory->file, 0), memory->va);
}

static struct memory anonymous(int advice)
{
	struct memory memory = { .va = aligned_room(), .file = -1 };

	put(&memory, MAP_PRIVATE | MAP_ANONYMOUS);
	madvise(memory.va, SIZE, advice);
	fill(&memory, 1);
	return memory;
}

struct memory small_memory(void)
{
	return anonymous(MADV_NOHUGEPAGE);
}

struct memory huge_memory(void)
{
	file_write("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	return anonymous(MADV_HUGEPAGE);
}

static struct memory of_file(unsigned int flags, bool by_file)
{
	struct memory memory = {
		.va = aligned_room(), .by_file = by_file,
		.file = memfd_create("share", MFD_CLOEXEC | MFD_ALLOW_SEALING |
				     flags),
	};

	assert_true(memory.file >= 0);
	assert_int_equal(ftruncate(memory.file, SIZE), 0);
	put(&memory, MAP_SHARED);
	fill(&memory, 1);
	return memory;
}

struct memory shared_memory(void)
{
	return of_file(0, false);
}

struct memory file_memory(void)
{
	return of_file(0, true);
}

bool hugetlb_prepare(void)
{
	uint64_t count = 0;

	file_write("/proc/sys/vm/nr_hugepages", "8");
	file_read_u64("/proc/sys/vm/nr_hugepages", &count);
	return count >= 8;
}

struct memory hugetlb_memory(void)
{
	return of_file(MFD_HUGETLB, false);
}

struct memory hugetlb_file_memory(void)
{
	return of_file(MFD_HUGETLB, true);
}

void drop(struct memory *memory)
{
	munmap(memory->va, SIZE);
	if (memory->file >= 0)
		close(memory->file);
}

/* ---- mappings: each IOAS has one, at FREE_IOVA ---- */

int try_map_part(struct sharebed *bed, int i, struct memory *memory,
		 uint32_t flags, size_t offset, size_t length)
{
	uint64_t iova = FREE_IOVA + offset % PAGE;

	flags |= MAP_FIXED_IOVA;
	if (memory->by_file)
		return iommufd_map_file(bed->fd, bed->ioas[i], flags,
					memory->file, offset, length, &iova);
	return iommufd_map(bed->fd, bed->ioas[i], flags, memory->va + offset,
			   length, &iova);
}

int try_map(struct sharebed *bed, int i, struct memory *memory)
{
	return try_map_part(bed, i, memory, MAP_RW, 0, SIZE);
}

void map(struct sharebed *bed, int i, struct memory *memory)
{
	assert_int_equal(try_map(bed, i, memory), 0);
}

void unmap(struct sharebed *bed, int i)
{
	assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas[i], NULL), 0);
}

bool reaches(struct sharebed *bed, int i, struct memory *memory, size_t offset,
	     size_t length)
{
	return !test_check_map(bed->fd, bed->mock[i].hwpt,
			       FREE_IOVA + offset % PAGE, memory->va + offset,
			       length);
}

void reaches_all(struct sharebed *bed, int i, struct memory *memory)
{
	assert_true(reaches(bed, i, memory, 0, SIZE));
}
