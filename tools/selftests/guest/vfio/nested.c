// SPDX-License-Identifier: GPL-2.0
/*
 * Nested page tables of VT-d: a device's DMA goes through a table that this program
 * writes, as a guest would, and through the IOAS. Needs QEMU's edu device behind an IOMMU
 * that has both stages (scripts/vm --iommu vtd-nested); elsewhere it only sees that it is
 * told so. NEST_MUST=1: that is a failure; and TRACKING_MUST=1 where the second stage does
 * not mark what is written (scripts/vm --iommu vtd-dirty has both).
 */
#include "bed.h"
#include "compiler.h"
#include "edubed.h"
#include "env.h"
#include "iommufd.h"
#include "memory.h"
#include "picture.h"
#include "vfio.h"

#define PIECE 1024

/* Of a first-stage entry: present, writable, for all. */
#define ENTRY 7ULL

/* Where the second stage has the pages of a table, and what it leads to. */
#define TABLE_IOVA 0x10000000UL
#define DATA_IOVA 0x18000000UL
#define DATA_PAGES 4

/* What the first stage translates: the edu's scratch page, and some more pages. */
#define VA FREE_IOVA

/* VT-d's extended capabilities, bit 26. */
#define ECAP_NEST 0x4000000ULL

enum { ROOT, LEVEL3, LEVEL2, SCRATCH_LEAF, LEAF, LEVELS };

struct nest {
	struct edubed *bed;
	uint64_t *table[2][LEVELS];
	uint8_t *data[DATA_PAGES];
	uint32_t parent;
};

static uint64_t table_iova(unsigned int n, unsigned int level)
{
	return TABLE_IOVA + (n * LEVELS + level) * PAGE;
}

static unsigned int slot(uint64_t va, unsigned int level)
{
	return va >> (12 + 9 * level) & 511;
}

/* The page at @va leads to a page of the data. */
static void point(struct nest *nest, unsigned int n, uint64_t va,
		  unsigned int page)
{
	volatile uint64_t *entry = &nest->table[n][LEAF][slot(va, 0)];

	*entry = (DATA_IOVA + page * PAGE) | ENTRY;
}

static void build_table(struct nest *nest, unsigned int n)
{
	uint64_t **table = nest->table[n];

	table[ROOT][slot(VA, 3)] = table_iova(n, LEVEL3) | ENTRY;
	table[LEVEL3][slot(VA, 2)] = table_iova(n, LEVEL2) | ENTRY;
	table[LEVEL2][slot(SCRATCH_IOVA, 1)] = table_iova(n, SCRATCH_LEAF) |
					       ENTRY;
	table[LEVEL2][slot(VA, 1)] = table_iova(n, LEAF) | ENTRY;
	table[SCRATCH_LEAF][slot(SCRATCH_IOVA, 0)] = SCRATCH_IOVA | ENTRY;
}

static int try_nested(struct nest *nest, unsigned int n, uint32_t *hwpt)
{
	struct iommu_hwpt_vtd_s1 data = {
		.pgtbl_addr = table_iova(n, ROOT), .addr_width = 48,
	};

	return iommufd_hwpt_nested(nest->bed->fd, nest->bed->edu.devid,
				   nest->parent, IOMMU_HWPT_DATA_VTD_S1, &data,
				   sizeof(data), hwpt);
}

static uint32_t new_nested(struct nest *nest, unsigned int n)
{
	uint32_t hwpt = 0;

	assert_int_equal(try_nested(nest, n, &hwpt), 0);
	return hwpt;
}

static int try_parent(struct edubed *bed, uint32_t ioas, uint32_t *hwpt)
{
	return iommufd_hwpt_alloc(bed->fd, IOMMU_HWPT_ALLOC_NEST_PARENT,
				  bed->edu.devid, ioas, hwpt);
}

static int try_tracking_parent(struct edubed *bed, uint32_t ioas,
			       uint32_t *hwpt)
{
	return iommufd_hwpt_alloc(bed->fd, IOMMU_HWPT_ALLOC_NEST_PARENT |
				  IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
				  bed->edu.devid, ioas, hwpt);
}

/* Maps both tables and the data, and attaches the device to a parent. */
static bool begin_with(struct nest *nest, void **state, const char *must,
		       int (*parent)(struct edubed *bed, uint32_t ioas,
				     uint32_t *hwpt))
{
	struct edubed *bed = *state;
	uint8_t *mem;
	unsigned int n, i;

	*nest = (struct nest){ .bed = bed };
	if (parent(bed, bed->ioas, &nest->parent) == -EOPNOTSUPP) {
		assert_false(env_number(must, 0));
		return false;
	}
	mem = pages(2 * LEVELS * PAGE);
	map_at(bed, TABLE_IOVA, MAP_RW, mem, 2 * LEVELS * PAGE);
	for (n = 0; n < 2; n++) {
		for (i = 0; i < LEVELS; i++)
			nest->table[n][i] = (void *)(mem + (n * LEVELS + i) *
							   PAGE);
		build_table(nest, n);
	}
	mem = pages(DATA_PAGES * PAGE);
	map_at(bed, DATA_IOVA, MAP_RW, mem, DATA_PAGES * PAGE);
	for (i = 0; i < DATA_PAGES; i++)
		nest->data[i] = mem + i * PAGE;
	assert_int_equal(attach(bed, nest->parent), 0);
	return true;
}

static bool begin(struct nest *nest, void **state)
{
	return begin_with(nest, state, "NEST_MUST", try_parent);
}

static void end(struct nest *nest)
{
	munmap(nest->table[0][0], 2 * LEVELS * PAGE);
	munmap(nest->data[0], DATA_PAGES * PAGE);
}

static int forget(struct nest *nest, uint32_t hwpt,
		  struct iommu_hwpt_vtd_s1_invalidate *entries, uint32_t *num)
{
	return iommufd_invalidate(nest->bed->fd, hwpt,
				  IOMMU_HWPT_INVALIDATE_DATA_VTD_S1, entries,
				  sizeof(*entries), num);
}

static void forget_page(struct nest *nest, uint32_t hwpt, uint64_t va)
{
	struct iommu_hwpt_vtd_s1_invalidate entry = { .addr = va, .npages = 1 };
	uint32_t num = 1;

	assert_int_equal(forget(nest, hwpt, &entry, &num), 0);
	assert_int_equal(num, 1);
}

/* DMA takes both stages, and reaches nothing but what both have. */
static void test_both_stages(void **state)
{
	struct edubed *bed = *state;
	struct nest nest;
	uint32_t hwpt;

	if (!begin(&nest, state))
		return;
	/* The parent alone: its own addresses. */
	assert_true(dma_writes(bed, DATA_IOVA + PAGE, nest.data[1], PIECE));
	point(&nest, 0, VA, 0);
	hwpt = new_nested(&nest, 0);
	assert_int_equal(attach(bed, hwpt), 0);
	assert_true(dma_writes(bed, VA, nest.data[0], PIECE));
	fill(nest.data[0], PIECE);
	assert_true(dma_reads(bed, VA, nest.data[0], PIECE));
	/* In the second alone, in the first alone, in none. */
	assert_true(dma_write_blocked(bed, DATA_IOVA, nest.data[0], PIECE));
	nest.table[0][LEAF][slot(VA + PAGE, 0)] =
		(DATA_IOVA + DATA_PAGES * PAGE) | ENTRY;
	assert_true(dma_read_blocked(bed, VA + PAGE, nest.data[0], PIECE));
	assert_true(dma_read_blocked(bed, VA + 2 * PAGE, nest.data[0], PIECE));
	assert_int_equal(iommufd_destroy(bed->fd, nest.parent), -EBUSY);
	assert_int_equal(iommufd_destroy(bed->fd, hwpt), -EBUSY);
	end(&nest);
}

/* The hardware goes on as before until it is told to forget. */
static void test_stale_until_told(void **state)
{
	struct edubed *bed = *state;
	struct nest nest;
	uint32_t hwpt;

	if (!begin(&nest, state))
		return;
	point(&nest, 0, VA, 0);
	hwpt = new_nested(&nest, 0);
	assert_int_equal(attach(bed, hwpt), 0);
	assert_true(dma_writes(bed, VA, nest.data[0], PIECE));
	point(&nest, 0, VA, 1);
	assert_true(dma_writes(bed, VA, nest.data[0], PIECE));
	forget_page(&nest, hwpt, VA);
	assert_true(dma_writes(bed, VA, nest.data[1], PIECE));
	/* All at once, too. */
	point(&nest, 0, VA, 2);
	assert_true(dma_writes(bed, VA, nest.data[1], PIECE));
	assert_int_equal(forget(&nest, hwpt,
				&(struct iommu_hwpt_vtd_s1_invalidate){
					.npages = UINT64_MAX,
				}, &(uint32_t){ 1 }), 0);
	assert_true(dma_writes(bed, VA, nest.data[2], PIECE));
	end(&nest);
}

/* What leaves the IOAS is out of reach at once, whatever the first stage says. */
static void test_unmap_in_parent(void **state)
{
	struct edubed *bed = *state;
	struct nest nest;

	if (!begin(&nest, state))
		return;
	point(&nest, 0, VA, 0);
	assert_int_equal(attach(bed, new_nested(&nest, 0)), 0);
	assert_true(dma_writes(bed, VA, nest.data[0], PIECE));
	unmap(bed, DATA_IOVA, DATA_PAGES * PAGE);
	assert_true(dma_write_blocked(bed, VA, nest.data[0], PIECE));
	assert_true(dma_read_blocked(bed, VA, nest.data[0], PIECE));
	/* Other memory at its place. */
	map_at(bed, DATA_IOVA, MAP_RW, nest.data[2], PAGE);
	assert_true(dma_writes(bed, VA, nest.data[2], PIECE));
	assert_true(dma_reads(bed, VA, nest.data[2], PIECE));
	/* The table itself. */
	unmap(bed, TABLE_IOVA, 2 * LEVELS * PAGE);
	memset(nest.data[2], 0, PIECE);
	assert_int_equal(edu_store(&bed->edu, VA, 0, PIECE), 0);
	assert_int_equal(nest.data[2][0], 0);
	end(&nest);
}

static uint64_t dirty_data(struct nest *nest, uint32_t flags)
{
	uint64_t bits = 0;

	assert_int_equal(iommufd_get_dirty(nest->bed->fd, nest->parent, flags,
					   DATA_IOVA, DATA_PAGES * PAGE, PAGE,
					   &bits), 0);
	return bits;
}

/* What is written through both stages is marked in the second. */
static void test_tracking_parent(void **state)
{
	struct edubed *bed = *state;
	struct nest nest;
	uint32_t hwpt;

	if (!begin_with(&nest, state, "TRACKING_MUST", try_tracking_parent))
		return;
	point(&nest, 0, VA, 2);
	hwpt = new_nested(&nest, 0);
	assert_int_equal(attach(bed, hwpt), 0);
	assert_int_equal(iommufd_set_dirty(bed->fd, nest.parent, true), 0);
	assert_int_equal(dirty_data(&nest, 0), 0);
	assert_true(dma_writes(bed, VA, nest.data[2], PIECE));
	assert_int_equal(dirty_data(&nest, 1), 1 << 2);
	assert_int_equal(dirty_data(&nest, 0), 1 << 2);
	assert_int_equal(dirty_data(&nest, 0), 0);
	/* The hardware was told to look again: through both. */
	assert_true(dma_writes(bed, VA, nest.data[2], PIECE));
	assert_int_equal(dirty_data(&nest, 0), 1 << 2);
	/* From here on by the second alone. */
	assert_int_equal(attach(bed, nest.parent), 0);
	assert_true(dma_writes(bed, DATA_IOVA + PAGE, nest.data[1], PIECE));
	assert_int_equal(dirty_data(&nest, 0), 1 << 1);
	end(&nest);
}

/* From one table to another, to the parent, to another IOAS, detached, and back. */
static void test_moves(void **state)
{
	struct edubed *bed = *state;
	uint64_t iova = SCRATCH_IOVA;
	uint32_t hwpt[2], other;
	struct nest nest;

	if (!begin(&nest, state))
		return;
	point(&nest, 0, VA, 0);
	point(&nest, 1, VA, 1);
	hwpt[0] = new_nested(&nest, 0);
	hwpt[1] = new_nested(&nest, 1);
	assert_int_equal(attach(bed, hwpt[0]), 0);
	assert_true(dma_writes(bed, VA, nest.data[0], PIECE));
	assert_int_equal(attach(bed, hwpt[1]), 0);
	assert_true(dma_writes(bed, VA, nest.data[1], PIECE));
	assert_int_equal(iommufd_destroy(bed->fd, hwpt[0]), 0);
	assert_int_equal(attach(bed, nest.parent), 0);
	assert_true(dma_writes(bed, DATA_IOVA, nest.data[0], PIECE));
	assert_true(dma_write_blocked(bed, VA, nest.data[1], PIECE));
	assert_int_equal(attach(bed, hwpt[1]), 0);
	assert_true(dma_writes(bed, VA, nest.data[1], PIECE));
	other = new_ioas(bed->fd);
	assert_int_equal(iommufd_map(bed->fd, other, MAP_RW | MAP_FIXED_IOVA,
				     bed->scratch, PAGE, &iova), 0);
	assert_int_equal(attach(bed, other), 0);
	assert_true(dma_write_blocked(bed, VA, nest.data[1], PIECE));
	assert_int_equal(attach(bed, hwpt[1]), 0);
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	memset(nest.data[1], 0, PIECE);
	assert_int_equal(edu_store(&bed->edu, VA, 0, PIECE), 0);
	assert_int_equal(nest.data[1][0], 0);
	/* The first that it is attached to. */
	assert_int_equal(attach(bed, hwpt[1]), 0);
	assert_true(dma_writes(bed, VA, nest.data[1], PIECE));
	end(&nest);
}

static struct iommu_ioas_map read_only(struct edubed *bed, const void *va)
{
	return (struct iommu_ioas_map){
		.size = sizeof(struct iommu_ioas_map), .ioas_id = bed->ioas,
		.flags = MAP_R | MAP_FIXED_IOVA, .user_va = (uintptr_t)va,
		.length = 4 * PAGE, .iova = FREE_IOVA,
	};
}

/*
 * The driver lets no parent have a mapping that can't be written. That is an error of
 * each call which would make one, and nothing has changed.
 */
static void test_read_only_refused(void **state)
{
	struct edubed *bed = *state;
	struct bed view = { .fd = bed->fd, .ioas = bed->ioas };
	void *mem = pages(4 * PAGE);
	struct iommu_ioas_map map = read_only(bed, mem);
	struct iommu_ioas_copy copy = {
		.size = sizeof(copy), .flags = MAP_R | MAP_FIXED_IOVA,
		.dst_ioas_id = bed->ioas, .length = PAGE,
		.dst_iova = FREE_IOVA, .src_iova = FREE_IOVA,
	};
	uint64_t iova = FREE_IOVA;
	struct nest nest;

	if (!begin(&nest, state))
		return;
	copy.src_ioas_id = new_ioas(bed->fd);
	assert_int_equal(iommufd_map(bed->fd, copy.src_ioas_id,
				     MAP_RW | MAP_FIXED_IOVA, mem, 4 * PAGE,
				     &iova), 0);
	refused(&view, EINVAL, IOMMU_IOAS_MAP, &map);
	map.length = PAGE;
	refused(&view, EINVAL, IOMMU_IOAS_MAP, &map);
	refused(&view, EINVAL, IOMMU_IOAS_COPY, &copy);
	copy.length = 4 * PAGE;
	refused(&view, EINVAL, IOMMU_IOAS_COPY, &copy);
	/* What can be written goes on as before. */
	map_at(bed, FREE_IOVA, MAP_RW, mem, 4 * PAGE);
	assert_true(dma_writes(bed, FREE_IOVA, mem, PIECE));
	munmap(mem, 4 * PAGE);
	end(&nest);
}

/* The same with an IOAS that has such a mapping before. */
static void test_read_only_before(void **state)
{
	struct edubed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd), hwpt = 0;
	uint64_t iova = FREE_IOVA, before = pinned(bed);
	void *mem = pages(4 * PAGE);
	int rc;

	assert_int_equal(iommufd_map(bed->fd, ioas, MAP_RW | MAP_FIXED_IOVA,
				     mem, 2 * PAGE, &iova), 0);
	iova += 2 * PAGE;
	assert_int_equal(iommufd_map(bed->fd, ioas, MAP_R | MAP_FIXED_IOVA,
				     mem, 2 * PAGE, &iova), 0);
	rc = try_parent(bed, ioas, &hwpt);
	if (rc != -EOPNOTSUPP) {
		assert_int_equal(rc, -EINVAL);
		assert_int_equal(pinned(bed), before);
		assert_int_equal(iommufd_unmap(bed->fd, ioas, iova, 2 * PAGE,
					       NULL), 0);
		assert_int_equal(try_parent(bed, ioas, &hwpt), 0);
		assert_int_equal(pinned(bed), before + 2 * PAGE);
		assert_int_equal(iommufd_destroy(bed->fd, hwpt), 0);
	}
	assert_int_equal(iommufd_destroy(bed->fd, ioas), 0);
	munmap(mem, 4 * PAGE);
}

/* What the driver looks at itself. */
static void test_nested_refused(void **state)
{
	static const struct {
		uint32_t type, length, null;
		int error;
	} calls[] = {
		{ IOMMU_HWPT_DATA_VTD_S1 + 1, 24, 0, EOPNOTSUPP },
		{ 0xdead, 24, 0, EOPNOTSUPP },
		{ IOMMU_HWPT_DATA_VTD_S1, 8, 0, EINVAL },
		{ IOMMU_HWPT_DATA_VTD_S1, 32, 0, EINVAL },
		{ IOMMU_HWPT_DATA_VTD_S1, 24, 1, EFAULT },
	};
	struct edubed *bed = *state;
	uint64_t data[4] = { 0, TABLE_IOVA, 48, 1 };
	struct nest nest;
	uint32_t hwpt;
	size_t i;

	if (!begin(&nest, state))
		return;
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		assert_int_equal(iommufd_hwpt_nested(bed->fd, bed->edu.devid,
						     nest.parent, calls[i].type,
						     calls[i].null ? NULL :
						     data, calls[i].length,
						     &hwpt), -calls[i].error);
	/* The table of an automatic page table is nobody's. */
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_int_equal(iommufd_hwpt_nested(bed->fd, bed->edu.devid,
					     bed->hwpt, IOMMU_HWPT_DATA_VTD_S1,
					     data, 24, &hwpt), -EINVAL);
	assert_int_equal(iommufd_destroy(bed->fd, nest.parent), 0);
	end(&nest);
}

static void test_invalidate_refused(void **state)
{
	struct iommu_hwpt_vtd_s1_invalidate entry[2];
	static const struct {
		struct iommu_hwpt_vtd_s1_invalidate entry;
		int error;
	} calls[] = {
		{ { .addr = VA + 1, .npages = 1 }, EINVAL },
		{ { .addr = VA, .npages = UINT64_MAX }, EINVAL },
		{ { .addr = VA, .npages = 1, .flags = 2 }, EOPNOTSUPP },
		{ { .addr = VA, .npages = 1, .__reserved = 1 }, EOPNOTSUPP },
	};
	struct edubed *bed = *state;
	uint32_t hwpt, num;
	struct nest nest;
	size_t i;

	if (!begin(&nest, state))
		return;
	point(&nest, 0, VA, 0);
	hwpt = new_nested(&nest, 0);
	assert_int_equal(attach(bed, hwpt), 0);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		/* The first of the two is done, and the answer says so. */
		assert_true(dma_writes(bed, VA, nest.data[i % 2], PIECE));
		point(&nest, 0, VA, (i + 1) % 2);
		entry[0] = (struct iommu_hwpt_vtd_s1_invalidate){
			.addr = VA, .npages = 1,
			.flags = IOMMU_VTD_INV_FLAGS_LEAF,
		};
		entry[1] = calls[i].entry;
		num = 2;
		assert_int_equal(forget(&nest, hwpt, entry, &num),
				 -calls[i].error);
		assert_int_equal(num, 1);
		assert_true(dma_writes(bed, VA, nest.data[(i + 1) % 2], PIECE));
	}
	num = 1;
	assert_int_equal(iommufd_invalidate(bed->fd, hwpt, 1, entry,
					    sizeof(entry[0]), &num), -EINVAL);
	assert_int_equal(num, 0);
	end(&nest);
}

/* What VMMs look at before they offer a guest such an IOMMU. */
static void test_hw_info(void **state)
{
	struct edubed *bed = *state;
	struct iommu_hw_info_vtd info = {};
	uint32_t length = sizeof(info), type = 0;
	struct nest nest;

	if (!begin(&nest, state))
		return;
	assert_int_equal(iommufd_hw_info_of(bed->fd,
					    IOMMU_HW_INFO_TYPE_INTEL_VTD,
					    bed->edu.devid, &info, &length,
					    &type), 0);
	assert_int_equal(type, IOMMU_HW_INFO_TYPE_INTEL_VTD);
	assert_int_equal(length, sizeof(info));
	assert_true(info.ecap_reg & ECAP_NEST);
	assert_int_equal(iommufd_hw_info_of(bed->fd, 2, bed->edu.devid, &info,
					    &length, NULL), -EOPNOTSUPP);
	end(&nest);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, edubed_setup, \
						   edubed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_both_stages),
	TEST(test_stale_until_told),
	TEST(test_unmap_in_parent),
	TEST(test_tracking_parent),
	TEST(test_moves),
	TEST(test_read_only_refused),
	TEST(test_read_only_before),
	TEST(test_nested_refused),
	TEST(test_invalidate_refused),
	TEST(test_hw_info),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
