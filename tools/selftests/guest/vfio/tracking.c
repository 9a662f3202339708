// SPDX-License-Identifier: GPL-2.0
/*
 * What a device writes by DMA is marked by the IOMMU, and read. Needs QEMU's edu device
 * behind an IOMMU that marks (scripts/vm --iommu vtd-dirty); elsewhere this only sees that
 * it is told so. TRACKING_MUST=1: that is a failure. An NVMe is the peer, if there is one.
 */
#include <pthread.h>

#include "bed.h"
#include "edubed.h"
#include "env.h"
#include "iommufd.h"
#include "memory.h"
#include "pci.h"
#include "threads.h"
#include "vfio.h"

#define PIECE 1024

#define TRACK IOMMU_HWPT_ALLOC_DIRTY_TRACKING
#define NO_CLEAR IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR

/* The edu reaches 28 bits of address. */
#define IOVA 0x8000000UL
#define PAGES 64UL

#define NVME_CLASS 0x010802

static int try_tracked(struct edubed *bed, uint32_t *hwpt)
{
	return iommufd_hwpt_alloc(bed->fd, TRACK, bed->edu.devid, bed->ioas,
				  hwpt);
}

/* Attached to a page table that tracks. */
static bool begin(struct edubed *bed)
{
	uint32_t hwpt = 0;

	if (try_tracked(bed, &hwpt) == -EOPNOTSUPP) {
		assert_false(env_number("TRACKING_MUST", 0));
		return false;
	}
	assert_int_equal(attach(bed, hwpt), 0);
	assert_int_equal(iommufd_set_dirty(bed->fd, hwpt, true), 0);
	return true;
}

/* Of PAGES from IOVA on: a bit for each that was written. */
static uint64_t get(struct edubed *bed, uint32_t flags)
{
	uint64_t bits = 0;

	assert_int_equal(iommufd_get_dirty(bed->fd, bed->hwpt, flags, IOVA,
					   PAGES * PAGE, PAGE, &bits), 0);
	return bits;
}

static void dma_to(struct edubed *bed, unsigned int page, uint8_t *mem)
{
	assert_true(dma_writes(bed, IOVA + page * PAGE, mem + page * PAGE,
			       PIECE));
}

static void test_writes_are_told(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(PAGES * PAGE);
	uint32_t plain = bed->hwpt;
	uint64_t bits;

	if (!begin(bed))
		return;
	map_at(bed, IOVA, MAP_RW, mem, PAGES * PAGE);
	assert_int_equal(get(bed, 0), 0);
	dma_to(bed, 3, mem);
	dma_to(bed, 9, mem);
	assert_int_equal(edu_load(&bed->edu, IOVA + 5 * PAGE, 0, PIECE), 0);
	assert_int_equal(get(bed, NO_CLEAR), 1UL << 3 | 1UL << 9);
	assert_int_equal(get(bed, NO_CLEAR), 1UL << 3 | 1UL << 9);
	assert_int_equal(get(bed, 0), 1UL << 3 | 1UL << 9);
	assert_int_equal(get(bed, 0), 0);
	/* What is written once more, right after. */
	dma_to(bed, 3, mem);
	bits = get(bed, 0);
	dma_to(bed, 3, mem);
	assert_int_equal(bits, 1UL << 3);
	assert_int_equal(get(bed, 0), 1UL << 3);
	/* Detached, and attached again, while it tracks. */
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	assert_int_equal(attach(bed, bed->hwpt), 0);
	dma_to(bed, 4, mem);
	assert_int_equal(get(bed, 0), 1UL << 4);
	/* It starts with nothing; and does without. */
	dma_to(bed, 5, mem);
	assert_int_equal(iommufd_set_dirty(bed->fd, bed->hwpt, false), 0);
	dma_to(bed, 6, mem);
	assert_int_equal(iommufd_set_dirty(bed->fd, bed->hwpt, true), 0);
	assert_int_equal(get(bed, 0), 0);
	dma_to(bed, 7, mem);
	assert_int_equal(get(bed, 0), 1UL << 7);
	/* That of before has gone with its last device. */
	assert_int_equal(iommufd_set_dirty(bed->fd, plain, true), -ENOENT);
	munmap(mem, PAGES * PAGE);
}

/* As VMMs do where memory goes: look, and then unmap. */
static void test_before_unmap(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(PAGES * PAGE);

	if (!begin(bed))
		return;
	map_at(bed, IOVA, MAP_RW, mem, PAGES * PAGE);
	assert_int_equal(get(bed, 0), 0);
	dma_to(bed, 1, mem);
	assert_int_equal(get(bed, NO_CLEAR), 1UL << 1);
	unmap(bed, IOVA, PAGES * PAGE);
	assert_int_equal(get(bed, 0), 0);
	map_at(bed, IOVA, MAP_RW, mem, PAGES * PAGE);
	assert_int_equal(get(bed, 0), 0);
	dma_to(bed, 2, mem);
	assert_int_equal(get(bed, 0), 1UL << 2);
	munmap(mem, PAGES * PAGE);
}

/* All of a large IO page is dirty; and each page by itself with HUGE_PAGES=0. */
static void test_large_page(void **state)
{
	static uint8_t bits[HUGE / PAGE / 8];
	struct edubed *bed = *state;
	uint8_t *mem;
	size_t i;

	if (!begin(bed))
		return;
	reserve_hugetlb(1);
	mem = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		   MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	assert_true(mem != MAP_FAILED);
	map_at(bed, IOVA, MAP_RW, mem, HUGE);
	assert_int_equal(get(bed, 0), 0);
	dma_to(bed, 300, mem);
	/* The part that is asked for; the rest still has to be told. */
	assert_int_equal(get(bed, 0), UINT64_MAX);
	memset(bits, 0, sizeof(bits));
	assert_int_equal(iommufd_get_dirty(bed->fd, bed->hwpt, 0, IOVA, HUGE,
					   PAGE, bits), 0);
	for (i = 0; i < sizeof(bits); i++)
		assert_int_equal(bits[i], 0xff);
	assert_int_equal(get(bed, 0), 0);
	dma_to(bed, 5, mem);
	assert_int_equal(get(bed, NO_CLEAR), UINT64_MAX);
	unmap(bed, IOVA, HUGE);

	assert_int_equal(attach(bed, new_ioas(bed->fd)), 0);
	unmap(bed, SCRATCH_IOVA, PAGE);
	assert_int_equal(iommufd_option_set(bed->fd, IOMMU_OPTION_HUGE_PAGES,
					    bed->ioas, 0), 0);
	map_at(bed, SCRATCH_IOVA, MAP_RW, bed->scratch, PAGE);
	assert_true(begin(bed));
	map_at(bed, IOVA, MAP_RW, mem, HUGE);
	dma_to(bed, 5, mem);
	assert_int_equal(get(bed, 0), 1UL << 5);
	munmap(mem, HUGE);
}

/* ---- a write between read and clear ---- */

#define TRANSFERS 8

struct lost {
	struct edubed *bed;
	uint8_t *mem;
	uint64_t bits;
	uint64_t reads;
	bool over;
};

static void *lost_read(void *arg)
{
	struct lost *lost = arg;

	while (!__atomic_load_n(&lost->over, __ATOMIC_RELAXED)) {
		assert_int_equal(iommufd_get_dirty(lost->bed->fd,
						   lost->bed->hwpt, 0, IOVA,
						   PAGES * PAGE, PAGE,
						   &lost->bits), 0);
		__atomic_add_fetch(&lost->reads, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Each transfer ends at some time of a read; two reads later it was told. */
static void *lost_write(void *arg)
{
	struct lost *lost = arg;
	unsigned int i;

	for (i = 0; i < TRANSFERS; i++) {
		uint64_t reads;

		__atomic_store_n(&lost->bits, 0, __ATOMIC_RELAXED);
		assert_int_equal(edu_store(&lost->bed->edu, IOVA + 7 * PAGE, 0,
					   PIECE), 0);
		reads = __atomic_load_n(&lost->reads, __ATOMIC_RELAXED);
		while (__atomic_load_n(&lost->reads, __ATOMIC_RELAXED) <
		       reads + 2)
			;
		assert_int_equal(__atomic_load_n(&lost->bits, __ATOMIC_RELAXED),
				 1UL << 7);
	}
	__atomic_store_n(&lost->over, true, __ATOMIC_RELAXED);
	return NULL;
}

static void test_no_write_is_lost(void **state)
{
	static const thread_run threads[] = { lost_read, lost_write };
	struct edubed *bed = *state;
	struct lost lost = { .bed = bed, .mem = pages(PAGES * PAGE) };

	if (!begin(bed))
		return;
	map_at(bed, IOVA, MAP_RW, lost.mem, PAGES * PAGE);
	threads_run(threads, 2, &lost);
	munmap(lost.mem, PAGES * PAGE);
}

/* ---- a peer ---- */

/* NVMe's interrupt mask: what is written here stays until it is written there. */
#define MASK_SET 0x0c

/* Its registers are written by DMA; and are off, and on again. */
static void test_peer(void **state)
{
	struct edubed *bed = *state;
	struct vfio_map bar;
	char bdf[PCI_NAME_MAX];
	uint32_t devid;
	int dev;

	if (pci_find_class(NVME_CLASS, 0, bdf))
		return;
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
	if (!begin(bed))
		return;
	dev = vfio_cdev_open(bdf);
	assert_true(dev >= 0);
	assert_int_equal(vfio_bind(dev, bed->fd, &devid), 0);
	assert_int_equal(vfio_enable(dev, 1), 0);
	assert_int_equal(vfio_bar_map(dev, 0, &bar), 0);
	map_at(bed, IOVA, MAP_RW, bar.base, 2 * PAGE);
	map_at(bed, IOVA + 2 * PAGE, MAP_RW, bed->scratch, PAGE);
	assert_int_equal(get(bed, 0), 0);
	assert_int_equal(edu_store(&bed->edu, IOVA + MASK_SET, 0, 4), 0);
	assert_int_equal(get(bed, NO_CLEAR), 1);
	assert_int_equal(get(bed, 0), 1);
	assert_int_equal(get(bed, 0), 0);
	assert_int_equal(edu_store(&bed->edu, IOVA + 2 * PAGE, 0, 4), 0);
	/* Registers that are off have nothing to tell, but all others have. */
	assert_int_equal(vfio_enable(dev, 0), 0);
	assert_int_equal(get(bed, 0), 4);
	assert_int_equal(vfio_enable(dev, 1), 0);
	assert_int_equal(edu_store(&bed->edu, IOVA + MASK_SET, 0, 4), 0);
	assert_int_equal(get(bed, 0), 1);
	vfio_bar_unmap(&bar);
	assert_int_equal(get(bed, 0), 0);
	close(dev);
}

/* VMMs ask for tracking where they are told of it, and give up where it is refused. */
static void test_told(void **state)
{
	struct edubed *bed = *state;
	uint32_t length = 0, hwpt = 0;
	uint64_t caps = 0;
	int rc = try_tracked(bed, &hwpt);

	assert_int_equal(iommufd_hw_info(bed->fd, bed->edu.devid, NULL, &length,
					 NULL, &caps), 0);
	assert_int_equal(!(caps & IOMMU_HW_CAP_DIRTY_TRACKING),
			 rc == -EOPNOTSUPP);
	if (!rc)
		assert_int_equal(iommufd_destroy(bed->fd, hwpt), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, edubed_setup, \
						   edubed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_told),
	TEST(test_writes_are_told),
	TEST(test_before_unmap),
	TEST(test_large_page),
	TEST(test_no_write_is_lost),
	TEST(test_peer),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
