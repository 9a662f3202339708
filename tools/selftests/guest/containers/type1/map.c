// SPDX-License-Identifier: GPL-2.0
/*
 * MAP_DMA and UNMAP_DMA, of memory and of registers.
 */
#include <linux/vfio.h>

#include "bed.h"
#include "compiler.h"
#include "edubed.h"
#include "iommufd.h"
#include "map.h"
#include "memory.h"
#include "mmio.h"
#include "pci.h"
#include "picture.h"
#include "type1.h"
#include "type1bed.h"
#include "vfio.h"

/* ---- MAP, UNMAP ---- */

void test_dma(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(4 * PAGE);
	uint64_t unmapped = 0;

	assert_int_equal(type1_map(bed->fd, TYPE1_RW, mem, 4 * PAGE, AT), 0);
	assert_int_equal(pinned(bed), 4 * PAGE);
	fill(mem, 4 * PAGE);
	assert_true(dma_reads(bed, AT + 3 * PAGE, mem + 3 * PAGE, 64));
	assert_true(dma_writes(bed, AT + PAGE, mem + PAGE, 64));
	assert_int_equal(type1_unmap(bed->fd, AT, 4 * PAGE, &unmapped), 0);
	assert_int_equal(unmapped, 4 * PAGE);
	assert_true(dma_read_blocked(bed, AT + 3 * PAGE, mem, 64));
	assert_int_equal(pinned(bed), 0);
	munmap(mem, 4 * PAGE);
}

void test_read_only(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(PAGE);

	assert_int_equal(type1_map(bed->fd, TYPE1_R, mem, PAGE, AT), 0);
	fill(mem, 64);
	assert_true(dma_reads(bed, AT, mem, 64));
	assert_true(dma_write_blocked(bed, AT, mem, 64));
	assert_int_equal(type1_unmap_all(bed->fd, NULL), 0);
	munmap(mem, PAGE);
}

/*
 * An IOAS without page tables has no alignment, and takes registers before
 * anything else is tried: what goes around the end of the address space is not
 * one page of them, and all that comes after it.
 */
void test_map_around(void **state)
{
	struct edubed *bed = *state;
	uint8_t *bar = bed->edu.bar.base, *mem = pages(PAGE);
	uint32_t other = new_ioas(bed->fd);
	const struct {
		const void *va;
		uint64_t length;
		uint64_t iova;
	} rows[] = {
		{ bar, UINT64_MAX, 0 },
		{ bar + 1, UINT64_MAX, 1 },
		{ bar + 2, UINT64_MAX, 0 },
		{ bar + 2, UINT64_MAX, 2 },
		{ bar + PAGE / 2, -(uint64_t)PAGE, 0 },
		{ bar, PAGE, -(PAGE / 2) },
		{ mem + 2, UINT64_MAX, 0 },
		{ mem, PAGE, -(PAGE / 2) },
		{ NULL, UINT64_MAX, 0 },
		{ (void *)-1UL, 2, 0 },
	};
	uint64_t unmapped = 1;
	unsigned int i;

	assert_int_equal(set_ioas(bed->fd, other), 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int rc = type1_map(bed->fd, TYPE1_RW, rows[i].va,
				   rows[i].length, rows[i].iova);

		if (rc != -EOVERFLOW)
			fail_msg("row %u: %s", i, strerror(-rc));
	}
	assert_int_equal(type1_unmap_all(bed->fd, &unmapped), 0);
	assert_int_equal(unmapped, 0);
	/* What does not go around it is as ever. */
	assert_int_equal(type1_map(bed->fd, TYPE1_RW, bar + 2, PAGE, 0), 0);
	assert_int_equal(type1_unmap_all(bed->fd, &unmapped), 0);
	assert_int_equal(unmapped, PAGE);
	assert_int_equal(set_ioas(bed->fd, bed->ioas), 0);
	munmap(mem, PAGE);
}

void test_map_errors(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(4 * PAGE), *hole = no_pages(PAGE);
	struct vfio_iommu_type1_dma_map odd = {
		.argsz = sizeof(odd), .flags = TYPE1_RW,
		.vaddr = (uintptr_t)mem, .iova = AT, .size = PAGE,
	};
	const struct {
		int error;
		uint32_t flags;
		const void *va;
		uint64_t length;
		uint64_t iova;
	} rows[] = {
		{ EINVAL, 0, mem, PAGE, AT },
		{ EINVAL, TYPE1_RW | VFIO_DMA_MAP_FLAG_VADDR, mem, PAGE, AT },
		{ EINVAL, VFIO_DMA_MAP_FLAG_VADDR, mem, PAGE, AT },
		{ EINVAL, TYPE1_RW | 1U << 31, mem, PAGE, AT },
		{ EINVAL, TYPE1_RW, mem, 0, AT },
		{ EINVAL, TYPE1_RW, mem, PAGE / 2, AT },
		{ EINVAL, TYPE1_RW, mem + 1, PAGE, AT },
		{ EINVAL, TYPE1_RW, mem, PAGE, AT + 1 },
		{ EINVAL, TYPE1_RW, mem, PAGE, msi_window(&bed->edu).start },
		{ EEXIST, TYPE1_RW, mem, PAGE, SCRATCH_IOVA },
		{ EOVERFLOW, TYPE1_RW, mem, 4 * PAGE, -2 * PAGE },
		{ EOVERFLOW, TYPE1_RW, mem, -PAGE, AT },
		{ EOVERFLOW, TYPE1_RW, (void *)(-2 * PAGE), 4 * PAGE, AT },
		{ EFAULT, TYPE1_RW, hole, PAGE, AT },
		{ EFAULT, TYPE1_RW, (void *)(-4 * PAGE), PAGE, AT },
		{ EFAULT, TYPE1_RW, NULL, PAGE, AT },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int rc = type1_map(bed->fd, rows[i].flags, rows[i].va,
				   rows[i].length, rows[i].iova);

		if (rc != -rows[i].error)
			fail_msg("row %u: %s", i, strerror(-rc));
		assert_int_equal(pinned(bed), 0);
	}
	odd.argsz--;
	assert_int_equal(iommufd_call(bed->fd, VFIO_IOMMU_MAP_DMA, &odd),
			 -EINVAL);
	assert_int_equal(iommufd_call(bed->fd, VFIO_IOMMU_MAP_DMA, NULL),
			 -EFAULT);
	assert_false(is_mapped(bed->fd, bed->ioas, AT));
	munmap(hole, PAGE);
	munmap(mem, 4 * PAGE);
}

void test_unmap_errors(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(4 * PAGE);
	static const struct {
		int error;
		uint64_t iova;
		uint64_t length;
	} rows[] = {
		{ EINVAL, AT, 0 },
		{ EOVERFLOW, AT, -PAGE },
		{ EOVERFLOW, -PAGE, 2 * PAGE },
		/* Version 2 unmaps no part of a mapping. */
		{ ENOENT, AT, PAGE },
		{ ENOENT, AT + PAGE, PAGE },
		{ ENOENT, AT + 3 * PAGE, PAGE },
		{ ENOENT, AT + PAGE, 8 * PAGE },
		{ ENOENT, SCRATCH_IOVA, AT - SCRATCH_IOVA + PAGE },
	};
	struct vfio_iommu_type1_dma_unmap odd = {
		.argsz = sizeof(odd), .flags = VFIO_DMA_UNMAP_FLAG_ALL,
	};
	unsigned int i;

	assert_int_equal(type1_map(bed->fd, TYPE1_RW, mem, 4 * PAGE, AT), 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int rc = type1_unmap(bed->fd, rows[i].iova, rows[i].length,
				     NULL);

		if (rc != -rows[i].error)
			fail_msg("row %u: %s", i, strerror(-rc));
	}
	odd.size = PAGE;
	assert_int_equal(iommufd_call(bed->fd, VFIO_IOMMU_UNMAP_DMA, &odd),
			 -EINVAL);
	odd.size = 0;
	odd.iova = AT;
	assert_int_equal(iommufd_call(bed->fd, VFIO_IOMMU_UNMAP_DMA, &odd),
			 -EINVAL);
	odd.iova = 0;
	odd.flags |= VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
	assert_int_equal(iommufd_call(bed->fd, VFIO_IOMMU_UNMAP_DMA, &odd),
			 -EINVAL);
	odd.flags = VFIO_DMA_UNMAP_FLAG_ALL;
	odd.argsz--;
	assert_int_equal(iommufd_call(bed->fd, VFIO_IOMMU_UNMAP_DMA, &odd),
			 -EINVAL);
	assert_int_equal(iommufd_call(bed->fd, VFIO_IOMMU_UNMAP_DMA, NULL),
			 -EFAULT);
	assert_int_equal(pinned(bed), 4 * PAGE);
	assert_true(is_mapped(bed->fd, bed->ioas, AT + 3 * PAGE));
	assert_int_equal(type1_unmap(bed->fd, AT, 4 * PAGE, NULL), 0);
	munmap(mem, 4 * PAGE);
}

/* An answer that can't be given: then nothing is unmapped, and nothing cut. */
void test_unmap_read_only(void **state)
{
	struct edubed *bed = *state;
	struct vfio_iommu_type1_dma_unmap *arg = pages(PAGE);
	uint8_t *mem = pages(2 * PAGE);

	assert_int_equal(type1_map(bed->fd, TYPE1_RW, mem, 2 * PAGE, AT), 0);
	arg->argsz = sizeof(*arg);
	arg->iova = AT;
	arg->size = PAGE;
	assert_int_equal(mprotect(arg, PAGE, PROT_READ), 0);
	assert_int_equal(iommufd_call(bed->fd, VFIO_IOMMU_UNMAP_DMA, arg),
			 -EFAULT);
	assert_true(is_mapped(bed->fd, bed->ioas, AT));
	assert_true(is_joined(bed->fd, bed->ioas, AT + PAGE));
	assert_int_equal(type1_unmap(bed->fd, AT, 2 * PAGE, NULL), 0);
	munmap(arg, PAGE);
	munmap(mem, 2 * PAGE);
}

void test_unmap_many(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(4 * PAGE);
	uint64_t unmapped = 1;
	int i;

	assert_int_equal(type1_unmap(bed->fd, AT, HUGE, &unmapped), 0);
	assert_int_equal(unmapped, 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(type1_map(bed->fd, TYPE1_RW, mem + i * PAGE,
					   PAGE, AT + 2 * i * PAGE), 0);
	assert_int_equal(type1_unmap(bed->fd, AT, 4 * PAGE, &unmapped), 0);
	assert_int_equal(unmapped, 2 * PAGE);
	/* The scratch page goes as well. */
	assert_int_equal(type1_unmap_all(bed->fd, &unmapped), 0);
	assert_int_equal(unmapped, 3 * PAGE);
	assert_int_equal(type1_unmap_all(bed->fd, &unmapped), 0);
	assert_int_equal(unmapped, 0);
	munmap(mem, 4 * PAGE);
}

/* ---- memory of a device ---- */

/*
 * Registers, mapped before there is a domain; never cut, but taken as a whole by who
 * unmaps their first byte, as by the stock backend.
 */
void test_mmio(void **state)
{
	struct edubed *bed = *state;
	uint64_t cap, iova = AT, unmapped;
	char nvme[PCI_NAME_MAX];
	struct vfio_map bar;
	int dev;

	assert_int_equal(pci_find_class(PCI_CLASS_NVME, 0, nvme), 0);
	assert_int_equal(pci_bind(nvme, "vfio-pci"), 0);
	dev = vfio_cdev_open(nvme);
	assert_true(dev >= 0);
	assert_int_equal(vfio_bind(dev, bed->fd, NULL), 0);
	assert_int_equal(vfio_bar_map(dev, 0, &bar), 0);
	assert_int_equal(vfio_enable(dev, 1), 0);
	cap = mmio_read64(bar.base, 0);
	assert_true(cap && ~cap);

	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	assert_int_equal(type1_map(bed->fd, TYPE1_RW, bar.base, 2 * PAGE,
				   AT), 0);
	assert_int_equal(type1_unmap(bed->fd, AT, PAGE, &unmapped), 0);
	assert_int_equal(unmapped, 2 * PAGE);
	assert_int_equal(type1_map(bed->fd, TYPE1_RW, bar.base, 2 * PAGE,
				   AT), 0);
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_int_equal(type1_unmap(bed->fd, AT + PAGE, PAGE, &unmapped), 0);
	assert_int_equal(unmapped, 0);
	assert_true(dma_reads(bed, AT, &cap, sizeof(cap)));
	assert_int_equal(iommufd_copy(bed->fd, MAP_R, bed->ioas, &iova,
				      bed->ioas, AT, PAGE), 0);
	assert_int_equal(type1_unmap(bed->fd, AT, 2 * PAGE, NULL), 0);
	assert_false(dma_reads(bed, AT, &cap, sizeof(cap)));
	assert_true(dma_reads(bed, iova, &cap, sizeof(cap)));
	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW, bar.base,
				     PAGE, &iova), 0);
	assert_true(dma_reads(bed, iova, &cap, sizeof(cap)));
	vfio_bar_unmap(&bar);
	close(dev);
}
