// SPDX-License-Identifier: GPL-2.0
/*
 * Pins of accesses: what can be pinned, and what can not, of memory of each kind.
 */
#include "accessbed.h"
#include "bed.h"
#include "iommufd.h"
#include "memory.h"
#include "pin.h"
#include "test.h"

/* ---- pin and unpin ---- */

void test_pin(void **state)
{
	struct accessbed *ab = *state;
	uint32_t first, second;

	refs(ab, ab->bed.mem, BED_SIZE, 0);
	first = pin(ab, BED_IOVA, BED_SIZE, ab->bed.mem);
	refs(ab, ab->bed.mem, BED_SIZE, 1);
	assert_int_equal(pinned(ab), BED_SIZE);
	/* A page is pinned and charged once, however often it is asked for. */
	second = pin(ab, BED_IOVA, BED_SIZE, ab->bed.mem);
	assert_int_not_equal(first, second);
	refs(ab, ab->bed.mem, BED_SIZE, 1);
	assert_int_equal(pinned(ab), BED_SIZE);
	unpin(ab, first);
	refs(ab, ab->bed.mem, BED_SIZE, 1);
	unpin(ab, second);
	refs(ab, ab->bed.mem, BED_SIZE, 0);
	assert_int_equal(pinned(ab), 0);
	assert_int_equal(test_access_unpin(ab->bed.fd, ab->access, second),
			 -ENOENT);
}

/* Bytes of a page count as the page. */
void test_pin_bytes(void **state)
{
	struct accessbed *ab = *state;
	uint32_t id;

	id = pin(ab, BED_IOVA + PAGE + 17, 1, ab->bed.mem + PAGE);
	assert_int_equal(pinned(ab), PAGE);
	refs(ab, ab->bed.mem + PAGE, PAGE, 1);
	unpin(ab, id);
	id = pin(ab, BED_IOVA + 2 * PAGE - 1, 2, ab->bed.mem + PAGE);
	assert_int_equal(pinned(ab), 2 * PAGE);
	refs(ab, ab->bed.mem, PAGE, 0);
	refs(ab, ab->bed.mem + PAGE, 2 * PAGE, 1);
	refs(ab, ab->bed.mem + 3 * PAGE, PAGE, 0);
	unpin(ab, id);
	assert_int_equal(pinned(ab), 0);
}

/* Pins that overlap: what none of the others covers goes with each. */
void test_pin_overlapping(void **state)
{
	struct accessbed *ab = *state;
	uint8_t *mem = ab->bed.mem;
	uint32_t all, left, right;

	left = pin(ab, BED_IOVA, 2 * PAGE, mem);
	right = pin(ab, BED_IOVA + PAGE, 2 * PAGE, mem + PAGE);
	assert_int_equal(pinned(ab), 3 * PAGE);
	all = pin(ab, BED_IOVA, BED_SIZE, mem);
	assert_int_equal(pinned(ab), BED_SIZE);
	unpin(ab, left);
	refs(ab, mem, BED_SIZE, 1);
	unpin(ab, all);
	refs(ab, mem, PAGE, 0);
	refs(ab, mem + PAGE, 2 * PAGE, 1);
	refs(ab, mem + 3 * PAGE, PAGE, 0);
	assert_int_equal(pinned(ab), 2 * PAGE);
	unpin(ab, right);
	assert_int_equal(pinned(ab), 0);
}

void test_pin_of_two_accesses(void **state)
{
	struct accessbed *ab = *state;
	int other = new_access(ab->bed.fd, ab->bed.ioas, ACCESS_PINS);
	uint32_t mine, id = 0;

	mine = pin(ab, BED_IOVA, 3 * PAGE, ab->bed.mem);
	assert_int_equal(test_access_pin(ab->bed.fd, other, 0, BED_IOVA + PAGE,
					 3 * PAGE, ab->bed.mem + PAGE, &id),
			 0);
	refs(ab, ab->bed.mem, BED_SIZE, 1);
	assert_int_equal(pinned(ab), BED_SIZE);
	close(other);
	refs(ab, ab->bed.mem, 3 * PAGE, 1);
	refs(ab, ab->bed.mem + 3 * PAGE, PAGE, 0);
	unpin(ab, mine);
	assert_int_equal(pinned(ab), 0);
}

/* Six areas of a page, in another order than the memory. */
void test_pin_across_areas(void **state)
{
	static const int order[] = { 0, 1, 2, 4, 3, 5 };
	struct accessbed *ab = *state;
	uint8_t *mem = small_pages(6 * PAGE);
	uint32_t id;
	int i;

	for (i = 0; i < 6; i++)
		map_at(ab, ab->bed.ioas, FREE_IOVA + i * PAGE, MAP_RW,
		       mem + order[i] * PAGE, PAGE);
	id = pin(ab, FREE_IOVA + 100, 3 * PAGE - 100, mem);
	refs(ab, mem, 3 * PAGE, 1);
	refs(ab, mem + 3 * PAGE, 3 * PAGE, 0);
	unpin(ab, id);
	assert_int_equal(pin_flags(ab, 0, FREE_IOVA, 6 * PAGE, mem, NULL),
			 -EBADE);
	assert_int_equal(pinned(ab), 0);
	id = pin(ab, FREE_IOVA, 6 * PAGE, NULL);
	refs(ab, mem, 6 * PAGE, 1);
	assert_int_equal(pinned(ab), 6 * PAGE);
	unpin(ab, id);
	refs(ab, mem, 6 * PAGE, 0);
	munmap(mem, 6 * PAGE);
}

void test_pin_hole(void **state)
{
	struct accessbed *ab = *state;
	uint8_t *mem = small_pages(2 * PAGE);

	map_at(ab, ab->bed.ioas, BED_IOVA + BED_SIZE + PAGE, MAP_RW, mem,
	       2 * PAGE);
	assert_int_equal(pin_flags(ab, 0, BED_IOVA, BED_SIZE + 2 * PAGE, NULL,
				   NULL), -ENOENT);
	assert_int_equal(pin_flags(ab, 0, BED_IOVA - 1, 2, NULL, NULL),
			 -ENOENT);
	assert_int_equal(pin_flags(ab, 0, BED_IOVA + BED_SIZE - 1, 2, NULL,
				   NULL), -ENOENT);
	refs(ab, ab->bed.mem, BED_SIZE, 0);
	refs(ab, mem, 2 * PAGE, 0);
	assert_int_equal(pinned(ab), 0);
	/* The failed pins do not keep UNMAP waiting. */
	assert_int_equal(iommufd_unmap_all(ab->bed.fd, ab->bed.ioas, NULL), 0);
	munmap(mem, 2 * PAGE);
}

void test_pin_permission(void **state)
{
	struct accessbed *ab = *state;
	uint8_t *mem = small_pages(2 * PAGE), byte = 0;
	uint32_t id = 0;

	map_at(ab, ab->bed.ioas, BED_IOVA + BED_SIZE, MAP_R, mem, PAGE);
	map_at(ab, ab->bed.ioas, BED_IOVA + BED_SIZE + PAGE, MAP_W, mem + PAGE,
	       PAGE);
	assert_int_equal(pin_flags(ab, ACCESS_WRITE, BED_IOVA + BED_SIZE, PAGE,
				   NULL, NULL), -EPERM);
	assert_int_equal(pin_flags(ab, ACCESS_WRITE, BED_IOVA, BED_SIZE + PAGE,
				   NULL, NULL), -EPERM);
	assert_int_equal(pin_flags(ab, 0, BED_IOVA + BED_SIZE + PAGE, PAGE,
				   NULL, NULL), -EPERM);
	assert_int_equal(pinned(ab), 0);
	assert_int_equal(pin_flags(ab, 0, BED_IOVA + BED_SIZE, PAGE, mem, &id),
			 0);
	unpin(ab, id);
	id = pin(ab, BED_IOVA + BED_SIZE + PAGE, PAGE, mem + PAGE);
	unpin(ab, id);

	assert_int_equal(test_access_write(ab->bed.fd, ab->access,
					   BED_IOVA + BED_SIZE - 1, &byte, 2),
			 -EPERM);
	assert_int_equal(test_access_read(ab->bed.fd, ab->access,
					  BED_IOVA + BED_SIZE + PAGE, &byte,
					  1), -EPERM);
	munmap(mem, 2 * PAGE);
}

void test_pin_refused(void **state)
{
	struct accessbed *ab = *state;
	int reads = new_access(ab->bed.fd, ab->bed.ioas, 0), access = -1;
	int fd = ab->bed.fd;

	assert_int_equal(pin_flags(ab, 0, BED_IOVA, 0, NULL, NULL), -EINVAL);
	assert_int_equal(pin_flags(ab, 0, UINT64_MAX, 2, NULL, NULL),
			 -EOVERFLOW);
	assert_int_equal(pin_flags(ab, 2, BED_IOVA, PAGE, NULL, NULL),
			 -EOPNOTSUPP);
	assert_int_equal(test_access_pin(fd, reads, 0, BED_IOVA, PAGE, NULL,
					 NULL), -EOPNOTSUPP);
	assert_int_equal(test_access_pin(fd, fd, 0, BED_IOVA, PAGE, NULL,
					 NULL), -EBADFD);
	assert_int_equal(test_access_pin(fd, 9999, 0, BED_IOVA, PAGE, NULL,
					 NULL), -EBADFD);
	assert_int_equal(test_access_create(fd, NO_ID, 0, &access), -ENOENT);
	assert_int_equal(test_access_create(fd, ab->bed.ioas, 2, &access),
			 -EOPNOTSUPP);
	assert_int_equal(pinned(ab), 0);
	close(reads);
}

/* The memory behind a lazy mapping may have gone. */
void test_pin_nothing_there(void **state)
{
	struct accessbed *ab = *state;
	uint8_t *mem = small_pages(4 * PAGE), byte = 0;

	map_at(ab, ab->bed.ioas, FREE_IOVA, MAP_RW, mem, 4 * PAGE);
	munmap(mem + 2 * PAGE, PAGE);
	assert_int_equal(pin_flags(ab, ACCESS_WRITE, FREE_IOVA, 4 * PAGE, NULL,
				   NULL), -EFAULT);
	assert_int_equal(pinned(ab), 0);
	refs(ab, mem, 2 * PAGE, 0);
	refs(ab, mem + 3 * PAGE, PAGE, 0);
	assert_int_equal(test_access_read(ab->bed.fd, ab->access,
					  FREE_IOVA + 2 * PAGE, &byte, 1),
			 -EFAULT);
	unpin(ab, pin(ab, FREE_IOVA + PAGE, PAGE, mem + PAGE));
	munmap(mem, 4 * PAGE);
}

/* The answer can't be given: nothing stays pinned. */
void test_pin_read_only_argument(void **state)
{
	struct accessbed *ab = *state;
	struct iommu_test_cmd *cmd = pages(PAGE);

	*cmd = (struct iommu_test_cmd){
		.size = sizeof(*cmd), .op = IOMMU_TEST_OP_ACCESS_PAGES,
		.id = ab->access,
		.access_pages = { .iova = BED_IOVA, .length = PAGE },
	};
	assert_int_equal(mprotect(cmd, PAGE, PROT_READ), 0);
	assert_int_equal(iommufd_call(ab->bed.fd, IOMMU_TEST_CMD, cmd),
			 -EFAULT);
	assert_int_equal(pinned(ab), 0);
	refs(ab, ab->bed.mem, BED_SIZE, 0);
	munmap(cmd, PAGE);
}

/* ---- kinds of memory ---- */

void test_pin_thp(void **state)
{
	struct accessbed *ab = *state;
	uint8_t *raw = pages(4 * HUGE);
	uint8_t *mem = (uint8_t *)(((uintptr_t)raw + HUGE - 1) & ~(HUGE - 1));
	uint32_t whole, part;

	madvise(mem, 2 * HUGE, MADV_HUGEPAGE);
	memset(mem, 1, 2 * HUGE);
	map_at(ab, ab->bed.ioas, FREE_IOVA, MAP_RW, mem, 2 * HUGE);
	part = pin(ab, FREE_IOVA + HUGE - PAGE, 2 * PAGE, mem + HUGE - PAGE);
	assert_int_equal(pinned(ab), 2 * PAGE);
	whole = pin(ab, FREE_IOVA, 2 * HUGE, mem);
	assert_int_equal(pinned(ab), 2 * HUGE);
	unpin(ab, part);
	assert_int_equal(pinned(ab), 2 * HUGE);
	unpin(ab, whole);
	assert_int_equal(pinned(ab), 0);
	munmap(raw, 4 * HUGE);
}

static void pin_file(struct accessbed *ab, int file, size_t size)
{
	uint64_t iova = FREE_IOVA;
	uint8_t *mem;
	uint32_t part, whole;

	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	assert_ptr_not_equal(mem, MAP_FAILED);
	memset(mem, 5, size);
	assert_int_equal(iommufd_map_file(ab->bed.fd, ab->bed.ioas,
					  MAP_RW | MAP_FIXED_IOVA, file, 0,
					  size, &iova), 0);
	part = pin(ab, FREE_IOVA + PAGE, 3 * PAGE, mem + PAGE);
	assert_int_equal(pinned(ab), 3 * PAGE);
	whole = pin(ab, FREE_IOVA, size, mem);
	assert_int_equal(pinned(ab), size);
	unpin(ab, part);
	unpin(ab, whole);
	assert_int_equal(pinned(ab), 0);
	part = pin(ab, FREE_IOVA + size - PAGE, PAGE, mem + size - PAGE);
	assert_int_equal(iommufd_unmap(ab->bed.fd, ab->bed.ioas, FREE_IOVA,
				       size, NULL), 0);
	assert_int_equal(pinned(ab), 0);
	refs(ab, mem, size, 0);
	munmap(mem, size);
	close(file);
}

void test_pin_memfd(void **state)
{
	int file = memfd_create("test", MFD_CLOEXEC);

	assert_int_equal(ftruncate(file, 40 * PAGE), 0);
	pin_file(*state, file, 40 * PAGE);
}

void test_pin_hugetlb(void **state)
{
	int file = memfd_create("test", MFD_CLOEXEC | MFD_HUGETLB);
	void *probe;

	assert_true(file >= 0);
	assert_int_equal(ftruncate(file, 2 * HUGE), 0);
	probe = mmap(NULL, 2 * HUGE, PROT_READ, MAP_SHARED, file, 0);
	if (probe == MAP_FAILED) {
		close(file);
		skip();
	}
	munmap(probe, 2 * HUGE);
	pin_file(*state, file, 2 * HUGE);
}

/* In rounds of two pages. */
void test_pin_memory_limit(void **state)
{
	struct accessbed *ab = *state;
	uint8_t *mem = small_pages(300 * PAGE);
	uint32_t id, part;

	assert_int_equal(test_memory_limit(ab->bed.fd, 16), 0);
	map_at(ab, ab->bed.ioas, FREE_IOVA, MAP_RW, mem, 300 * PAGE);
	part = pin(ab, FREE_IOVA + 7 * PAGE, 5 * PAGE, mem + 7 * PAGE);
	id = pin(ab, FREE_IOVA, 300 * PAGE, mem);
	refs(ab, mem, 300 * PAGE, 1);
	assert_int_equal(pinned(ab), 300 * PAGE);
	unpin(ab, id);
	refs(ab, mem + 7 * PAGE, 5 * PAGE, 1);
	assert_int_equal(pinned(ab), 5 * PAGE);
	unpin(ab, part);
	assert_int_equal(test_memory_limit(ab->bed.fd, 65536), 0);
	munmap(mem, 300 * PAGE);
}
