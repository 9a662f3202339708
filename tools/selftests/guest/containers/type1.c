// SPDX-License-Identifier: GPL-2.0
/*
 * The ioctls of a VFIO container on a file of /dev/iommu: which IOAS they work
 * on, what they tell, what they refuse, and what a device sees of it.
 */
#include <linux/vfio.h>

#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "edubed.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
#include "mmio.h"
#include "module.h"
#include "pci.h"
#include "picture.h"
#include "test.h"
#include "type1.h"
#include "vfio.h"

#define MAX_TABLE_BYTES "/sys/module/iommufd/parameters/max_table_bytes"

/* Where tests map; nothing is there between them. */
#define AT 0x20000000UL

static int set_ioas(int fd, uint32_t ioas)
{
	return iommufd_vfio_ioas(fd, IOMMU_VFIO_IOAS_SET, &ioas);
}

static int get_ioas(int fd)
{
	uint32_t ioas = 0;
	int rc = iommufd_vfio_ioas(fd, IOMMU_VFIO_IOAS_GET, &ioas);

	return rc ? rc : (int)ioas;
}

static int setup(void **state)
{
	struct edubed *bed;

	edubed_setup(state);
	bed = *state;
	assert_int_equal(set_ioas(bed->fd, bed->ioas), 0);
	assert_int_equal(type1_set_iommu(bed->fd, VFIO_TYPE1v2_IOMMU), 0);
	return 0;
}

/* Version 1 wants an IOAS without mappings. */
static int setup_v1(void **state)
{
	struct edubed *bed;

	edubed_setup(state);
	bed = *state;
	assert_int_equal(set_ioas(bed->fd, bed->ioas), 0);
	unmap(bed, SCRATCH_IOVA, PAGE);
	assert_int_equal(type1_set_iommu(bed->fd, VFIO_TYPE1_IOMMU), 0);
	assert_int_equal(type1_map(bed->fd, TYPE1_RW, bed->scratch, PAGE,
				   SCRATCH_IOVA), 0);
	return 0;
}

static uint64_t huge_pages(struct edubed *bed)
{
	uint64_t huge = 2;

	assert_int_equal(iommufd_option_get(bed->fd, IOMMU_OPTION_HUGE_PAGES,
					    bed->ioas, &huge), 0);
	return huge;
}

/* ---- the IOAS ---- */

static void test_ioas(void **state)
{
	struct iommu_vfio_ioas odd = { .size = sizeof(odd) };
	uint32_t one, other;
	int fd = new_fd();

	assert_int_equal(get_ioas(fd), -ENODEV);
	assert_int_equal(set_ioas(fd, NO_ID), -ENOENT);
	one = new_ioas(fd);
	other = new_ioas(fd);
	assert_int_equal(get_ioas(fd), -ENODEV);
	assert_int_equal(set_ioas(fd, one), 0);
	assert_int_equal(get_ioas(fd), one);
	assert_int_equal(set_ioas(fd, other), 0);
	assert_int_equal(get_ioas(fd), other);
	assert_int_equal(set_ioas(fd, NO_ID), -ENOENT);
	assert_int_equal(get_ioas(fd), other);
	assert_int_equal(iommufd_vfio_ioas(fd, IOMMU_VFIO_IOAS_CLEAR, NULL),
			 0);
	assert_int_equal(get_ioas(fd), -ENODEV);

	odd.op = IOMMU_VFIO_IOAS_CLEAR + 1;
	assert_int_equal(iommufd_call(fd, IOMMU_VFIO_IOAS, &odd), -EOPNOTSUPP);
	odd.op = IOMMU_VFIO_IOAS_CLEAR;
	odd.__reserved = 1;
	assert_int_equal(iommufd_call(fd, IOMMU_VFIO_IOAS, &odd), -EOPNOTSUPP);
	close(fd);
}

/* The next IOAS gets the number of the one that is gone. */
static void test_ioas_gone(void **state)
{
	int fd = new_fd(), i;
	uint32_t ioas = new_ioas(fd);

	assert_int_equal(set_ioas(fd, ioas), 0);
	assert_int_equal(iommufd_destroy(fd, ioas), 0);
	assert_int_equal(get_ioas(fd), -ENODEV);
	assert_int_equal(new_ioas(fd), ioas);
	/*
	 * Nor is it one that gets the memory, which is free after a while:
	 * sooner where there is much to be freed.
	 */
	for (i = 0; i < 4000; i++) {
		assert_int_equal(iommufd_destroy(fd, ioas), 0);
		assert_int_equal(new_ioas(fd), ioas);
		assert_int_equal(get_ioas(fd), -ENODEV);
		if (i % 1000 == 999)
			clock_pause_us(50000);
	}
	assert_int_equal(type1_unmap_all(fd, NULL), -ENODEV);
	close(fd);
}

static void test_without_ioas(void **state)
{
	struct type1_info info;
	uint8_t *mem = pages(PAGE);
	int fd = new_fd();

	assert_int_equal(type1_version(fd), VFIO_API_VERSION);
	assert_int_equal(type1_extension(fd, VFIO_TYPE1_IOMMU), 1);
	assert_int_equal(type1_extension(fd, VFIO_DMA_CC_IOMMU), -ENODEV);
	assert_int_equal(type1_set_iommu(fd, VFIO_TYPE1v2_IOMMU), -ENODEV);
	assert_int_equal(type1_set_iommu(fd, VFIO_TYPE1_NESTING_IOMMU),
			 -EINVAL);
	assert_int_equal(type1_info(fd, &info), -ENODEV);
	assert_int_equal(type1_map(fd, TYPE1_RW, mem, PAGE, AT), -ENODEV);
	assert_int_equal(type1_unmap(fd, AT, PAGE, NULL), -ENODEV);
	munmap(mem, PAGE);
	close(fd);
}

/* ---- what there is ---- */

static void test_extensions(void **state)
{
	struct edubed *bed = *state;
	static const struct {
		unsigned long extension;
		int answer;
	} rows[] = {
		{ VFIO_TYPE1_IOMMU, 1 },
		{ VFIO_TYPE1v2_IOMMU, 1 },
		{ VFIO_UNMAP_ALL, 1 },
		{ VFIO_TYPE1_NESTING_IOMMU, 0 },
		{ VFIO_NOIOMMU_IOMMU, 0 },
		{ VFIO_UPDATE_VADDR, 0 },
		{ 0, 0 },
		{ ~0UL, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(type1_extension(bed->fd, rows[i].extension),
				 rows[i].answer);
	assert_int_equal(type1_extension(bed->fd, VFIO_DMA_CC_IOMMU),
			 iommu_has_snoop_control());
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	assert_int_equal(type1_extension(bed->fd, VFIO_DMA_CC_IOMMU), 1);
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_int_equal(iommufd_call(bed->fd, VFIO_IOMMU_DIRTY_PAGES, NULL),
			 -ENOTTY);
}

static void test_set_iommu(void **state)
{
	struct edubed *bed = *state;

	assert_int_equal(huge_pages(bed), 1);
	assert_int_equal(type1_set_iommu(bed->fd, 0), -EINVAL);
	assert_int_equal(type1_set_iommu(bed->fd, VFIO_UNMAP_ALL), -EINVAL);
	/* Its mappings may be of large pages. */
	assert_int_equal(type1_set_iommu(bed->fd, VFIO_TYPE1_IOMMU), -EINVAL);
	assert_int_equal(huge_pages(bed), 1);
	unmap(bed, SCRATCH_IOVA, PAGE);
	assert_int_equal(type1_set_iommu(bed->fd, VFIO_TYPE1_IOMMU), 0);
	assert_int_equal(huge_pages(bed), 0);
}

static void test_info(void **state)
{
	struct iommu_iova_range ranges[TYPE1_RANGES];
	struct edubed *bed = *state;
	uint32_t n = TYPE1_RANGES;
	struct type1_info info;
	unsigned int i;

	assert_int_equal(type1_info(bed->fd, &info), 0);
	assert_int_equal(info.page_sizes & (2 * PAGE - 1), PAGE);
	assert_true(info.page_sizes & HUGE);
	assert_int_equal(iommufd_ranges(bed->fd, bed->ioas, ranges, &n, NULL),
			 0);
	assert_int_equal(info.num_ranges, n);
	assert_true(n > 1);
	for (i = 0; i < n; i++) {
		assert_int_equal(info.ranges[i].start, ranges[i].start);
		assert_int_equal(info.ranges[i].end, ranges[i].last);
	}
}

/* As much as there is room for, and never half of the capabilities. */
static void test_info_room(void **state)
{
	struct edubed *bed = *state;
	union {
		struct vfio_iommu_type1_info arg;
		uint8_t bytes[1024];
	} all;
	uint32_t room, written, full = 0, i;

	for (room = 16; !full || room <= full + 8; room++) {
		memset(&all, 0xaa, sizeof(all));
		all.arg.argsz = room;
		assert_int_equal(iommufd_call(bed->fd, VFIO_IOMMU_GET_INFO,
					      &all), 0);
		assert_int_equal(all.arg.flags, VFIO_IOMMU_INFO_PGSIZES |
				 VFIO_IOMMU_INFO_CAPS);
		assert_true(all.arg.iova_pgsizes & PAGE);
		full = all.arg.argsz;
		assert_true(full > sizeof(all.arg) && full <= sizeof(all));
		if (room >= sizeof(all.arg))
			assert_int_equal(all.arg.cap_offset,
					 room < full ? 0 : sizeof(all.arg));
		written = room < full ? sizeof(all.arg) : full;
		for (i = room < written ? room : written; i < sizeof(all); i++)
			assert_int_equal(all.bytes[i], 0xaa);
	}
	all.arg.argsz = 15;
	assert_int_equal(iommufd_call(bed->fd, VFIO_IOMMU_GET_INFO, &all),
			 -EINVAL);
	assert_int_equal(iommufd_call(bed->fd, VFIO_IOMMU_GET_INFO, NULL),
			 -EFAULT);
}

/*
 * Where the IOMMU driver does not charge what it allocates there is a limit: of
 * bytes, as mappings that each take as much as one can.
 */
static void test_info_avail(void **state)
{
	struct edubed *bed = *state;
	struct type1_info info;
	uint64_t max = 0;
	char text[24];

	assert_int_equal(file_read_u64(MAX_TABLE_BYTES, &max), 0);
	assert_int_equal(type1_info(bed->fd, &info), 0);
	assert_true(info.avail > 0);
	if (info.avail == UINT32_MAX)
		return;
	/* A struct of 64 bytes, or tables of four levels. */
	assert_true(info.avail < max / 64);
	assert_true(info.avail > max / (4 * PAGE) / 2);
	assert_int_equal(file_write(MAX_TABLE_BYTES, "0"), 0);
	assert_int_equal(type1_info(bed->fd, &info), 0);
	snprintf(text, sizeof(text), "%lu", max);
	assert_int_equal(file_write(MAX_TABLE_BYTES, text), 0);
	assert_int_equal(info.avail, 0);
}

/* ---- MAP, UNMAP ---- */

static void test_dma(void **state)
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

static void test_read_only(void **state)
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
static void test_map_around(void **state)
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

static void test_map_errors(void **state)
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

static void test_unmap_errors(void **state)
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
static void test_unmap_read_only(void **state)
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

static void test_unmap_many(void **state)
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
 * Registers, mapped before there is a domain; and cut in two.  IOAS_MAP and
 * COPY take none.
 */
static void test_mmio(void **state)
{
	struct edubed *bed = *state;
	uint64_t cap, iova = AT;
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
				   AT - PAGE), 0);
	assert_int_equal(type1_unmap(bed->fd, AT, PAGE, NULL), 0);
	assert_int_equal(type1_unmap(bed->fd, AT - PAGE, PAGE, NULL), 0);
	assert_int_equal(type1_map(bed->fd, TYPE1_RW, bar.base, 2 * PAGE,
				   AT), 0);
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_int_equal(type1_unmap(bed->fd, AT + PAGE, PAGE, NULL), 0);
	assert_true(dma_reads(bed, AT, &cap, sizeof(cap)));
	assert_int_equal(iommufd_copy(bed->fd, MAP_R, bed->ioas, &iova,
				      bed->ioas, AT, PAGE), -EINVAL);
	assert_int_equal(type1_unmap(bed->fd, AT, PAGE, NULL), 0);
	assert_false(dma_reads(bed, AT, &cap, sizeof(cap)));
	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW, bar.base,
				     PAGE, &iova), -EFAULT);
	vfio_bar_unmap(&bar);
	close(dev);
}

/* ---- version 1: parts of mappings ---- */

static void test_part(void **state)
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
static void test_part_of_huge(void **state)
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

static void test_part_errors(void **state)
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
static void test_part_limit(void **state)
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
static void test_part_access(void **state)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ioas),
		cmocka_unit_test(test_ioas_gone),
		cmocka_unit_test(test_without_ioas),
		cmocka_unit_test_setup_teardown(test_extensions, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_set_iommu, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_info, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_info_room, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_info_avail, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_dma, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_read_only, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_map_around, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_map_errors, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_unmap_errors, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_unmap_read_only, setup_v1,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_unmap_many, setup,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_mmio, setup_v1,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_part, setup_v1,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_part_of_huge, setup_v1,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_part_errors, setup_v1,
						edubed_teardown),
		cmocka_unit_test_setup_teardown(test_part_limit, setup_v1,
						edubed_teardown),
		cmocka_unit_test(test_part_access),
	};

	if (bed_load() || module_load("iommufd_selftest", NULL))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
