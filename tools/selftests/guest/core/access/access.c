// SPDX-License-Identifier: GPL-2.0
/*
 * In-kernel accesses: pin, unpin, read, write, and what becomes of their pins
 * when mappings, IOASes or files go. By iommufd_selftest.ko, without a device,
 * and beside its mock devices for each way in which drivers differ, see
 * manners.h.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>

#include "mock.h"
#include "clock.h"
#include "manners.h"
#include "user.h"

/* ---- pin and unpin ---- */

static void test_pin(void **state)
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
static void test_pin_bytes(void **state)
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
static void test_pin_overlapping(void **state)
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

static void test_pin_of_two_accesses(void **state)
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
static void test_pin_across_areas(void **state)
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

static void test_pin_hole(void **state)
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

static void test_pin_permission(void **state)
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

static void test_pin_refused(void **state)
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
static void test_pin_nothing_there(void **state)
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
static void test_pin_read_only_argument(void **state)
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

static void test_pin_thp(void **state)
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

static void test_pin_memfd(void **state)
{
	int file = memfd_create("test", MFD_CLOEXEC);

	assert_int_equal(ftruncate(file, 40 * PAGE), 0);
	pin_file(*state, file, 40 * PAGE);
}

static void test_pin_hugetlb(void **state)
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
static void test_pin_memory_limit(void **state)
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

/* ---- read and write ---- */

/* Over three areas, from and to places that are aligned to nothing. */
static void test_rw(void **state)
{
	struct accessbed *ab = *state;
	uint8_t *mem = small_pages(8 * PAGE), data[3 * PAGE + 200];
	size_t offset, length;

	map_at(ab, ab->bed.ioas, FREE_IOVA, MAP_RW, mem, 3 * PAGE);
	map_at(ab, ab->bed.ioas, FREE_IOVA + 3 * PAGE, MAP_RW, mem + 3 * PAGE,
	       PAGE);
	map_at(ab, ab->bed.ioas, FREE_IOVA + 4 * PAGE, MAP_RW, mem + 4 * PAGE,
	       4 * PAGE);
	for (offset = 2 * PAGE - 3; offset < 5 * PAGE; offset += PAGE / 2 - 1) {
		for (length = 1; length < sizeof(data); length = length * 3 + 1) {
			memset(data, 0, sizeof(data));
			assert_int_equal(test_access_read(ab->bed.fd,
							  ab->access,
							  FREE_IOVA + offset,
							  data, length), 0);
			assert_memory_equal(data, mem + offset, length);
			memset(data, (int)(length + offset), length);
			assert_int_equal(test_access_write(ab->bed.fd,
							   ab->access,
							   FREE_IOVA + offset,
							   data, length), 0);
			assert_memory_equal(data, mem + offset, length);
		}
	}
	refs(ab, mem, 8 * PAGE, 0);
	assert_int_equal(pinned(ab), 0);
	munmap(mem, 8 * PAGE);
}

/* What was written lies exactly there. */
static void test_rw_exact(void **state)
{
	struct accessbed *ab = *state;
	uint8_t before[BED_SIZE], data[PAGE + 2];

	memcpy(before, ab->bed.mem, BED_SIZE);
	memset(data, 0xa5, sizeof(data));
	assert_int_equal(test_access_write(ab->bed.fd, ab->access,
					   BED_IOVA + PAGE - 1, data,
					   sizeof(data)), 0);
	memcpy(before + PAGE - 1, data, sizeof(data));
	assert_memory_equal(before, ab->bed.mem, BED_SIZE);
}

static void test_rw_refused(void **state)
{
	struct accessbed *ab = *state;
	uint8_t data[2] = {};
	int fd = ab->bed.fd;

	assert_int_equal(test_access_read(fd, ab->access, BED_IOVA, data, 0),
			 -EINVAL);
	assert_int_equal(test_access_read(fd, ab->access, UINT64_MAX, data, 2),
			 -EOVERFLOW);
	assert_int_equal(test_access_read(fd, ab->access,
					  BED_IOVA + BED_SIZE - 1, data, 2),
			 -ENOENT);
	assert_int_equal(test_access_read(fd, ab->access, 0, data, 1),
			 -ENOENT);
	assert_int_equal(test_access_read(fd, fd, BED_IOVA, data, 1),
			 -EBADFD);
}

/*
 * A pinned page is the one that is read, also when the process has put
 * another in its place; without a pin it is what the process sees.
 */
static void test_rw_of_pinned(void **state)
{
	struct accessbed *ab = *state;
	uint8_t *mem = ab->bed.mem, data = 0;
	uint32_t id = pin(ab, BED_IOVA, PAGE, mem);

	mem[0] = 0x11;
	assert_ptr_equal(mmap(mem, BED_SIZE, PROT_READ | PROT_WRITE,
			      MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			 mem);
	mem[0] = 0x22;
	assert_int_equal(test_access_read(ab->bed.fd, ab->access, BED_IOVA,
					  &data, 1), 0);
	assert_int_equal(data, 0x11);
	unpin(ab, id);
	assert_int_equal(test_access_read(ab->bed.fd, ab->access, BED_IOVA,
					  &data, 1), 0);
	assert_int_equal(data, 0x22);
}

/* An access that pins nothing may be used where areas are aligned to bytes. */
static void test_rw_unaligned_areas(void **state)
{
	struct accessbed *ab = *state;
	uint32_t ioas = new_ioas(ab->bed.fd);
	uint8_t data[64];
	int access, fd = ab->bed.fd;

	map_at(ab, ioas, FREE_IOVA + 5, MAP_RW, ab->bed.mem + 30, PAGE);
	map_at(ab, ioas, FREE_IOVA + 5 + PAGE, MAP_RW, ab->bed.mem + 30 + PAGE,
	       77);
	access = new_access(fd, ioas, 0);
	assert_int_equal(test_access_read(fd, access, FREE_IOVA + PAGE - 20,
					  data, sizeof(data)), 0);
	assert_memory_equal(data, ab->bed.mem + PAGE - 20 + 25, sizeof(data));
	assert_int_equal(test_access_read(fd, access, FREE_IOVA + 4, data, 2),
			 -ENOENT);
	assert_int_equal(test_access_read(fd, access,
					  FREE_IOVA + 5 + PAGE + 76, data, 2),
			 -ENOENT);
	close(access);
}

/* ---- when mappings go ---- */

static void test_unmap_drops_pins(void **state)
{
	struct accessbed *ab = *state;
	uint64_t bytes = 0;
	uint32_t id;

	pin(ab, BED_IOVA, 2 * PAGE, ab->bed.mem);
	id = pin(ab, BED_IOVA + PAGE, 2 * PAGE, ab->bed.mem + PAGE);
	assert_int_equal(iommufd_unmap(ab->bed.fd, ab->bed.ioas, BED_IOVA,
				       BED_SIZE, &bytes), 0);
	assert_int_equal(bytes, BED_SIZE);
	refs(ab, ab->bed.mem, BED_SIZE, 0);
	assert_int_equal(pinned(ab), 0);
	assert_int_equal(test_access_unpin(ab->bed.fd, ab->access, id),
			 -ENOENT);
	assert_int_equal(pin_flags(ab, 0, BED_IOVA, PAGE, NULL, NULL),
			 -ENOENT);
}

/* One pin over two areas goes with either. */
static void test_unmap_half_of_pin(void **state)
{
	struct accessbed *ab = *state;
	uint8_t *mem = small_pages(2 * PAGE);
	uint32_t other;

	map_at(ab, ab->bed.ioas, BED_IOVA + BED_SIZE, MAP_RW, mem, 2 * PAGE);
	pin(ab, BED_IOVA, BED_SIZE + PAGE, NULL);
	other = pin(ab, BED_IOVA, PAGE, ab->bed.mem);
	assert_int_equal(iommufd_unmap(ab->bed.fd, ab->bed.ioas,
				       BED_IOVA + BED_SIZE, 2 * PAGE, NULL),
			 0);
	refs(ab, mem, 2 * PAGE, 0);
	assert_int_equal(pinned(ab), PAGE);
	refs(ab, ab->bed.mem, PAGE, 1);
	unpin(ab, other);
	munmap(mem, 2 * PAGE);
}

/* A refused UNMAP asks nobody to let go. */
static void test_unmap_refused(void **state)
{
	struct accessbed *ab = *state;
	uint32_t id = pin(ab, BED_IOVA, PAGE, ab->bed.mem);

	assert_int_equal(iommufd_unmap(ab->bed.fd, ab->bed.ioas, BED_IOVA,
				       2 * PAGE, NULL), -ENOENT);
	refs(ab, ab->bed.mem, PAGE, 1);
	unpin(ab, id);
}

static void test_unmap_of_two_accesses(void **state)
{
	struct accessbed *ab = *state;
	int other = new_access(ab->bed.fd, ab->bed.ioas, ACCESS_PINS);
	int reader = new_access(ab->bed.fd, ab->bed.ioas, 0);
	uint32_t id = 0;

	pin(ab, BED_IOVA, PAGE, ab->bed.mem);
	assert_int_equal(test_access_pin(ab->bed.fd, other, 0, BED_IOVA, PAGE,
					 ab->bed.mem, &id), 0);
	assert_int_equal(iommufd_unmap_all(ab->bed.fd, ab->bed.ioas, NULL), 0);
	assert_int_equal(pinned(ab), 0);
	assert_int_equal(test_access_unpin(ab->bed.fd, other, id), -ENOENT);
	close(reader);
	close(other);
}

/* A COPY shares the pages, and its pins keep exactly theirs. */
static void test_copy_of_pinned(void **state)
{
	struct accessbed *ab = *state;
	uint32_t ioas = new_ioas(ab->bed.fd), id = 0;
	uint64_t iova = FREE_IOVA;
	int other;

	pin(ab, BED_IOVA, BED_SIZE, ab->bed.mem);
	assert_int_equal(iommufd_copy(ab->bed.fd, MAP_RW | MAP_FIXED_IOVA,
				      ioas, &iova, ab->bed.ioas,
				      BED_IOVA + PAGE, 2 * PAGE), 0);
	other = new_access(ab->bed.fd, ioas, ACCESS_PINS);
	assert_int_equal(test_access_pin(ab->bed.fd, other, ACCESS_WRITE,
					 FREE_IOVA + PAGE, PAGE,
					 ab->bed.mem + 2 * PAGE, &id), 0);
	refs(ab, ab->bed.mem, BED_SIZE, 1);
	assert_int_equal(pinned(ab), BED_SIZE);
	assert_int_equal(iommufd_unmap_all(ab->bed.fd, ab->bed.ioas, NULL), 0);
	refs(ab, ab->bed.mem, 2 * PAGE, 0);
	refs(ab, ab->bed.mem + 2 * PAGE, PAGE, 1);
	refs(ab, ab->bed.mem + 3 * PAGE, PAGE, 0);
	assert_int_equal(pinned(ab), PAGE);
	assert_int_equal(test_access_unpin(ab->bed.fd, other, id), 0);
	assert_int_equal(pinned(ab), 0);
	close(other);
}

/* ---- when the IOAS or the access changes ---- */

static void test_replace(void **state)
{
	struct accessbed *ab = *state;
	uint32_t ioas = new_ioas(ab->bed.fd), id;
	uint8_t *mem = small_pages(PAGE);

	map_at(ab, ioas, OTHER_IOVA, MAP_RW, mem, PAGE);
	id = pin(ab, BED_IOVA, BED_SIZE, ab->bed.mem);
	assert_int_equal(test_access_replace(ab->bed.fd, ab->access, ioas), 0);
	refs(ab, ab->bed.mem, BED_SIZE, 0);
	assert_int_equal(pinned(ab), 0);
	assert_int_equal(test_access_unpin(ab->bed.fd, ab->access, id),
			 -ENOENT);
	assert_int_equal(pin_flags(ab, 0, BED_IOVA, PAGE, NULL, NULL),
			 -ENOENT);
	pin(ab, OTHER_IOVA, PAGE, mem);
	refs(ab, mem, PAGE, 1);
	/* The IOAS it left is free, the one it has is not. */
	assert_int_equal(iommufd_destroy(ab->bed.fd, ab->bed.ioas), 0);
	assert_int_equal(iommufd_destroy(ab->bed.fd, ioas), -EBUSY);
	munmap(mem, PAGE);
}

static void test_replace_by_same(void **state)
{
	struct accessbed *ab = *state;
	uint32_t id = pin(ab, BED_IOVA, PAGE, ab->bed.mem);

	assert_int_equal(test_access_replace(ab->bed.fd, ab->access,
					     ab->bed.ioas), 0);
	refs(ab, ab->bed.mem, PAGE, 1);
	unpin(ab, id);
}

static void test_replace_refused(void **state)
{
	struct accessbed *ab = *state;
	uint32_t ioas = new_ioas(ab->bed.fd), id;
	int fd = ab->bed.fd;

	id = pin(ab, BED_IOVA, PAGE, ab->bed.mem);
	assert_int_equal(test_access_replace(fd, ab->access, NO_ID), -ENOENT);
	assert_int_equal(test_access_replace(fd, fd, ioas), -EBADFD);
	/* What lies there is not made of pages. */
	map_at(ab, ioas, OTHER_IOVA + 1, MAP_RW, ab->bed.mem, PAGE);
	assert_int_equal(test_access_replace(fd, ab->access, ioas),
			 -EADDRINUSE);
	refs(ab, ab->bed.mem, PAGE, 1);
	unpin(ab, id);
	assert_int_equal(iommufd_destroy(fd, ioas), 0);
}

static uint64_t alignment_of(struct accessbed *ab, uint32_t ioas)
{
	uint64_t alignment = 0;
	uint32_t num = 0;

	assert_int_equal(iommufd_ranges(ab->bed.fd, ioas, NULL, &num,
					&alignment), -EMSGSIZE);
	return alignment;
}

/* Where somebody pins pages, mappings are made of pages. */
static void test_alignment(void **state)
{
	struct accessbed *ab = *state;
	uint64_t iova = FREE_IOVA + 1;
	uint32_t ioas = new_ioas(ab->bed.fd);
	int access = -1;

	assert_int_equal(alignment_of(ab, ab->bed.ioas), PAGE);
	assert_int_equal(iommufd_map(ab->bed.fd, ab->bed.ioas,
				     MAP_RW | MAP_FIXED_IOVA, ab->bed.mem,
				     PAGE, &iova), -EINVAL);
	close(ab->access);
	ab->access = -1;
	assert_int_equal(alignment_of(ab, ab->bed.ioas), 1);
	map_at(ab, ab->bed.ioas, iova, MAP_RW, ab->bed.mem, PAGE);
	assert_int_equal(test_access_create(ab->bed.fd, ab->bed.ioas,
					    ACCESS_PINS, &access),
			 -EADDRINUSE);
	access = new_access(ab->bed.fd, ab->bed.ioas, 0);
	assert_int_equal(alignment_of(ab, ab->bed.ioas), 1);
	assert_int_equal(test_access_replace(ab->bed.fd, access, ioas), 0);
	close(access);
}

/* DESTROY by user space is refused for as long as the owner has it. */
static void test_destroy(void **state)
{
	struct accessbed *ab = *state;
	uint32_t id = 0, extra;

	/* Ids are given in turn, so this is the id after a new access. */
	extra = new_ioas(ab->bed.fd);
	close(new_access(ab->bed.fd, ab->bed.ioas, 0));
	assert_int_equal(iommufd_destroy(ab->bed.fd, ab->bed.ioas), -EBUSY);
	for (id = ab->bed.ioas + 1; id < extra; id++)
		assert_int_equal(iommufd_destroy(ab->bed.fd, id), -EBUSY);
	close(ab->access);
	ab->access = -1;
	assert_int_equal(iommufd_destroy(ab->bed.fd, ab->bed.ioas), 0);
	assert_int_equal(iommufd_destroy(ab->bed.fd, extra), 0);
}

static void test_close_while_pinned(void **state)
{
	struct accessbed *ab = *state;

	pin(ab, BED_IOVA, BED_SIZE, ab->bed.mem);
	close(ab->access);
	ab->access = -1;
	refs(ab, ab->bed.mem, BED_SIZE, 0);
	assert_int_equal(pinned(ab), 0);
	assert_true(is_mapped(ab->bed.fd, ab->bed.ioas, BED_IOVA));
}

/* An access outlives the fd of its context. */
static void test_close_context_first(void **state)
{
	struct accessbed *ab = *state;

	pin(ab, BED_IOVA, BED_SIZE, ab->bed.mem);
	close(ab->bed.fd);
	ab->bed.fd = new_fd();
	refs(ab, ab->bed.mem, BED_SIZE, 1);
	/* The test command takes the fd of the access, whoever calls it. */
	assert_int_equal(test_access_unpin(ab->bed.fd, ab->access, 0), 0);
	pin(ab, BED_IOVA, PAGE, ab->bed.mem);
	close(ab->access);
	ab->access = -1;
	refs(ab, ab->bed.mem, BED_SIZE, 0);
}

/* ---- processes ---- */

/* In a child: the pages are the parent's, whose mapping it is. */
static void child_pins(void *arg)
{
	struct accessbed *ab = arg;
	uint8_t data = 0;

	memset(ab->bed.mem, 1, BED_SIZE);
	check(pin_flags(ab, ACCESS_WRITE, BED_IOVA, BED_SIZE, ab->bed.mem,
			NULL) == -EBADE);
	check(!pin_flags(ab, ACCESS_WRITE, BED_IOVA, BED_SIZE, NULL, NULL));
	check(!test_access_read(ab->bed.fd, ab->access, BED_IOVA, &data, 1));
	check(data == 0x77);
}

static void test_pin_by_child(void **state)
{
	struct accessbed *ab = *state;

	ab->bed.mem[0] = 0x77;
	end_child(start_child(child_pins, ab, -1));
	memset(ab->bed.mem, 0x78, BED_SIZE);
	refs(ab, ab->bed.mem, BED_SIZE, 1);
	assert_int_equal(pinned(ab), BED_SIZE);
}

/* Memory of a process that has ended. */
static void child_maps(void *arg)
{
	struct accessbed *ab = arg;
	uint64_t iova = FREE_IOVA;

	check(!iommufd_map(ab->bed.fd, ab->bed.ioas, MAP_RW | MAP_FIXED_IOVA,
			   ab->bed.mem, BED_SIZE, &iova));
	check(!pin_flags(ab, ACCESS_WRITE, FREE_IOVA, PAGE, ab->bed.mem,
			 NULL));
}

static void test_pin_of_dead(void **state)
{
	struct accessbed *ab = *state;
	uint8_t data = 0;

	ab->bed.mem[0] = 0x55;
	end_child(start_child(child_maps, ab, -1));
	assert_int_equal(pin_flags(ab, 0, FREE_IOVA, BED_SIZE, NULL, NULL),
			 -EFAULT);
	assert_int_equal(test_access_read(ab->bed.fd, ab->access,
					  FREE_IOVA + PAGE, &data, 1),
			 -EFAULT);
	/* Its pinned page is still there. */
	assert_int_equal(test_access_read(ab->bed.fd, ab->access, FREE_IOVA,
					  &data, 1), 0);
	assert_int_equal(data, 0x55);
	assert_int_equal(iommufd_unmap(ab->bed.fd, ab->bed.ioas, FREE_IOVA,
				       BED_SIZE, NULL), 0);
	assert_int_equal(pinned(ab), 0);
}

static void child_limit(void *arg)
{
	struct accessbed *ab = arg;
	uint64_t iova = FREE_IOVA;
	uint32_t id = 0;

	check(!iommufd_map(ab->bed.fd, ab->bed.ioas, MAP_RW | MAP_FIXED_IOVA,
			   ab->bed.mem, BED_SIZE, &iova));
	check(pin_flags(ab, ACCESS_WRITE, FREE_IOVA, BED_SIZE, NULL, NULL) ==
	      -ENOMEM);
	check(status_kb("VmPin") == 0);
	check(!pin_flags(ab, ACCESS_WRITE, FREE_IOVA + PAGE, 3 * PAGE, NULL,
			 &id));
	check(status_kb("VmPin") == 3 * PAGE / 1024);
	/* Paid for already; one more is too many. */
	check(!pin_flags(ab, ACCESS_WRITE, FREE_IOVA + PAGE, PAGE, NULL,
			 NULL));
	check(pin_flags(ab, ACCESS_WRITE, FREE_IOVA, 2 * PAGE, NULL, NULL) ==
	      -ENOMEM);
	check(!test_access_unpin(ab->bed.fd, ab->access, id));
	check(status_kb("VmPin") == PAGE / 1024);
	check(!pin_flags(ab, ACCESS_WRITE, FREE_IOVA, 2 * PAGE, NULL, NULL));
	check(!iommufd_unmap(ab->bed.fd, ab->bed.ioas, FREE_IOVA, BED_SIZE,
			     NULL));
	check(status_kb("VmPin") == 0);
}

static void test_pin_limit(void **state)
{
	run_as_user(child_limit, *state, 3 * PAGE);
}

/* ---- reserved IOVA ---- */

static void test_reserved(void **state)
{
	struct accessbed *ab = *state;
	uint64_t iova = FREE_IOVA + PAGE;
	int fd = ab->bed.fd;

	assert_int_equal(test_add_reserved(fd, ab->bed.ioas, FREE_IOVA, 0),
			 -EINVAL);
	assert_int_equal(test_add_reserved(fd, ab->bed.ioas, UINT64_MAX, 2),
			 -EOVERFLOW);
	assert_int_equal(test_add_reserved(fd, NO_ID, FREE_IOVA, PAGE),
			 -ENOENT);
	assert_int_equal(test_add_reserved(fd, ab->bed.ioas, BED_IOVA, 1),
			 -EADDRINUSE);
	assert_int_equal(test_add_reserved(fd, ab->bed.ioas, FREE_IOVA,
					   2 * PAGE), 0);
	assert_int_equal(iommufd_map(fd, ab->bed.ioas, MAP_RW | MAP_FIXED_IOVA,
				     ab->bed.mem, PAGE, &iova), -EINVAL);
	map_at(ab, ab->bed.ioas, FREE_IOVA + 2 * PAGE, MAP_RW, ab->bed.mem,
	       PAGE);
}

/* ---- all at once ---- */

#define RACE_MS 3000

struct race {
	struct accessbed *ab;
	uint32_t other;
	uint64_t end;
	unsigned int unexpected;
	unsigned int done;
};

/* What another thread can make of a call. */
static void note(struct race *race, int rc)
{
	__atomic_add_fetch(&race->done, 1, __ATOMIC_RELAXED);
	if (rc && rc != -ENOENT && rc != -EBUSY && rc != -EEXIST) {
		print_error("race: %s\n", strerror(-rc));
		__atomic_add_fetch(&race->unexpected, 1, __ATOMIC_RELAXED);
	}
}

static void *race_pin(void *arg)
{
	struct race *race = arg;
	struct accessbed *ab = race->ab;
	unsigned int seed = (uintptr_t)&seed;

	while (clock_ms() < race->end) {
		unsigned int page = rand_r(&seed) % 4;
		uint32_t id = 0;
		int rc;

		rc = pin_flags(ab, ACCESS_WRITE, BED_IOVA + page * PAGE,
			       (1 + rand_r(&seed) % (4 - page)) * PAGE, NULL,
			       &id);
		note(race, rc);
		if (!rc)
			note(race, test_access_unpin(ab->bed.fd, ab->access,
						     id));
	}
	return NULL;
}

static void *race_unmap(void *arg)
{
	struct race *race = arg;
	struct accessbed *ab = race->ab;

	while (clock_ms() < race->end) {
		uint64_t iova = BED_IOVA;

		note(race, iommufd_unmap(ab->bed.fd, ab->bed.ioas, BED_IOVA,
					 BED_SIZE, NULL));
		note(race, iommufd_map(ab->bed.fd, ab->bed.ioas,
				       MAP_RW | MAP_FIXED_IOVA, ab->bed.mem,
				       BED_SIZE, &iova));
	}
	return NULL;
}

static void *race_replace(void *arg)
{
	struct race *race = arg;
	struct accessbed *ab = race->ab;

	while (clock_ms() < race->end) {
		note(race, test_access_replace(ab->bed.fd, ab->access,
					       race->other));
		note(race, test_access_replace(ab->bed.fd, ab->access,
					       ab->bed.ioas));
	}
	return NULL;
}

static void *race_rw(void *arg)
{
	struct race *race = arg;
	struct accessbed *ab = race->ab;
	uint8_t data[PAGE + 1] = {};

	while (clock_ms() < race->end) {
		note(race, test_access_read(ab->bed.fd, ab->access,
					    BED_IOVA + 5, data, sizeof(data)));
		note(race, test_access_write(ab->bed.fd, ab->access,
					     BED_IOVA + 5, data,
					     sizeof(data)));
	}
	return NULL;
}

/* Threads and files of other accesses that come and go. */
static void *race_come_and_go(void *arg)
{
	struct race *race = arg;
	struct accessbed *ab = race->ab;
	int access;

	while (clock_ms() < race->end) {
		int rc = test_access_create(ab->bed.fd, ab->bed.ioas,
					    ACCESS_PINS, &access);

		note(race, rc);
		if (rc)
			continue;
		note(race, test_access_pin(ab->bed.fd, access, 0, BED_IOVA,
					   2 * PAGE, NULL, NULL));
		close(access);
	}
	return NULL;
}

static void test_race(void **state)
{
	static void *(* const threads[])(void *arg) = {
		race_pin, race_unmap, race_replace, race_rw, race_pin,
		race_come_and_go,
	};
	struct accessbed *ab = *state;
	struct race race = { .ab = ab, .end = clock_ms() + RACE_MS };
	pthread_t ids[ARRAY_SIZE(threads)];
	uint64_t iova = BED_IOVA;
	size_t i;

	race.other = new_ioas(ab->bed.fd);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&ids[i], NULL, threads[i],
						&race), 0);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(ids[i], NULL);
	assert_int_equal(race.unexpected, 0);
	assert_true(race.done > 100);
	refs(ab, ab->bed.mem, BED_SIZE, 0);
	assert_int_equal(pinned(ab), 0);

	/* And everything still works. */
	assert_int_equal(test_access_replace(ab->bed.fd, ab->access,
					     ab->bed.ioas), 0);
	iommufd_unmap_all(ab->bed.fd, ab->bed.ioas, NULL);
	assert_int_equal(iommufd_map(ab->bed.fd, ab->bed.ioas,
				     MAP_RW | MAP_FIXED_IOVA, ab->bed.mem,
				     BED_SIZE, &iova), 0);
	unpin(ab, pin(ab, BED_IOVA, BED_SIZE, ab->bed.mem));
}

/* ---- the module ---- */

static void test_module(void **state)
{
	struct accessbed *ab = *state;
	char tainted[32];

	assert_true(file_read("/proc/sys/kernel/tainted", tainted,
			      sizeof(tainted)) > 0);
	/* TAINT_TEST */
	assert_true(strtoul(tainted, NULL, 10) & (1UL << 18));
	/* It does not go while a file of it is open. */
	assert_int_not_equal(module_unload("iommufd_selftest"), 0);
	close(ab->access);
	ab->access = -1;
	assert_int_equal(module_unload("iommufd_selftest"), 0);
	assert_int_equal(test_check_refs(ab->bed.fd, ab->bed.mem, PAGE, 0),
			 -ENOTTY);
	assert_int_equal(manners_load(), 0);
	refs(ab, ab->bed.mem, PAGE, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, access_setup, \
						   access_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_pin),
	TEST(test_pin_bytes),
	TEST(test_pin_overlapping),
	TEST(test_pin_of_two_accesses),
	TEST(test_pin_across_areas),
	TEST(test_pin_hole),
	TEST(test_pin_permission),
	TEST(test_pin_refused),
	TEST(test_pin_nothing_there),
	TEST(test_pin_read_only_argument),
	TEST(test_pin_thp),
	TEST(test_pin_memfd),
	TEST(test_pin_hugetlb),
	TEST(test_pin_memory_limit),
	TEST(test_rw),
	TEST(test_rw_exact),
	TEST(test_rw_refused),
	TEST(test_rw_of_pinned),
	TEST(test_rw_unaligned_areas),
	TEST(test_unmap_drops_pins),
	TEST(test_unmap_half_of_pin),
	TEST(test_unmap_refused),
	TEST(test_unmap_of_two_accesses),
	TEST(test_copy_of_pinned),
	TEST(test_replace),
	TEST(test_replace_by_same),
	TEST(test_replace_refused),
	TEST(test_alignment),
	TEST(test_destroy),
	TEST(test_close_while_pinned),
	TEST(test_close_context_first),
	TEST(test_pin_by_child),
	TEST(test_pin_of_dead),
	TEST(test_pin_limit),
	TEST(test_reserved),
	TEST(test_race),
	TEST(test_module),
};

/* Without a device the mock has no say. */
static int run(void)
{
	return cmocka_run_group_tests(mock_tests, NULL, NULL) +
	       (*manners_now ? 0 : cmocka_run_group_tests(tests, NULL, NULL));
}

int main(void)
{
	return bed_load() ? 1 : manners_run(run);
}
