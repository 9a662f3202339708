// SPDX-License-Identifier: GPL-2.0
/*
 * Which IOAS the ioctls work on, and what they tell.
 */
#include <linux/vfio.h>

#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "edubed.h"
#include "file.h"
#include "ioas.h"
#include "iommufd.h"
#include "memory.h"
#include "type1.h"
#include "type1bed.h"
#include "vfio.h"

/* ---- the IOAS ---- */

void test_ioas(void **state)
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
void test_ioas_gone(void **state)
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

void test_without_ioas(void **state)
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

void test_extensions(void **state)
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

void test_set_iommu(void **state)
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

void test_info(void **state)
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
void test_info_room(void **state)
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
void test_info_avail(void **state)
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
