// SPDX-License-Identifier: GPL-2.0
/*
 * Sharing: the same memory mapped by several IOASes of one file is pinned and
 * paid for once, however it is mapped, and for as long as it is the same; and
 * memory that has changed in any way is what a MAP finds by then, never what
 * another has pinned before.
 *
 * What page tables lead to is seen through the mock IOMMU.  `share PATTERN` runs
 * the tests whose names fit.
 */
#include <fcntl.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <sched.h>

#include "bed.h"
#include "clock.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
#include "module.h"
#include "test.h"
#include "user.h"

#define IOASES 4
#define SIZE (2 * HUGE)

/* How long one race goes on, and how long a guest with two nodes is watched. */
#define RACE_MS 1500
#define RACE_ROUNDS 2
#define NUMA_SECONDS 60

/**
 * struct sharebed - IOASes, each with a page table of its own
 * @fd: of /dev/iommu
 * @ioas: the IOASes
 * @mock: a device for each
 * @pinned: VmPin in kB before
 */
struct sharebed {
	int fd;
	uint32_t ioas[IOASES];
	struct test_mock mock[IOASES];
	uint64_t pinned;
};

static int sharebed_setup(void **state)
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

static void plug(struct sharebed *bed, int i)
{
	assert_int_equal(test_mock(bed->fd, bed->ioas[i], 0, &bed->mock[i]), 0);
}

static void unplug(struct sharebed *bed, int i)
{
	assert_int_equal(iommufd_destroy(bed->fd, bed->mock[i].stdev), 0);
}

static int plugged_setup(void **state)
{
	int i, rc = sharebed_setup(state);

	for (i = 0; i < IOASES; i++)
		plug(*state, i);
	return rc;
}

static int sharebed_teardown(void **state)
{
	struct sharebed *bed = *state;

	close(bed->fd);
	assert_int_equal(status_kb("VmPin"), bed->pinned);
	free(bed);
	return 0;
}

static uint64_t pinned(struct sharebed *bed)
{
	return (status_kb("VmPin") - bed->pinned) * 1024;
}

/* ---- memory ---- */

/**
 * struct memory - what is mapped
 * @va: where the process sees it
 * @file: the file that is mapped in its stead by MAP_FILE, or behind it; or -1
 * @by_file: MAP_FILE it is
 */
struct memory {
	uint8_t *va;
	int file;
	bool by_file;
};

static void fill(struct memory *memory, uint8_t byte)
{
	memset(memory->va, byte, SIZE);
}

static uint8_t *aligned_room(void)
{
	uint8_t *room = no_pages(SIZE + HUGE);

	return room + HUGE - (uintptr_t)room % HUGE;
}

static void put(struct memory *memory, int flags)
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

static struct memory small_memory(void)
{
	return anonymous(MADV_NOHUGEPAGE);
}

static struct memory huge_memory(void)
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

static struct memory shared_memory(void)
{
	return of_file(0, false);
}

static struct memory file_memory(void)
{
	return of_file(0, true);
}

static bool hugetlb_prepare(void)
{
	uint64_t count = 0;

	file_write("/proc/sys/vm/nr_hugepages", "8");
	file_read_u64("/proc/sys/vm/nr_hugepages", &count);
	return count >= 8;
}

static struct memory hugetlb_memory(void)
{
	return of_file(MFD_HUGETLB, false);
}

static struct memory hugetlb_file_memory(void)
{
	return of_file(MFD_HUGETLB, true);
}

static void drop(struct memory *memory)
{
	munmap(memory->va, SIZE);
	if (memory->file >= 0)
		close(memory->file);
}

/* ---- mappings: each IOAS has one, at FREE_IOVA ---- */

static int try_map_part(struct sharebed *bed, int i, struct memory *memory,
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

static int try_map(struct sharebed *bed, int i, struct memory *memory)
{
	return try_map_part(bed, i, memory, MAP_RW, 0, SIZE);
}

static void map(struct sharebed *bed, int i, struct memory *memory)
{
	assert_int_equal(try_map(bed, i, memory), 0);
}

static void unmap(struct sharebed *bed, int i)
{
	assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas[i], NULL), 0);
}

/* Does the device of an IOAS reach what the process sees? */
static bool reaches(struct sharebed *bed, int i, struct memory *memory,
		    size_t offset, size_t length)
{
	return !test_check_map(bed->fd, bed->mock[i].hwpt,
			       FREE_IOVA + offset % PAGE, memory->va + offset,
			       length);
}

static void reaches_all(struct sharebed *bed, int i, struct memory *memory)
{
	assert_true(reaches(bed, i, memory, 0, SIZE));
}

/* ---- shared ---- */

static void share_all(struct sharebed *bed, struct memory memory)
{
	int i;

	for (i = 0; i < IOASES; i++) {
		map(bed, i, &memory);
		assert_int_equal(pinned(bed), SIZE);
		reaches_all(bed, i, &memory);
	}
	assert_int_equal(test_check_refs(bed->fd, memory.va, SIZE, 1), 0);
	print_message("%d IOASes, %lu kB each: %lu kB pinned\n", IOASES,
		      SIZE / 1024, (unsigned long)pinned(bed) / 1024);
	/* Whoever was first may go first. */
	for (i = 0; i < IOASES; i++) {
		reaches_all(bed, i, &memory);
		assert_int_equal(pinned(bed), SIZE);
		unmap(bed, i);
	}
	assert_int_equal(pinned(bed), 0);
	assert_int_equal(test_check_refs(bed->fd, memory.va, SIZE, 0), 0);
	drop(&memory);
}

static void test_small(void **state)
{
	share_all(*state, small_memory());
}

static void test_huge(void **state)
{
	share_all(*state, huge_memory());
}

static void test_shared(void **state)
{
	share_all(*state, shared_memory());
}

static void test_file(void **state)
{
	share_all(*state, file_memory());
}

static void test_hugetlb(void **state)
{
	if (!hugetlb_prepare())
		skip();
	share_all(*state, hugetlb_memory());
	share_all(*state, hugetlb_file_memory());
}

/* A file that was opened twice is one file. */
static void test_same_file(void **state)
{
	struct sharebed *bed = *state;
	struct memory memory = file_memory(), other = memory;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory.file);
	other.file = open(path, O_RDWR | O_CLOEXEC);
	assert_true(other.file >= 0);
	map(bed, 0, &memory);
	map(bed, 1, &other);
	assert_int_equal(pinned(bed), SIZE);
	reaches_all(bed, 1, &memory);
	close(other.file);
	drop(&memory);
}

/* A part of what is mapped, also one that begins within a page. */
static void share_part(struct sharebed *bed, struct memory memory)
{
	size_t offset = HUGE / 2 + MOCK_PAGE;

	if (memory.by_file)
		offset = HUGE / 2;
	map(bed, 0, &memory);
	assert_int_equal(try_map_part(bed, 1, &memory, MAP_RW, offset, HUGE),
			 0);
	assert_int_equal(pinned(bed), SIZE);
	assert_true(reaches(bed, 1, &memory, offset, HUGE));
	/* A part of the part, by COPY. */
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->ioas[2],
				      &(uint64_t){ FREE_IOVA }, bed->ioas[1],
				      FREE_IOVA + offset % PAGE + HUGE / 2,
				      PAGE), 0);
	unmap(bed, 0);
	assert_int_equal(pinned(bed), HUGE + (offset % PAGE ? PAGE : 0));
	assert_true(reaches(bed, 1, &memory, offset, HUGE));
	unmap(bed, 1);
	assert_int_equal(pinned(bed), offset % PAGE ? 2 * PAGE : PAGE);
	unmap(bed, 2);
	drop(&memory);
}

static void test_part(void **state)
{
	share_part(*state, small_memory());
	share_part(*state, huge_memory());
	share_part(*state, file_memory());
}

/* ---- not shared ---- */

static void test_not_alike(void **state)
{
	struct sharebed *bed = *state;
	struct memory memory = small_memory(), more = small_memory();
	struct sharebed other;

	/* Too small. */
	assert_int_equal(try_map_part(bed, 0, &memory, MAP_RW, 0, HUGE - PAGE),
			 0);
	assert_int_equal(try_map_part(bed, 1, &memory, MAP_RW, 0, HUGE - PAGE),
			 0);
	assert_int_equal(pinned(bed), 2 * (HUGE - PAGE));
	unmap(bed, 0);
	unmap(bed, 1);

	/* To be read only, and not quite the same range. */
	map(bed, 0, &memory);
	assert_int_equal(try_map_part(bed, 1, &memory, MAP_R, 0, SIZE), 0);
	assert_int_equal(pinned(bed), 2 * SIZE);
	unmap(bed, 1);
	unmap(bed, 0);
	assert_int_equal(try_map_part(bed, 0, &memory, MAP_RW, 0, HUGE), 0);
	map(bed, 1, &memory);
	assert_int_equal(pinned(bed), HUGE + SIZE);
	unmap(bed, 0);
	unmap(bed, 1);

	/* Another file of /dev/iommu, and other memory. */
	other.fd = new_fd();
	other.ioas[0] = new_ioas(other.fd);
	plug(&other, 0);
	map(bed, 0, &memory);
	map(&other, 0, &memory);
	assert_int_equal(pinned(bed), 2 * SIZE);
	close(other.fd);
	map(bed, 1, &more);
	assert_int_equal(pinned(bed), 2 * SIZE);
	reaches_all(bed, 1, &more);
	unmap(bed, 0);
	unmap(bed, 1);
	drop(&more);
	drop(&memory);
}

/* ---- who pays ---- */

struct payer {
	struct sharebed *bed;
	bool by_mm;
};

static void child_pays_once(void *arg)
{
	struct payer *payer = arg;
	struct memory memory = {
		.va = mmap(NULL, SIZE + PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), .file = -1,
	};
	struct sharebed *bed = payer->bed;
	uint64_t iova, locked = 0;
	int i;

	check(memory.va != MAP_FAILED);
	for (i = 0; i < IOASES; i++)
		check(!try_map(bed, i, &memory));
	check(!file_read_kb("/proc/self/status", "VmLck", &locked));
	check(locked == (payer->by_mm ? SIZE / 1024 : 0));
	/* All that there may be is used, and once. */
	iova = 2 * FREE_IOVA;
	check(iommufd_map(bed->fd, bed->ioas[0], MAP_RW | MAP_FIXED_IOVA,
			  memory.va + SIZE, PAGE, &iova) == -ENOMEM);
	for (i = 0; i < IOASES; i++)
		check(!iommufd_unmap_all(bed->fd, bed->ioas[i], NULL));
}

static void test_user_pays_once(void **state)
{
	struct payer payer = { .bed = *state };

	run_as_user(child_pays_once, &payer, SIZE);
}

static void test_process_pays_once(void **state)
{
	struct sharebed bed = { .fd = new_fd() };
	struct payer payer = { .bed = &bed, .by_mm = true };
	int i;

	assert_int_equal(iommufd_option_set(bed.fd, IOMMU_OPTION_RLIMIT_MODE,
					    0, 1), 0);
	for (i = 0; i < IOASES; i++) {
		bed.ioas[i] = new_ioas(bed.fd);
		plug(&bed, i);
	}
	run_as_user(child_pays_once, &payer, SIZE);
	close(bed.fd);
}

/* ---- memory that changes, or seems to ---- */

static void change_nothing(struct memory *memory)
{
}

/* As NUMA balancing does it. */
static void change_protection(struct memory *memory)
{
	assert_int_equal(mprotect(memory->va, SIZE, PROT_NONE), 0);
	assert_int_equal(mprotect(memory->va, SIZE, PROT_READ | PROT_WRITE),
			 0);
}

static void change_contents(struct memory *memory)
{
	fill(memory, 2);
}

static void change_fork(struct memory *memory)
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

static void change_ksm(struct memory *memory)
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

static void change_unmap(struct memory *memory)
{
	put(memory, MAP_PRIVATE | MAP_ANONYMOUS);
	fill(memory, 2);
}

static void change_dontneed(struct memory *memory)
{
	assert_int_equal(madvise(memory->va, SIZE, MADV_DONTNEED), 0);
	fill(memory, 2);
}

static void change_one_page(struct memory *memory)
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

static void change_mremap(struct memory *memory)
{
	uint8_t *other = aligned_room();

	assert_ptr_equal(mremap(memory->va, SIZE, SIZE,
				MREMAP_MAYMOVE | MREMAP_FIXED, other), other);
	put(memory, MAP_PRIVATE | MAP_ANONYMOUS);
	fill(memory, 2);
	munmap(other, SIZE);
}

/* Other memory comes to the address. */
static void change_moved_here(struct memory *memory)
{
	struct memory other = small_memory();

	fill(&other, 2);
	assert_ptr_equal(mremap(other.va, SIZE, SIZE,
				MREMAP_MAYMOVE | MREMAP_FIXED, memory->va),
			 memory->va);
}

static void change_truncate(struct memory *memory)
{
	assert_int_equal(ftruncate(memory->file, 0), 0);
	assert_int_equal(ftruncate(memory->file, SIZE), 0);
	fill(memory, 2);
}

static void change_hole(struct memory *memory)
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

/**
 * struct change - something that is done to memory
 * @name: for the log
 * @make: does it
 * @same: the pages are the same afterwards
 */
struct change {
	const char *name;
	void (*make)(struct memory *memory);
	bool same;
};

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

static void change(struct sharebed *bed, struct memory (*make)(void),
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

static void test_change_small(void **state)
{
	change(*state, small_memory, of_mm);
}

static void test_change_huge(void **state)
{
	change(*state, huge_memory, of_mm);
}

static void test_change_shared(void **state)
{
	change(*state, shared_memory, of_mapped_file);
}

static void test_change_file(void **state)
{
	change(*state, file_memory, of_a_file);
}

static void test_change_hugetlb(void **state)
{
	if (!hugetlb_prepare())
		skip();
	change(*state, hugetlb_memory, of_mapped_file);
	change(*state, hugetlb_file_memory, of_a_file);
}

/* What can't be pinned any more is not mapped either. */
static void test_refused(void **state)
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

/* ---- other processes ---- */

/* @ready: where a child says that its first MAP is done. */
struct process {
	struct sharebed *bed;
	struct memory *memory;
	int ready;
};

static void child_maps(void *arg)
{
	struct process *process = arg;

	/* At the same address, but not the same page. */
	fill(process->memory, 3);
	check(!try_map(process->bed, 0, process->memory));
	check(reaches(process->bed, 0, process->memory, 0, SIZE));
}

static void test_exit(void **state)
{
	struct memory memory = small_memory();
	struct process process = { .bed = *state, .memory = &memory };

	end_child(start_child(child_maps, &process, -1));
	map(process.bed, 1, &memory);
	reaches_all(process.bed, 1, &memory);
	assert_int_equal(pinned(process.bed), SIZE);
	unmap(process.bed, 0);
	reaches_all(process.bed, 1, &memory);
	drop(&memory);
}

/* Parent and child, both alive, see different pages at the same address. */
static void child_shares_not(void *arg)
{
	struct process *process = arg;

	fill(process->memory, 3);
	check(!try_map(process->bed, 1, process->memory));
	check(reaches(process->bed, 1, process->memory, 0, SIZE));
	check(!reaches(process->bed, 0, process->memory, 0, SIZE));
}

static void test_child(void **state)
{
	struct memory memory = small_memory();
	struct process process = { .bed = *state, .memory = &memory };

	map(process.bed, 0, &memory);
	end_child(start_child(child_shares_not, &process, -1));
	reaches_all(process.bed, 0, &memory);
	drop(&memory);
}

static char *number(uint64_t value)
{
	char *text = malloc(24);

	snprintf(text, 24, "%llu", (unsigned long long)value);
	return text;
}

/* To after_exec(). */
static void exec_to_map(struct sharebed *bed, int i, struct memory *memory)
{
	check(!fcntl(bed->fd, F_SETFD, 0));
	execl("/proc/self/exe", "share", number(bed->fd), number(bed->ioas[i]),
	      number(bed->mock[i].hwpt), number((uintptr_t)memory->va), NULL);
	check(false);
}

static void child_execs(void *arg)
{
	struct process *process = arg;

	check(!try_map(process->bed, 0, process->memory));
	exec_to_map(process->bed, 1, process->memory);
}

/* In the new program: the address of old, and new memory. */
static int after_exec(char **argv)
{
	struct sharebed bed = { .fd = atoi(argv[1]) };
	struct memory memory = { .file = -1 };

	bed.ioas[0] = atoi(argv[2]);
	bed.mock[0].hwpt = atoi(argv[3]);
	memory.va = (uint8_t *)strtoul(argv[4], NULL, 10);
	check(mmap(memory.va, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		   MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == memory.va);
	fill(&memory, 4);
	check(!try_map(&bed, 0, &memory));
	check(reaches(&bed, 0, &memory, 0, SIZE));
	return 0;
}

static void test_exec(void **state)
{
	struct memory memory = small_memory();
	struct process process = { .bed = *state, .memory = &memory };

	end_child(start_child(child_execs, &process, -1));
	drop(&memory);
}

/* ---- devices that come and go ---- */

static void test_mapped_before(void **state)
{
	struct sharebed *bed = *state;
	struct memory memory = small_memory();
	int i;

	for (i = 0; i < IOASES; i++)
		map(bed, i, &memory);
	assert_int_equal(pinned(bed), 0);
	for (i = 0; i < IOASES; i++) {
		plug(bed, i);
		reaches_all(bed, i, &memory);
		assert_int_equal(pinned(bed), SIZE);
	}
	for (i = 0; i < IOASES; i++) {
		assert_int_equal(pinned(bed), SIZE);
		unplug(bed, i);
	}
	assert_int_equal(pinned(bed), 0);
	drop(&memory);
}

/* A MAP without a page table says nothing yet. */
static void test_plugged_later(void **state)
{
	struct sharebed *bed = *state;
	struct memory memory = small_memory();

	plug(bed, 0);
	map(bed, 0, &memory);
	map(bed, 1, &memory);
	change_one_page(&memory);
	plug(bed, 1);
	reaches_all(bed, 1, &memory);
	assert_int_equal(pinned(bed), 2 * SIZE);
	drop(&memory);
}

static void test_unplugged(void **state)
{
	struct sharebed *bed = *state;
	struct memory memory = small_memory();

	plug(bed, 0);
	plug(bed, 1);
	map(bed, 0, &memory);
	map(bed, 1, &memory);
	unplug(bed, 1);
	change_protection(&memory);
	plug(bed, 1);
	assert_int_equal(pinned(bed), SIZE);
	unplug(bed, 1);
	change_dontneed(&memory);
	plug(bed, 1);
	reaches_all(bed, 1, &memory);
	assert_int_equal(pinned(bed), 2 * SIZE);
	drop(&memory);
}

/* ---- races ---- */

struct race {
	struct memory memory;
	const struct change *change;
	bool stop;
};

static void *race_changes(void *arg)
{
	struct race *race = arg;

	while (!__atomic_load_n(&race->stop, __ATOMIC_ACQUIRE))
		race->change->make(&race->memory);
	return NULL;
}

/* One MAP while the memory changes; the next is made when it has. */
static void race_round(struct sharebed *bed, struct race *race)
{
	pthread_t thread;
	int i, rc;

	race->stop = false;
	assert_int_equal(pthread_create(&thread, NULL, race_changes, race), 0);
	for (i = 1; i <= 2; i++) {
		rc = try_map(bed, i, &race->memory);
		assert_true(!rc || rc == -EFAULT || rc == -EINVAL);
	}
	__atomic_store_n(&race->stop, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	map(bed, 3, &race->memory);
	reaches_all(bed, 3, &race->memory);
	for (i = 0; i < IOASES; i++)
		unmap(bed, i);
	assert_int_equal(pinned(bed), 0);
}

static void race(struct sharebed *bed, struct memory (*make)(void),
		 const struct change *change)
{
	for (; change->name; change++) {
		struct race race = { .memory = make(), .change = change };
		uint64_t end = clock_ms() + RACE_MS;
		unsigned int rounds = 0;

		do {
			map(bed, 0, &race.memory);
			race_round(bed, &race);
			rounds++;
		} while (clock_ms() < end || rounds < RACE_ROUNDS);
		print_message("  %s: %u rounds\n", change->name, rounds);
		drop(&race.memory);
	}
}

static const struct change races_of_mm[] = {
	{ "mprotect and back", change_protection, false },
	{ "fork, and both write", change_fork, false },
	{ "munmap", change_unmap, false },
	{ "MADV_DONTNEED of a page", change_one_page, false },
	{ "mremap away", change_mremap, false },
	{ "mremap to it", change_moved_here, false },
	{ "KSM", change_ksm, false },
	{ NULL, NULL, false },
};

static const struct change races_of_files[] = {
	{ "ftruncate", change_truncate, false },
	{ "a hole", change_hole, false },
	{ NULL, NULL, false },
};

static void test_race_small(void **state)
{
	race(*state, small_memory, races_of_mm);
}

static void test_race_huge(void **state)
{
	race(*state, huge_memory, races_of_mm);
}

static void test_race_shared(void **state)
{
	race(*state, shared_memory, races_of_files);
}

static void test_race_file(void **state)
{
	race(*state, file_memory, races_of_files);
}

/* A second MAP, over and over. */
static void *map_on(void *arg)
{
	struct process *process = arg;
	struct sharebed *bed = process->bed;

	for (;;) {
		check(!try_map(bed, 1, process->memory));
		check(!iommufd_unmap_all(bed->fd, bed->ioas[1], NULL));
	}
	return NULL;
}

static void child_maps_on(void *arg)
{
	struct process *process = arg;

	fill(process->memory, 3);
	check(!try_map(process->bed, 0, process->memory));
	check(write(process->ready, "", 1) == 1);
	map_on(process);
}

static void child_execs_meanwhile(void *arg)
{
	struct process *process = arg;
	pthread_t thread;

	check(!try_map(process->bed, 0, process->memory));
	check(!pthread_create(&thread, NULL, map_on, process));
	usleep(10000 + getpid() % 16 * 500);
	exec_to_map(process->bed, 2, process->memory);
}

/* What a process leaves is not what another has at the same address. */
static void after_process(struct process *process)
{
	int i;

	map(process->bed, 3, process->memory);
	reaches_all(process->bed, 3, process->memory);
	assert_int_equal(pinned(process->bed), SIZE);
	for (i = 0; i < IOASES; i++)
		unmap(process->bed, i);
	assert_int_equal(pinned(process->bed), 0);
}

static void child_is_killed(struct process *process, unsigned int round)
{
	int ends[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(ends), 0);
	process->ready = ends[1];
	child = start_child(child_maps_on, process, -1);
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	usleep(round % 16 * 500);
	kill_child(child);
}

static void child_becomes_another(struct process *process, unsigned int round)
{
	end_child(start_child(child_execs_meanwhile, process, -1));
}

static void race_process(struct sharebed *bed,
			 void (*run)(struct process *process,
				     unsigned int round))
{
	struct memory memory = small_memory();
	struct process process = { .bed = bed, .memory = &memory };
	uint64_t end = clock_ms() + RACE_MS;
	unsigned int rounds = 0;

	do {
		run(&process, rounds++);
		after_process(&process);
	} while (clock_ms() < end || rounds < RACE_ROUNDS);
	print_message("  %u rounds\n", rounds);
	drop(&memory);
}

static void test_race_exit(void **state)
{
	race_process(*state, child_is_killed);
}

static void test_race_exec(void **state)
{
	race_process(*state, child_becomes_another);
}

/* ---- NUMA balancing ---- */

static uint64_t hinting_faults(void)
{
	char text[65536], *at;
	int length = file_read("/proc/vmstat", text, sizeof(text));

	if (length <= 0)
		return 0;
	at = strstr(text, "numa_hint_faults ");
	return at ? strtoull(at + strlen("numa_hint_faults "), NULL, 10) : 0;
}

/* From one node and from the other. */
static void touch_from(struct memory *memory, int cpu)
{
	cpu_set_t set;
	size_t at;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
	for (at = 0; at < SIZE; at += PAGE)
		memory->va[at]++;
}

/* In a guest with two nodes: see Documentation/testing.md. */
static void test_numa(void **state)
{
	struct sharebed *bed = *state;
	struct memory memory = small_memory(), other = small_memory();
	uint64_t end, before = hinting_faults();

	if (access("/sys/devices/system/node/node1", F_OK))
		skip();
	plug(bed, 0);
	map(bed, 0, &memory);
	end = clock_ms() + NUMA_SECONDS * 1000;
	do {
		touch_from(&memory, 0);
		touch_from(&other, 0);
		touch_from(&memory, 1);
		touch_from(&other, 1);
	} while (clock_ms() < end);
	print_message("%lu faults of NUMA balancing\n",
		      (unsigned long)(hinting_faults() - before));
	assert_true(hinting_faults() > before);
	/* Now a device is plugged in. */
	plug(bed, 1);
	map(bed, 1, &memory);
	assert_int_equal(pinned(bed), SIZE);
	reaches_all(bed, 1, &memory);
	drop(&other);
	drop(&memory);
}

/* ---- turned off ---- */

static void test_off(void **state)
{
	struct sharebed *bed = *state;
	struct memory memory = small_memory();

	map(bed, 0, &memory);
	map(bed, 1, &memory);
	assert_int_equal(pinned(bed), 2 * SIZE);
	drop(&memory);
}

static int reload(const char *options)
{
	int rc = bed_reload(options);

	if (!rc)
		rc = module_load("iommufd_selftest", NULL);
	if (rc)
		print_error("iommufd_selftest: %s\n", strerror(-rc));
	return rc;
}

#define PLUGGED(name) \
	cmocka_unit_test_setup_teardown(name, plugged_setup, sharebed_teardown)
#define UNPLUGGED(name) \
	cmocka_unit_test_setup_teardown(name, sharebed_setup, sharebed_teardown)

static const struct CMUnitTest tests[] = {
	PLUGGED(test_small),
	PLUGGED(test_huge),
	PLUGGED(test_shared),
	PLUGGED(test_file),
	PLUGGED(test_hugetlb),
	PLUGGED(test_same_file),
	PLUGGED(test_part),
	PLUGGED(test_not_alike),
	PLUGGED(test_user_pays_once),
	PLUGGED(test_process_pays_once),
	PLUGGED(test_change_small),
	PLUGGED(test_change_huge),
	PLUGGED(test_change_shared),
	PLUGGED(test_change_file),
	PLUGGED(test_change_hugetlb),
	PLUGGED(test_refused),
	PLUGGED(test_exit),
	PLUGGED(test_child),
	PLUGGED(test_exec),
	UNPLUGGED(test_mapped_before),
	UNPLUGGED(test_plugged_later),
	UNPLUGGED(test_unplugged),
	PLUGGED(test_race_small),
	PLUGGED(test_race_huge),
	PLUGGED(test_race_shared),
	PLUGGED(test_race_file),
	PLUGGED(test_race_exit),
	PLUGGED(test_race_exec),
	UNPLUGGED(test_numa),
};

static const struct CMUnitTest off_tests[] = {
	PLUGGED(test_off),
};

int main(int argc, char **argv)
{
	int failed;

	if (argc == 5)
		return after_exec(argv);
	if (argc == 2)
		cmocka_set_test_filter(argv[1]);
	if (reload("share=1"))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (reload("share=0"))
		return 1;
	failed += cmocka_run_group_tests(off_tests, NULL, NULL);
	return failed || reload(NULL) ? 1 : 0;
}
