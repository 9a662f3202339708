// SPDX-License-Identifier: GPL-2.0
/*
 * A device and its page tables: attach, replace, detach, HWPT_ALLOC, what is
 * reserved because of the device, and GET_HW_INFO. Needs QEMU's edu device.
 */
#include "bed.h"
#include "compiler.h"
#include "edubed.h"
#include "iommufd.h"
#include "memory.h"
#include "picture.h"
#include "vfio.h"

#define PIECE 1024

/* Beyond what an IOMMU with 57 bits of address reaches. */
#define FAR_IOVA 0x1000000000000000UL

static uint32_t ioas_with(struct edubed *bed, uint64_t iova, const void *va,
			  size_t length)
{
	uint32_t ioas = new_ioas(bed->fd);

	assert_int_equal(iommufd_map(bed->fd, ioas, MAP_RW | MAP_FIXED_IOVA,
				     va, length, &iova), 0);
	return ioas;
}

/* Without a page table there is no DMA at all. */
static void test_detach(void **state)
{
	struct edubed *bed = *state;
	void *mem = pages(PAGE);

	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
	assert_true(dma_writes(bed, FREE_IOVA, mem, PIECE));
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	assert_true(dma_write_blocked(bed, FREE_IOVA, mem, PIECE));
	/* Twice is once. */
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_true(dma_writes(bed, FREE_IOVA, mem, PIECE));
	munmap(mem, PAGE);
}

/* Memory is pinned from attach to detach; the mappings stay. */
static void test_pinned_while_attached(void **state)
{
	struct edubed *bed = *state;
	uint64_t scratch = PAGE;
	void *mem = pages(64 * PAGE);

	map_at(bed, FREE_IOVA, MAP_RW, mem, 64 * PAGE);
	assert_int_equal(pinned(bed), 64 * PAGE);
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	assert_int_equal(pinned(bed) + scratch, 0);
	assert_true(is_mapped(bed->fd, bed->ioas, FREE_IOVA));
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_int_equal(pinned(bed), 64 * PAGE);
	munmap(mem, 64 * PAGE);
}

/* Mapped before there was a device: filled by attach. */
static void test_filled_by_attach(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(4 * HUGE);
	uint32_t ioas = ioas_with(bed, FREE_IOVA, mem, 4 * HUGE);
	uint64_t iova = SCRATCH_IOVA;

	assert_int_equal(iommufd_map(bed->fd, ioas, MAP_RW | MAP_FIXED_IOVA,
				     bed->scratch, PAGE, &iova), 0);
	assert_int_equal(attach(bed, ioas), 0);
	assert_true(dma_writes(bed, FREE_IOVA, mem, PIECE));
	assert_true(dma_writes(bed, FREE_IOVA + 4 * HUGE - PIECE,
			       mem + 4 * HUGE - PIECE, PIECE));
	munmap(mem, 4 * HUGE);
}

/* A second attach moves the device: the same IOVA is other memory. */
static void test_replace(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(2 * PAGE);
	uint32_t other = ioas_with(bed, FREE_IOVA, mem + PAGE, PAGE);
	uint32_t first = bed->ioas;
	uint64_t iova = SCRATCH_IOVA;

	assert_int_equal(iommufd_map(bed->fd, other, MAP_RW | MAP_FIXED_IOVA,
				     bed->scratch, PAGE, &iova), 0);
	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
	assert_true(dma_writes(bed, FREE_IOVA, mem, PIECE));
	assert_int_equal(attach(bed, other), 0);
	assert_true(dma_writes(bed, FREE_IOVA, mem + PAGE, PIECE));
	assert_true(dma_write_blocked(bed, FREE_IOVA + PAGE, mem, PIECE));
	/* The first is free of devices now, the second is not. */
	assert_int_equal(iommufd_destroy(bed->fd, other), -EBUSY);
	assert_int_equal(iommufd_destroy(bed->fd, first), 0);
	munmap(mem, 2 * PAGE);
}

static void test_attach_same_again(void **state)
{
	struct edubed *bed = *state;
	void *mem = pages(PAGE);
	uint32_t hwpt = bed->hwpt;

	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_int_equal(bed->hwpt, hwpt);
	assert_int_equal(attach(bed, hwpt), 0);
	assert_true(dma_writes(bed, FREE_IOVA, mem, PIECE));
	munmap(mem, PAGE);
}

static void test_attach_refused(void **state)
{
	struct edubed *bed = *state;
	uint32_t stale = new_ioas(bed->fd);

	assert_int_equal(iommufd_destroy(bed->fd, stale), 0);
	assert_int_equal(attach(bed, stale), -ENOENT);
	assert_int_equal(attach(bed, NO_ID), -ENOENT);
	assert_int_equal(attach(bed, 0), -ENOENT);
	/* A device is no page table. */
	assert_int_equal(attach(bed, bed->edu.devid), -EINVAL);
	/* The old one is still in use. */
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
}

/* What the device cannot have, in an IOAS that was filled before. */
static void refuse_attach(struct edubed *bed, uint64_t iova, size_t length)
{
	void *mem = pages(HUGE);
	uint32_t ioas = ioas_with(bed, iova, mem, length);
	struct iommu_iova_range range;
	uint32_t num = 1;

	assert_int_equal(attach(bed, ioas), -EADDRINUSE);
	/* Nothing of the attempt is left in it. */
	assert_int_equal(iommufd_ranges(bed->fd, ioas, &range, &num, NULL), 0);
	assert_int_equal(range.start, 0);
	assert_true(range.last == UINT64_MAX);
	assert_int_equal(pinned(bed), 0);
	assert_int_equal(iommufd_destroy(bed->fd, ioas), 0);
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
	munmap(mem, HUGE);
}

/* Some IOMMUs translate all 64 bits: nothing is too far for them. */
static bool reaches_far(struct edubed *bed)
{
	struct iommu_iova_range range[16];
	uint32_t num = 16;

	assert_int_equal(iommufd_ranges(bed->fd, bed->ioas, range, &num, NULL),
			 0);
	return range[num - 1].last >= FAR_IOVA;
}

static void test_attach_conflicts(void **state)
{
	struct edubed *bed = *state;
	uint64_t msi = msi_window(&bed->edu).start;

	refuse_attach(bed, msi, PAGE);
	refuse_attach(bed, msi - PAGE, 2 * PAGE);
	if (!reaches_far(bed))
		refuse_attach(bed, FAR_IOVA, PAGE);
	/* Not aligned to what the device's page table can do. */
	refuse_attach(bed, FREE_IOVA + 1, PAGE);
	refuse_attach(bed, FREE_IOVA, 100);
}

static void test_attach_conflicts_with_allowed(void **state)
{
	struct edubed *bed = *state;
	uint64_t msi = msi_window(&bed->edu).start;
	struct iommu_iova_range range = { msi - HUGE, msi };
	uint32_t ioas = new_ioas(bed->fd);

	assert_int_equal(iommufd_allow(bed->fd, ioas, &range, 1), 0);
	assert_int_equal(attach(bed, ioas), -EADDRINUSE);
	range.last = msi - 1;
	assert_int_equal(iommufd_allow(bed->fd, ioas, &range, 1), 0);
	assert_int_equal(attach(bed, ioas), 0);
}

/* What the device cannot have is told, and refused. */
static void test_ranges(void **state)
{
	struct edubed *bed = *state;
	uint64_t alignment = 0, msi = msi_window(&bed->edu).start;
	struct iommu_iova_range range[16];
	uint32_t num = 16, i;

	assert_int_equal(iommufd_ranges(bed->fd, bed->ioas, range, &num,
					&alignment), 0);
	assert_int_equal(alignment, PAGE);
	assert_true(num >= 2);
	for (i = 0; i < num; i++) {
		assert_true(range[i].start < range[i].last);
		assert_true(range[i].last < msi || range[i].start > msi);
		assert_true(!i || range[i].start > range[i - 1].last + 1);
	}
	num = 1;
	assert_int_equal(iommufd_ranges(bed->fd, bed->ioas, range, &num, NULL),
			 -EMSGSIZE);
	assert_int_equal(num, i);
	/* Without the device it is as before. */
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	num = 16;
	assert_int_equal(iommufd_ranges(bed->fd, bed->ioas, range, &num, NULL),
			 0);
	assert_int_equal(num, 1);
	assert_true(range[0].last == UINT64_MAX);
}

static void test_map_refused(void **state)
{
	struct edubed *bed = *state;
	struct iommu_iova_range msi = msi_window(&bed->edu);
	const struct { uint64_t iova, length; } bad[] = {
		{ msi.start, PAGE },
		{ msi.start - PAGE, 2 * PAGE },
		{ msi.last + 1 - PAGE, 2 * PAGE },
		{ FREE_IOVA + 1, PAGE },
		{ FREE_IOVA + 512, PAGE },
		{ FREE_IOVA, PAGE + 1 },
		{ FREE_IOVA, 512 },
		{ FAR_IOVA, PAGE },	/* the last: not refused by all */
	};
	uint8_t *mem = pages(4 * PAGE);
	uint64_t iova;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad) - reaches_far(bed); i++) {
		iova = bad[i].iova;
		assert_int_equal(iommufd_map(bed->fd, bed->ioas,
					     MAP_RW | MAP_FIXED_IOVA, mem,
					     bad[i].length, &iova), -EINVAL);
	}
	/* The memory's place in its page has to be that of the IOVA. */
	iova = FREE_IOVA;
	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_RW | MAP_FIXED_IOVA, mem + 64, PAGE,
				     &iova), -EINVAL);
	assert_int_equal(pinned(bed), 0);
	assert_false(is_mapped(bed->fd, bed->ioas, FREE_IOVA));
	munmap(mem, 4 * PAGE);
}

static void test_allow_refused(void **state)
{
	struct edubed *bed = *state;
	uint64_t msi = msi_window(&bed->edu).start;
	struct iommu_iova_range range = { msi, msi + PAGE };

	assert_int_equal(iommufd_allow(bed->fd, bed->ioas, &range, 1),
			 -EADDRINUSE);
	range.start = msi - HUGE;
	assert_int_equal(iommufd_allow(bed->fd, bed->ioas, &range, 1),
			 -EADDRINUSE);
	range.start = FREE_IOVA;
	range.last = FREE_IOVA + HUGE;
	assert_int_equal(iommufd_allow(bed->fd, bed->ioas, &range, 1), 0);
}

static void test_destroy_in_use(void **state)
{
	struct edubed *bed = *state;

	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), -EBUSY);
	assert_int_equal(iommufd_destroy(bed->fd, bed->edu.devid), -EBUSY);
	assert_int_equal(iommufd_destroy(bed->fd, bed->hwpt), -EBUSY);
	assert_true(dma_writes(bed, SCRATCH_IOVA, bed->scratch, PIECE));
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	/* The page table that attach made went with it. */
	assert_int_equal(iommufd_destroy(bed->fd, bed->hwpt), -ENOENT);
	assert_int_equal(iommufd_destroy(bed->fd, bed->edu.devid), -EBUSY);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), 0);
}

/* A device, or a page table, where an IOAS is wanted; and the like. */
static void test_wrong_type(void **state)
{
	struct edubed *bed = *state;
	uint32_t wrong[] = { bed->edu.devid, bed->hwpt };
	uint64_t value, iova = FREE_IOVA;
	struct iommu_iova_range range;
	uint32_t num = 1, id;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(iommufd_map(bed->fd, wrong[i], MAP_RW,
					     bed->scratch, PAGE, &iova),
				 -ENOENT);
		assert_int_equal(iommufd_unmap_all(bed->fd, wrong[i], NULL),
				 -ENOENT);
		assert_int_equal(iommufd_copy(bed->fd, MAP_R, wrong[i], &iova,
					      bed->ioas, SCRATCH_IOVA, PAGE),
				 -ENOENT);
		assert_int_equal(iommufd_copy(bed->fd, MAP_R, bed->ioas, &iova,
					      wrong[i], SCRATCH_IOVA, PAGE),
				 -ENOENT);
		assert_int_equal(iommufd_ranges(bed->fd, wrong[i], &range, &num,
						NULL), -ENOENT);
		assert_int_equal(iommufd_allow(bed->fd, wrong[i], NULL, 0),
				 -ENOENT);
		assert_int_equal(iommufd_option_get(bed->fd,
						    IOMMU_OPTION_HUGE_PAGES,
						    wrong[i], &value), -ENOENT);
	}
	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->hwpt, bed->ioas,
					    &id), -ENOENT);
	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->edu.devid,
					    bed->edu.devid, &id), -EINVAL);
	assert_int_equal(iommufd_hw_info(bed->fd, bed->hwpt, NULL, NULL, NULL,
					 NULL), -ENOENT);
}

/* ---- HWPT_ALLOC ---- */

static uint32_t new_hwpt(struct edubed *bed, uint32_t ioas)
{
	uint32_t hwpt = 0;

	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->edu.devid, ioas,
					    &hwpt), 0);
	assert_int_not_equal(hwpt, 0);
	return hwpt;
}

/* For a device that is attached nowhere, over mappings of before and after. */
static void test_hwpt(void **state)
{
	struct edubed *bed = *state;
	void *mem = pages(2 * PAGE);
	uint32_t hwpt;

	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	map_at(bed, FREE_IOVA, MAP_RW, mem, PAGE);
	hwpt = new_hwpt(bed, bed->ioas);
	map_at(bed, FREE_IOVA + PAGE, MAP_RW, mem + PAGE, PAGE);
	assert_true(dma_write_blocked(bed, FREE_IOVA, mem, PIECE));
	assert_int_equal(attach(bed, hwpt), 0);
	assert_int_equal(bed->hwpt, hwpt);
	assert_true(dma_writes(bed, FREE_IOVA + PAGE - PIECE / 2,
			       mem + PAGE - PIECE / 2, PIECE));
	assert_int_equal(iommufd_destroy(bed->fd, hwpt), -EBUSY);
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	/* Made by us, it is ours to destroy. */
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), -EBUSY);
	assert_int_equal(iommufd_destroy(bed->fd, hwpt), 0);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), 0);
	munmap(mem, 2 * PAGE);
}

/* For a device that is attached elsewhere meanwhile. */
static void test_hwpt_while_attached(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(2 * PAGE);
	uint32_t other = ioas_with(bed, FREE_IOVA, mem, PAGE);
	uint64_t iova = SCRATCH_IOVA;
	uint32_t hwpt;

	assert_int_equal(iommufd_map(bed->fd, other, MAP_RW | MAP_FIXED_IOVA,
				     bed->scratch, PAGE, &iova), 0);
	hwpt = new_hwpt(bed, other);
	map_at(bed, FREE_IOVA, MAP_RW, mem + PAGE, PAGE);
	assert_true(dma_writes(bed, FREE_IOVA, mem + PAGE, PIECE));
	assert_int_equal(attach(bed, hwpt), 0);
	assert_true(dma_writes(bed, FREE_IOVA, mem, PIECE));
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_true(dma_writes(bed, FREE_IOVA, mem + PAGE, PIECE));
	munmap(mem, 2 * PAGE);
}

/* Two page tables over one IOAS: memory is pinned once, and both have it. */
static void test_hwpt_two(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(16 * PAGE);
	uint32_t hwpt;

	map_at(bed, FREE_IOVA, MAP_RW, mem, 8 * PAGE);
	hwpt = new_hwpt(bed, bed->ioas);
	map_at(bed, FREE_IOVA + 8 * PAGE, MAP_RW, mem + 8 * PAGE, 8 * PAGE);
	assert_int_equal(pinned(bed), 16 * PAGE);
	assert_int_equal(attach(bed, hwpt), 0);
	assert_true(dma_writes(bed, FREE_IOVA + 8 * PAGE - PIECE / 2,
			       mem + 8 * PAGE - PIECE / 2, PIECE));
	unmap(bed, FREE_IOVA, 8 * PAGE);
	assert_int_equal(pinned(bed), 8 * PAGE);
	assert_true(dma_write_blocked(bed, FREE_IOVA, mem, PIECE));
	assert_true(dma_writes(bed, FREE_IOVA + 8 * PAGE, mem + 8 * PAGE,
			       PIECE));
	munmap(mem, 16 * PAGE);
}

static void test_hwpt_refused(void **state)
{
	struct edubed *bed = *state;
	struct iommu_hwpt_vtd_s1 data = { };
	struct iommu_hwpt_alloc arg = {
		.size = sizeof(arg), .dev_id = bed->edu.devid,
		.pt_id = bed->ioas,
	};
	int bit;

	for (bit = 4; bit < 32; bit++) {
		arg.flags = 1U << bit;
		assert_int_equal(iommufd_call(bed->fd, IOMMU_HWPT_ALLOC, &arg),
				 -EOPNOTSUPP);
	}
	/* The edu's IOMMU is no exception: no dirty bits. */
	arg.flags = IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
	assert_int_equal(iommufd_call(bed->fd, IOMMU_HWPT_ALLOC, &arg),
			 -EOPNOTSUPP);
	arg.flags = 0;
	arg.pt_id = NO_ID;
	assert_int_equal(iommufd_call(bed->fd, IOMMU_HWPT_ALLOC, &arg),
			 -EINVAL);
	arg.pt_id = bed->ioas;
	arg.data_type = 0x7fff;
	arg.data_len = sizeof(data);
	arg.data_uptr = (uintptr_t)&data;
	assert_int_equal(iommufd_call(bed->fd, IOMMU_HWPT_ALLOC, &arg),
			 -EOPNOTSUPP);
	/* None of these has left an object on the IOAS. */
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), 0);
}

/* The id cannot be written: then there is no page table either. */
static void test_hwpt_read_only_argument(void **state)
{
	struct edubed *bed = *state;
	struct iommu_hwpt_alloc *arg = pages(PAGE);

	arg->size = sizeof(*arg);
	arg->dev_id = bed->edu.devid;
	arg->pt_id = bed->ioas;
	mprotect(arg, PAGE, PROT_READ);
	assert_int_equal(iommufd_call(bed->fd, IOMMU_HWPT_ALLOC, arg), -EFAULT);
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), 0);
	munmap(arg, PAGE);
}

/* ---- COPY with devices ---- */

/* A slice keeps what it needs pinned when the rest goes. */
static void test_copy_of_a_slice(void **state)
{
	struct edubed *bed = *state;
	uint64_t iova = 2 * FREE_IOVA;
	uint8_t *mem = pages(64 * PAGE);

	map_at(bed, FREE_IOVA, MAP_RW, mem, 64 * PAGE);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->ioas, &iova, bed->ioas,
				      FREE_IOVA + 7 * PAGE, 5 * PAGE), 0);
	assert_int_equal(pinned(bed), 64 * PAGE);
	unmap(bed, FREE_IOVA, 64 * PAGE);
	assert_int_equal(pinned(bed), 5 * PAGE);
	assert_true(dma_writes(bed, iova + 5 * PAGE - PIECE,
			       mem + 12 * PAGE - PIECE, PIECE));
	assert_true(dma_write_blocked(bed, FREE_IOVA + 7 * PAGE, mem, PIECE));
	unmap(bed, iova, 5 * PAGE);
	assert_int_equal(pinned(bed), 0);
	munmap(mem, 64 * PAGE);
}

/* Two slices that overlap: what neither covers goes, the rest stays. */
static void test_copy_of_two_slices(void **state)
{
	struct edubed *bed = *state;
	uint64_t one = 2 * FREE_IOVA, two = 3 * FREE_IOVA;
	uint8_t *mem = pages(64 * PAGE);

	map_at(bed, FREE_IOVA, MAP_RW, mem, 64 * PAGE);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->ioas, &one, bed->ioas, FREE_IOVA,
				      20 * PAGE), 0);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->ioas, &two, bed->ioas,
				      FREE_IOVA + 10 * PAGE, 30 * PAGE), 0);
	unmap(bed, FREE_IOVA, 64 * PAGE);
	assert_int_equal(pinned(bed), 40 * PAGE);
	unmap(bed, one, 20 * PAGE);
	assert_int_equal(pinned(bed), 30 * PAGE);
	assert_true(dma_writes(bed, two, mem + 10 * PAGE, PIECE));
	unmap(bed, two, 30 * PAGE);
	assert_int_equal(pinned(bed), 0);
	munmap(mem, 64 * PAGE);
}

/* From an IOAS without a device, where nothing was pinned yet. */
static void test_copy_from_lazy(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(8 * PAGE);
	uint32_t other = ioas_with(bed, 0, mem, 8 * PAGE);
	uint64_t iova = FREE_IOVA;

	assert_int_equal(pinned(bed), 0);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->ioas, &iova, other, 3 * PAGE,
				      2 * PAGE), 0);
	assert_int_equal(pinned(bed), 2 * PAGE);
	assert_true(dma_writes(bed, iova, mem + 3 * PAGE, PIECE));
	assert_int_equal(iommufd_destroy(bed->fd, other), 0);
	assert_true(dma_writes(bed, iova + PAGE, mem + 4 * PAGE, PIECE));
	unmap(bed, iova, 2 * PAGE);
	assert_int_equal(pinned(bed), 0);
	munmap(mem, 8 * PAGE);
}

/* ---- options and information ---- */

/* Smallest pages only: DMA is the same. Not to be changed while in use. */
static void test_small_pages(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(2 * HUGE);

	assert_int_equal(iommufd_option_set(bed->fd, IOMMU_OPTION_HUGE_PAGES,
					    bed->ioas, 0), -EINVAL);
	unmap(bed, SCRATCH_IOVA, PAGE);
	assert_int_equal(iommufd_option_set(bed->fd, IOMMU_OPTION_HUGE_PAGES,
					    bed->ioas, 0), 0);
	map_at(bed, SCRATCH_IOVA, MAP_RW, bed->scratch, PAGE);
	map_at(bed, FREE_IOVA, MAP_RW, mem, 2 * HUGE);
	assert_true(dma_writes(bed, FREE_IOVA + HUGE - PIECE / 2,
			       mem + HUGE - PIECE / 2, PIECE));
	unmap(bed, FREE_IOVA, 2 * HUGE);
	assert_true(dma_write_blocked(bed, FREE_IOVA, mem, PIECE));
	munmap(mem, 2 * HUGE);
}

static void test_hw_info(void **state)
{
	struct edubed *bed = *state;
	uint64_t capabilities = UINT64_MAX;
	uint32_t length = 0, known, type = 77, i;
	uint8_t data[256];

	assert_int_equal(iommufd_hw_info(bed->fd, bed->edu.devid, NULL, &length,
					 &type, &capabilities), 0);
	known = length;
	assert_true(type <= IOMMU_HW_INFO_TYPE_INTEL_VTD);
	assert_true((known > 0) == (type != IOMMU_HW_INFO_TYPE_NONE));
	/* What is not emulated is not advertised. */
	assert_int_equal(capabilities & IOMMU_HW_CAP_DIRTY_TRACKING, 0);
	/* Beyond what is known, zeroes up to the end and not further. */
	memset(data, 0xee, sizeof(data));
	length = sizeof(data) - 16;
	assert_int_equal(iommufd_hw_info(bed->fd, bed->edu.devid, data, &length,
					 NULL, NULL), 0);
	assert_int_equal(length, known);
	for (i = known; i < sizeof(data) - 16; i++)
		assert_int_equal(data[i], 0);
	for (; i < sizeof(data); i++)
		assert_int_equal(data[i], 0xee);
	length = 64;
	assert_int_equal(iommufd_hw_info(bed->fd, bed->edu.devid,
					 no_pages(PAGE), &length, NULL, NULL),
			 -EFAULT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, edubed_setup, \
						   edubed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_detach),
	TEST(test_pinned_while_attached),
	TEST(test_filled_by_attach),
	TEST(test_replace),
	TEST(test_attach_same_again),
	TEST(test_attach_refused),
	TEST(test_attach_conflicts),
	TEST(test_attach_conflicts_with_allowed),
	TEST(test_ranges),
	TEST(test_map_refused),
	TEST(test_allow_refused),
	TEST(test_destroy_in_use),
	TEST(test_wrong_type),
	TEST(test_hwpt),
	TEST(test_hwpt_while_attached),
	TEST(test_hwpt_two),
	TEST(test_hwpt_refused),
	TEST(test_hwpt_read_only_argument),
	TEST(test_copy_of_a_slice),
	TEST(test_copy_of_two_slices),
	TEST(test_copy_from_lazy),
	TEST(test_small_pages),
	TEST(test_hw_info),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
