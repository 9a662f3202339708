// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that changes, or seems to.
 */
#include <fcntl.h>
#include <linux/falloc.h>

#include "bed.h"
#include "change.h"
#include "file.h"
#include "sharebed.h"
#include "user.h"

static void change_nothing(struct memory *memory)
{
}

void change_protection(struct memory *memory)
{
	assert_int_equal(mprotect(memory->va, SIZE, PROT_NONE), 0);
	assert_int_equal(mprotect(memory->va, SIZE, PROT_READ | PROT_WRITE),
			 0);
}

static void change_contents(struct memory *memory)
{
	fill(memory, 2);
}

void change_fork(struct memory *memory)
{
	pid_t child = fork();

	if (!child) {
		fill(memory, 3);
		_exit(0);
	}
	fill(memory, 2);
	end_child(child);
}

/* The child is still there, and the parent has not written yet. */
static void change_fork_only(struct memory *memory)
{
	int ends[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1));
	}
	close(ends[0]);
	usleep(1000);
	close(ends[1]);
	end_child(child);
}

void change_ksm(struct memory *memory)
{
	uint64_t before = 0, now = 0;
	int i;

	if (file_write("/sys/kernel/mm/ksm/run", "1"))
		return;
	file_write("/sys/kernel/mm/ksm/pages_to_scan", "4096");
	madvise(memory->va, SIZE, MADV_MERGEABLE);
	file_read_u64("/sys/kernel/mm/ksm/full_scans", &before);
	for (i = 0; i < 200 && now < before + 3; i++) {
		usleep(20000);
		file_read_u64("/sys/kernel/mm/ksm/full_scans", &now);
	}
	file_write("/sys/kernel/mm/ksm/run", "0");
}

void change_unmap(struct memory *memory)
{
	put(memory, MAP_PRIVATE | MAP_ANONYMOUS);
	fill(memory, 2);
}

void change_dontneed(struct memory *memory)
{
	assert_int_equal(madvise(memory->va, SIZE, MADV_DONTNEED), 0);
	fill(memory, 2);
}

void change_one_page(struct memory *memory)
{
	uint8_t *page = memory->va + HUGE + 3 * PAGE;

	assert_int_equal(madvise(page, PAGE, MADV_DONTNEED), 0);
	memset(page, 2, PAGE);
}

/* Not touched afterwards, so that the page tables have nothing there. */
static void change_to_nothing(struct memory *memory)
{
	assert_int_equal(madvise(memory->va, SIZE, MADV_DONTNEED), 0);
}

void change_mremap(struct memory *memory)
{
	uint8_t *other = aligned_room();

	assert_ptr_equal(mremap(memory->va, SIZE, SIZE,
				MREMAP_MAYMOVE | MREMAP_FIXED, other), other);
	put(memory, MAP_PRIVATE | MAP_ANONYMOUS);
	fill(memory, 2);
	munmap(other, SIZE);
}

void change_moved_here(struct memory *memory)
{
	struct memory other = small_memory();

	fill(&other, 2);
	assert_ptr_equal(mremap(other.va, SIZE, SIZE,
				MREMAP_MAYMOVE | MREMAP_FIXED, memory->va),
			 memory->va);
}

void change_truncate(struct memory *memory)
{
	assert_int_equal(ftruncate(memory->file, 0), 0);
	assert_int_equal(ftruncate(memory->file, SIZE), 0);
	fill(memory, 2);
}

void change_hole(struct memory *memory)
{
	assert_int_equal(fallocate(memory->file, FALLOC_FL_PUNCH_HOLE |
				   FALLOC_FL_KEEP_SIZE, HUGE, HUGE), 0);
	fill(memory, 2);
}

static void change_private(struct memory *memory)
{
	put(memory, MAP_PRIVATE);
	fill(memory, 2);
}

static const struct change of_mm[] = {
	{ "nothing", change_nothing, true },
	{ "contents", change_contents, true },
	{ "mprotect and back", change_protection, true },
	{ "fork, and both write", change_fork, true },
	{ "fork", change_fork_only, true },
	{ "KSM", change_ksm, true },
	{ "munmap", change_unmap, false },
	{ "MADV_DONTNEED", change_dontneed, false },
	{ "MADV_DONTNEED of a page", change_one_page, false },
	{ "MADV_DONTNEED and no more", change_to_nothing, false },
	{ "mremap away", change_mremap, false },
	{ "mremap to it", change_moved_here, false },
	{ NULL, NULL, false },
};

static const struct change of_mapped_file[] = {
	{ "contents", change_contents, true },
	{ "mprotect and back", change_protection, true },
	{ "MADV_DONTNEED", change_dontneed, true },
	{ "fork, and both write", change_fork, true },
	{ "ftruncate", change_truncate, false },
	{ "a hole", change_hole, false },
	{ "MAP_PRIVATE", change_private, false },
	{ NULL, NULL, false },
};

/* The addresses do not count. */
static const struct change of_a_file[] = {
	{ "contents", change_contents, true },
	{ "MADV_DONTNEED", change_dontneed, true },
	{ "ftruncate", change_truncate, false },
	{ "a hole", change_hole, false },
	{ NULL, NULL, false },
};

void change(struct sharebed *bed, struct memory (*make)(void),
	    const struct change *change)
{
	for (; change->name; change++) {
		struct memory memory = make();
		uint64_t now;

		print_message("  %s\n", change->name);
		map(bed, 0, &memory);
		change->make(&memory);
		map(bed, 1, &memory);
		reaches_all(bed, 1, &memory);
		now = pinned(bed);
		assert_int_equal(now, change->same ? SIZE : 2 * SIZE);
		/* What is there now is found by the next. */
		map(bed, 2, &memory);
		reaches_all(bed, 2, &memory);
		assert_int_equal(pinned(bed), now);
		unmap(bed, 0);
		unmap(bed, 1);
		reaches_all(bed, 2, &memory);
		unmap(bed, 2);
		drop(&memory);
	}
}

void test_change_small(void **state)
{
	change(*state, small_memory, of_mm);
}

void test_change_huge(void **state)
{
	change(*state, huge_memory, of_mm);
}

void test_change_shared(void **state)
{
	change(*state, shared_memory, of_mapped_file);
}

void test_change_file(void **state)
{
	change(*state, file_memory, of_a_file);
}

void test_change_hugetlb(void **state)
{
	if (!hugetlb_prepare())
		skip();
	change(*state, hugetlb_memory, of_mapped_file);
	change(*state, hugetlb_file_memory, of_a_file);
}

/* What can't be pinned any more is not mapped either. */
void test_refused(void **state)
{
	struct sharebed *bed = *state;
	struct memory memory = small_memory(), file = file_memory();

	map(bed, 0, &memory);
	assert_int_equal(mprotect(memory.va + HUGE, PAGE, PROT_READ), 0);
	assert_int_equal(try_map(bed, 1, &memory), -EFAULT);
	assert_int_equal(mprotect(memory.va + HUGE, PAGE, PROT_NONE), 0);
	assert_int_equal(try_map(bed, 1, &memory), -EFAULT);
	munmap(memory.va + HUGE, PAGE);
	assert_int_equal(try_map(bed, 1, &memory), -EFAULT);
	assert_int_equal(pinned(bed), SIZE);
	unmap(bed, 0);

	map(bed, 0, &file);
	assert_int_equal(ftruncate(file.file, HUGE), 0);
	assert_true(try_map(bed, 1, &file) < 0);
	assert_int_equal(pinned(bed), SIZE);
	assert_int_equal(ftruncate(file.file, SIZE), 0);
	fill(&file, 1);
	unmap(bed, 0);
	map(bed, 0, &file);
	assert_int_equal(fcntl(file.file, F_ADD_SEALS,
			       F_SEAL_FUTURE_WRITE), 0);
	assert_int_equal(try_map(bed, 1, &file), -EPERM);
	unmap(bed, 0);
	drop(&file);
	drop(&memory);
}
