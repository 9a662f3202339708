// SPDX-License-Identifier: GPL-2.0
/*
 * Two devices of one IOMMU group, which have one page table between them.
 * Needs two edu devices in a group (scripts/vm --device shared-edus).
 */
#include "edubed.h"

#define PIECE 1024
#define MAX_EDUS 8

/* The bed's own edu is the first of the two; the second comes here. */
static struct edu second;
static int first_index = -1, second_index;

static void find_pair(void)
{
	int group[MAX_EDUS], i, j;
	char bdf[PCI_NAME_MAX];

	for (i = 0; i < MAX_EDUS; i++) {
		if (pci_find_id(EDU_VENDOR, EDU_DEVICE, i, bdf) ||
		    pci_group(bdf, &group[i]))
			return;
		for (j = 0; j < i; j++) {
			if (group[j] != group[i])
				continue;
			first_index = j;
			second_index = i;
			return;
		}
	}
}

static int setup(void **state)
{
	struct edubed *bed = calloc(1, sizeof(*bed));
	char bdf[PCI_NAME_MAX];

	*state = bed;
	if (first_index < 0)
		return 0;
	/* Both have to be in the hands of a VFIO driver, or in nobody's. */
	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, second_index, bdf),
			 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	bed->scratch = pages(PAGE);
	assert_int_equal(edu_open(&bed->edu, first_index, bed->fd), 0);
	map_at(bed, SCRATCH_IOVA, MAP_RW, bed->scratch, PAGE);
	return 0;
}

static int teardown(void **state)
{
	struct edubed *bed = *state;

	if (first_index >= 0) {
		edu_close(&bed->edu);
		close(bed->fd);
		munmap(bed->scratch, PAGE);
	}
	free(bed);
	return 0;
}

/* Every test begins with this: a skipped test must not look passed. */
static struct edubed *want_pair(void **state)
{
	if (first_index < 0)
		skip();
	return *state;
}

/* The bed as the other device sees it. */
static struct edubed other_bed(const struct edubed *bed)
{
	struct edubed other = *bed;

	other.edu = second;
	return other;
}

static void test_shared_page_table(void **state)
{
	struct edubed *bed = want_pair(state), other;
	void *mem = pages(PAGE);

	assert_int_equal(edu_open(&second, second_index, bed->fd), 0);
	other = other_bed(bed);
	assert_int_not_equal(second.devid, bed->edu.devid);
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_int_equal(attach(&other, bed->ioas), 0);
	assert_int_equal(other.hwpt, bed->hwpt);
	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
	assert_true(dma_writes(bed, FREE_IOVA, mem, PIECE));
	assert_true(dma_writes(&other, FREE_IOVA, mem, PIECE));
	unmap(bed, FREE_IOVA, PAGE);
	assert_true(dma_write_blocked(&other, FREE_IOVA, mem, PIECE));
	edu_close(&second);
	munmap(mem, PAGE);
}

/* Not two page tables in one group. */
static void test_second_page_table_refused(void **state)
{
	struct edubed *bed = want_pair(state), other;
	uint32_t ioas = new_ioas(bed->fd);

	assert_int_equal(edu_open(&second, second_index, bed->fd), 0);
	other = other_bed(bed);
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_int_equal(attach(&other, ioas), -EINVAL);
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
	assert_int_equal(attach(&other, bed->ioas), 0);
	assert_true(dma_writes(&other, SCRATCH_IOVA, bed->scratch, PIECE));
	edu_close(&second);
}

/* The last of the two to detach ends it. */
static void test_detach_one(void **state)
{
	struct edubed *bed = want_pair(state), other;
	void *mem = pages(PAGE);

	assert_int_equal(edu_open(&second, second_index, bed->fd), 0);
	other = other_bed(bed);
	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_int_equal(attach(&other, bed->ioas), 0);
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	assert_true(dma_writes(&other, FREE_IOVA, mem, PIECE));
	assert_int_equal(vfio_detach(second.dev), 0);
	assert_true(dma_write_blocked(&other, FREE_IOVA, mem, PIECE));
	/* Free for another page table now. */
	assert_int_equal(attach(&other, new_ioas(bed->fd)), 0);
	edu_close(&second);
	munmap(mem, PAGE);
}

/* One of the two is closed: the other's DMA goes on. */
static void test_close_one(void **state)
{
	struct edubed *bed = want_pair(state), other;

	assert_int_equal(edu_open(&second, second_index, bed->fd), 0);
	other = other_bed(bed);
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_int_equal(attach(&other, bed->ioas), 0);
	edu_close(&second);
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
}

/* A group belongs to one fd of /dev/iommu at a time. */
static void test_second_fd_refused(void **state)
{
	struct edubed *bed = want_pair(state);
	int fd = new_fd(), rc;

	rc = edu_open(&second, second_index, fd);
	assert_true(rc == -EPERM || rc == -EBUSY);
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
	edu_close(&bed->edu);
	/* Now it is free. */
	assert_int_equal(edu_open(&second, second_index, fd), 0);
	edu_close(&second);
	assert_int_equal(edu_open(&bed->edu, first_index, bed->fd), 0);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_shared_page_table),
	TEST(test_second_page_table_refused),
	TEST(test_detach_one),
	TEST(test_close_one),
	TEST(test_second_fd_refused),
};

int main(void)
{
	if (bed_load())
		return 1;
	find_pair();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
