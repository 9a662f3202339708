// SPDX-License-Identifier: GPL-2.0
/*
 * Accesses read and write.
 */
#include "accessbed.h"
#include "bed.h"
#include "iommufd.h"
#include "rw.h"
#include "test.h"

/* Over three areas, from and to places that are aligned to nothing. */
void test_rw(void **state)
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
void test_rw_exact(void **state)
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

void test_rw_refused(void **state)
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
void test_rw_of_pinned(void **state)
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
void test_rw_unaligned_areas(void **state)
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
