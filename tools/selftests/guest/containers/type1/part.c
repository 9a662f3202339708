// SPDX-License-Identifier: GPL-2.0
/*
 * Version 1: UNMAP_DMA of parts of mappings.
 */
#include <linux/vfio.h>

#include "bed.h"
#include "edubed.h"
#include "file.h"
#include "memory.h"
#include "part.h"
#include "picture.h"
#include "test.h"
#include "type1.h"
#include "type1bed.h"

void test_part(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(8 * PAGE);
	uint64_t unmapped = 0;

	assert_int_equal(type1_map(bed->fd, TYPE1_RW, mem, 8 * PAGE, AT), 0);
	assert_int_equal(type1_unmap(bed->fd, AT + 3 * PAGE, 2 * PAGE,
				     &unmapped), 0);
	assert_int_equal(unmapped, 2 * PAGE);
	assert_int_equal(pinned(bed), 6 * PAGE);
	assert_true(dma_read_blocked(bed, AT + 3 * PAGE, mem + 3 * PAGE, 64));
	assert_true(dma_write_blocked(bed, AT + 4 * PAGE, mem + 4 * PAGE, 64));
	fill(mem, 8 * PAGE);
	assert_true(dma_reads(bed, AT + 2 * PAGE, mem + 2 * PAGE, 64));
	assert_true(dma_reads(bed, AT + 5 * PAGE, mem + 5 * PAGE, 64));
	/* Over both ends, and over the hole. */
	assert_int_equal(type1_unmap(bed->fd, AT + PAGE, 6 * PAGE, &unmapped),
			 0);
	assert_int_equal(unmapped, 4 * PAGE);
	assert_true(dma_reads(bed, AT, mem, 64));
	assert_true(dma_reads(bed, AT + 7 * PAGE, mem + 7 * PAGE, 64));
	assert_int_equal(pinned(bed), 2 * PAGE);
	assert_int_equal(type1_unmap(bed->fd, AT - PAGE, 16 * PAGE, &unmapped),
			 0);
	assert_int_equal(unmapped, 2 * PAGE);
	assert_int_equal(pinned(bed), 0);
	munmap(mem, 8 * PAGE);
}

/* A page in the middle of 2 MiB that are one folio. */
void test_part_of_huge(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = mmap(NULL, HUGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	uint64_t half = HUGE / 2;

	if (mem == MAP_FAILED)
		skip();
	assert_int_equal(type1_map(bed->fd, TYPE1_RW, mem, HUGE, AT), 0);
	assert_int_equal(type1_unmap(bed->fd, AT + half, PAGE, NULL), 0);
	assert_int_equal(pinned(bed), HUGE - PAGE);
	assert_true(dma_read_blocked(bed, AT + half, mem + half, 64));
	fill(mem + half - PAGE, 3 * PAGE);
	assert_true(dma_reads(bed, AT + half - PAGE, mem + half - PAGE, 64));
	assert_true(dma_reads(bed, AT + half + PAGE, mem + half + PAGE, 64));
	assert_int_equal(type1_unmap_all(bed->fd, NULL), 0);
	munmap(mem, HUGE);
}

void test_part_errors(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(4 * PAGE);

	assert_int_equal(type1_map(bed->fd, TYPE1_RW, mem, 4 * PAGE, AT), 0);
	assert_int_equal(type1_unmap(bed->fd, AT + 1, PAGE, NULL), -EINVAL);
	assert_int_equal(type1_unmap(bed->fd, AT, PAGE + 1, NULL), -EINVAL);
	assert_int_equal(pinned(bed), 4 * PAGE);
	/* It could be cut at the start, but not at the end. */
	assert_int_equal(type1_unmap(bed->fd, AT + PAGE, PAGE + 1, NULL),
			 -EINVAL);
	assert_int_equal(pinned(bed), 4 * PAGE);
	assert_true(is_joined(bed->fd, bed->ioas, AT + PAGE));
	fill(mem, 4 * PAGE);
	assert_true(dma_reads(bed, AT + PAGE, mem + PAGE, 64));
	assert_int_equal(type1_unmap(bed->fd, AT, 4 * PAGE, NULL), 0);
	munmap(mem, 4 * PAGE);
}

/* To unmap a part takes nothing of the IOMMU driver's, whatever is left. */
void test_part_limit(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(4 * PAGE);
	uint64_t max = 0;
	char text[24];
	int rc;

	assert_int_equal(file_read_u64(MAX_TABLE_BYTES, &max), 0);
	snprintf(text, sizeof(text), "%lu", max);
	assert_int_equal(type1_map(bed->fd, TYPE1_RW, mem, 4 * PAGE, AT), 0);
	assert_int_equal(file_write(MAX_TABLE_BYTES, "0"), 0);
	rc = type1_unmap(bed->fd, AT + PAGE, PAGE, NULL);
	assert_int_equal(file_write(MAX_TABLE_BYTES, text), 0);
	assert_int_equal(rc, 0);
	assert_int_equal(pinned(bed), 3 * PAGE);
	assert_int_equal(type1_unmap_all(bed->fd, NULL), 0);
	munmap(mem, 4 * PAGE);
}

/* Memory that an access has pinned is not cut; and without a domain. */
void test_part_access(void **state)
{
	uint8_t *mem = pages(4 * PAGE);
	int fd = new_fd(), access;
	uint32_t ioas = new_ioas(fd), pin;

	assert_int_equal(set_ioas(fd, ioas), 0);
	assert_int_equal(type1_set_iommu(fd, VFIO_TYPE1_IOMMU), 0);
	assert_int_equal(type1_map(fd, TYPE1_RW, mem, 4 * PAGE, AT), 0);
	assert_int_equal(test_access_create(fd, ioas, ACCESS_PINS, &access), 0);
	assert_int_equal(test_access_pin(fd, access, ACCESS_WRITE, AT, PAGE,
					 mem, &pin), 0);
	assert_int_equal(type1_unmap(fd, AT + PAGE, PAGE, NULL), -EBUSY);
	assert_int_equal(test_access_unpin(fd, access, pin), 0);
	assert_int_equal(type1_unmap(fd, AT + PAGE, PAGE, NULL), 0);
	assert_int_equal(test_access_pin(fd, access, ACCESS_WRITE,
					 AT + 2 * PAGE, 2 * PAGE,
					 mem + 2 * PAGE, &pin), 0);
	assert_int_equal(test_access_unpin(fd, access, pin), 0);
	assert_true(is_mapped(fd, ioas, AT));
	assert_false(is_mapped(fd, ioas, AT + PAGE));
	close(access);
	close(fd);
	munmap(mem, 4 * PAGE);
}
