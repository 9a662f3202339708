// SPDX-License-Identifier: GPL-2.0
/*
 * What is shared, what is not, and who pays for it.
 */
#include <fcntl.h>

#include "alike.h"
#include "bed.h"
#include "file.h"
#include "iommufd.h"
#include "sharebed.h"
#include "test.h"
#include "user.h"

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

void test_small(void **state)
{
	share_all(*state, small_memory());
}

void test_huge(void **state)
{
	share_all(*state, huge_memory());
}

void test_shared(void **state)
{
	share_all(*state, shared_memory());
}

void test_file(void **state)
{
	share_all(*state, file_memory());
}

void test_hugetlb(void **state)
{
	if (!hugetlb_prepare())
		skip();
	share_all(*state, hugetlb_memory());
	share_all(*state, hugetlb_file_memory());
}

/* A file that was opened twice is one file. */
void test_same_file(void **state)
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

void test_part(void **state)
{
	share_part(*state, small_memory());
	share_part(*state, huge_memory());
	share_part(*state, file_memory());
}

/* ---- not shared ---- */

void test_not_alike(void **state)
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

void test_user_pays_once(void **state)
{
	struct payer payer = { .bed = *state };

	run_as_user(child_pays_once, &payer, SIZE);
}

void test_process_pays_once(void **state)
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
