// SPDX-License-Identifier: GPL-2.0
/*
 * One group, and several groups.
 */
#include <linux/vfio.h>

#include "bed.h"
#include "compiler.h"
#include "containerbed.h"
#include "edu.h"
#include "edubed.h"
#include "group.h"
#include "iommufd.h"
#include "memory.h"
#include "mmio.h"
#include "pci.h"
#include "type1.h"
#include "vfio.h"

/* ---- one group ---- */

void test_dma(void **state)
{
	struct containerbed *bed = *state;
	uint8_t *mem = pages(4 * PAGE);
	uint64_t unmapped = 0;

	assert_int_equal(type1_map(bed->container, TYPE1_RW, mem, 4 * PAGE,
				   AT), 0);
	assert_int_equal(pinned(&bed->edu), 4 * PAGE);
	fill(mem, 4 * PAGE);
	assert_true(dma_reads(&bed->edu, AT + PAGE, mem + PAGE, 64));
	assert_true(dma_writes(&bed->edu, AT + 3 * PAGE, mem + 3 * PAGE, 64));
	assert_int_equal(type1_unmap(bed->container, AT, 4 * PAGE, &unmapped),
			 0);
	assert_int_equal(unmapped, 4 * PAGE);
	assert_true(dma_read_blocked(&bed->edu, AT, mem, 64));
	assert_true(dma_write_blocked(&bed->edu, AT, mem, 64));
	assert_int_equal(pinned(&bed->edu), 0);
	munmap(mem, 4 * PAGE);
}

void test_answers(void **state)
{
	struct containerbed *bed = *state;
	struct type1_info info;

	assert_int_equal(type1_version(bed->container), VFIO_API_VERSION);
	assert_int_equal(type1_extension(bed->container, VFIO_TYPE1_IOMMU), 1);
	assert_int_equal(type1_extension(bed->container, VFIO_TYPE1v2_IOMMU),
			 1);
	assert_int_equal(type1_extension(bed->container, VFIO_UNMAP_ALL), 1);
	assert_int_equal(type1_extension(bed->container, VFIO_UPDATE_VADDR),
			 0);
	assert_int_equal(type1_extension(bed->container, VFIO_DMA_CC_IOMMU),
			 iommu_has_snoop_control());
	assert_int_equal(type1_info(bed->container, &info), 0);
	assert_int_equal(info.page_sizes & (2 * PAGE - 1), PAGE);
	assert_true(info.num_ranges > 1);
	assert_true(info.avail > 1000);
	/* Once is enough, says vfio.ko. */
	assert_int_equal(type1_set_iommu(bed->container, VFIO_TYPE1v2_IOMMU),
			 -EINVAL);
	assert_int_equal(iommufd_call(bed->container, VFIO_IOMMU_DIRTY_PAGES,
				      NULL), -ENOTTY);
	/* No door to /dev/iommu's own commands. */
	assert_int_equal(iommufd_call(bed->container, IOMMU_IOAS_ALLOC, NULL),
			 -ENOTTY);
	assert_int_equal(iommufd_change_process(bed->container), -ENOTTY);
}

void test_errors(void **state)
{
	struct containerbed *bed = *state;
	uint8_t *mem = pages(4 * PAGE), *hole = no_pages(PAGE);
	const struct {
		int error;
		const void *va;
		uint64_t length;
		uint64_t iova;
	} rows[] = {
		{ EINVAL, mem, 0, AT },
		{ EINVAL, mem, PAGE / 2, AT },
		{ EINVAL, mem, PAGE, AT + 1 },
		{ EINVAL, mem, PAGE, msi_window(&bed->edu.edu).start },
		{ EEXIST, mem, PAGE, SCRATCH_IOVA },
		{ EOVERFLOW, mem, 4 * PAGE, -2 * PAGE },
		{ EOVERFLOW, (void *)(-2 * PAGE), 4 * PAGE, AT },
		{ EOVERFLOW, mem, UINT64_MAX, AT },
		{ EOVERFLOW, mem + 2, UINT64_MAX, AT },
		{ EOVERFLOW, mem, -(uint64_t)PAGE, AT },
		{ EOVERFLOW, bed->edu.edu.bar.base, UINT64_MAX, AT },
		{ EOVERFLOW, bed->edu.edu.bar.base + 2, UINT64_MAX, 2 },
		{ EFAULT, hole, PAGE, AT },
	};
	uint64_t unmapped = 1;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int rc = type1_map(bed->container, TYPE1_RW, rows[i].va,
				   rows[i].length, rows[i].iova);

		if (rc != -rows[i].error)
			fail_msg("row %u: %s", i, strerror(-rc));
	}
	assert_int_equal(type1_unmap(bed->container, AT, HUGE, &unmapped), 0);
	assert_int_equal(unmapped, 0);
	assert_int_equal(type1_unmap(bed->container, AT, 0, NULL), -EINVAL);
	assert_int_equal(type1_unmap(bed->container, -PAGE, 2 * PAGE, NULL),
			 -EOVERFLOW);
	assert_int_equal(type1_unmap(bed->container, 2, UINT64_MAX, NULL),
			 -EOVERFLOW);
	assert_int_equal(type1_map(bed->container, TYPE1_RW, mem, 4 * PAGE,
				   AT), 0);
	assert_int_equal(type1_unmap(bed->container, AT + PAGE, PAGE, NULL),
			 -ENOENT);
	assert_int_equal(pinned(&bed->edu), 4 * PAGE);
	assert_int_equal(type1_unmap_all(bed->container, &unmapped), 0);
	assert_int_equal(unmapped, 5 * PAGE);
	munmap(hole, PAGE);
	munmap(mem, 4 * PAGE);
}

void test_v1(void **state)
{
	struct containerbed *bed = *state;
	uint8_t *mem = pages(4 * PAGE);
	uint64_t unmapped = 0;

	assert_int_equal(type1_map(bed->container, TYPE1_RW, mem, 4 * PAGE,
				   AT), 0);
	assert_int_equal(type1_unmap(bed->container, AT + PAGE, PAGE,
				     &unmapped), 0);
	assert_int_equal(unmapped, PAGE);
	assert_int_equal(pinned(&bed->edu), 3 * PAGE);
	assert_true(dma_read_blocked(&bed->edu, AT + PAGE, mem + PAGE, 64));
	fill(mem, 4 * PAGE);
	assert_true(dma_reads(&bed->edu, AT + 2 * PAGE, mem + 2 * PAGE, 64));
	assert_int_equal(type1_unmap(bed->container, AT, 4 * PAGE, &unmapped),
			 0);
	assert_int_equal(unmapped, 3 * PAGE);
	munmap(mem, 4 * PAGE);
}

/* Whoever has the device by a container has it alone. */
void test_one_owner(void **state)
{
	struct containerbed *bed = *state;
	int fd = new_fd(), dev = vfio_cdev_open(bed->edu.edu.bdf);

	assert_true(dev >= 0);
	assert_true(vfio_bind(dev, fd, NULL) < 0);
	close(dev);
	close(fd);
}

/* ---- several groups ---- */

void test_two_groups(void **state)
{
	struct containerbed *bed = *state;
	uint8_t *mem = pages(2 * PAGE);
	char nvme[PCI_NAME_MAX];
	struct type1_info one, both;
	int group, dev;

	find_nvme(nvme);
	group = new_group(nvme);
	assert_int_equal(type1_map(bed->container, TYPE1_RW, mem, PAGE, AT),
			 0);
	assert_int_equal(type1_info(bed->container, &one), 0);
	/* It finds what is mapped, and pins nothing again. */
	assert_int_equal(type1_join(group, bed->container), 0);
	assert_int_equal(pinned(&bed->edu), PAGE);
	assert_int_equal(type1_info(bed->container, &both), 0);
	assert_int_equal(one.page_sizes, both.page_sizes);
	dev = type1_device_open(group, nvme);
	assert_true(dev >= 0);
	assert_int_equal(type1_map(bed->container, TYPE1_RW, mem + PAGE, PAGE,
				   AT + PAGE), 0);
	fill(mem, 2 * PAGE);
	assert_true(dma_reads(&bed->edu, AT, mem, 64));
	assert_int_equal(type1_leave(group), -EBUSY);
	close(dev);
	assert_int_equal(type1_leave(group), 0);
	assert_true(dma_reads(&bed->edu, AT + PAGE, mem + PAGE, 64));
	close(group);
	munmap(mem, 2 * PAGE);
}

/* Also of a device that came when all was mapped; and it goes first or last. */
void test_two_dma(void **state)
{
	struct containerbed *bed = *state;
	struct edubed other = { .scratch = bed->edu.scratch };
	uint8_t *mem = pages(2 * PAGE);
	char beside[PCI_NAME_MAX];
	int group, dev;

	/* Two that share a group, which has to have both of them. */
	find_edu(1, other.edu.bdf);
	find_edu(2, beside);
	assert_int_equal(type1_map(bed->container, TYPE1_RW, mem, PAGE, AT),
			 0);
	group = new_group(other.edu.bdf);
	assert_int_equal(type1_join(group, bed->container), 0);
	dev = type1_device_open(group, other.edu.bdf);
	assert_true(dev >= 0);
	assert_int_equal(edu_open_device(&other.edu, dev), 0);
	assert_int_equal(type1_map(bed->container, TYPE1_RW, mem + PAGE, PAGE,
				   AT + PAGE), 0);
	assert_true(dma_writes(&other, AT, mem, 64));
	assert_true(dma_writes(&other, AT + PAGE, mem + PAGE, 64));
	assert_true(dma_writes(&bed->edu, AT + PAGE, mem + PAGE, 64));
	assert_int_equal(type1_unmap(bed->container, AT, PAGE, NULL), 0);
	assert_true(dma_write_blocked(&other, AT, mem, 64));
	assert_true(dma_write_blocked(&bed->edu, AT, mem, 64));
	edu_close(&other.edu);
	close(group);
	assert_true(dma_writes(&bed->edu, AT + PAGE, mem + PAGE, 64));
	assert_int_equal(type1_unmap(bed->container, AT + PAGE, PAGE, NULL),
			 0);
	munmap(mem, 2 * PAGE);
}

/* Both groups are there when the type is chosen. */
void test_groups_first(void **state)
{
	int container = new_container(), groups[2];
	char edu[PCI_NAME_MAX], nvme[PCI_NAME_MAX];
	uint8_t *mem = pages(PAGE);

	find_edu(0, edu);
	find_nvme(nvme);
	groups[0] = new_group(edu);
	groups[1] = new_group(nvme);
	assert_int_equal(type1_join(groups[0], container), 0);
	assert_int_equal(type1_join(groups[1], container), 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem, PAGE, AT),
			 -EINVAL);
	assert_int_equal(type1_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem, PAGE, AT), 0);
	assert_int_equal(status_kb("VmPin") * 1024, PAGE);
	/* The mapping stays while one group is there. */
	assert_int_equal(type1_leave(groups[0]), 0);
	assert_int_equal(status_kb("VmPin") * 1024, PAGE);
	assert_int_equal(type1_map(container, TYPE1_RW, mem, PAGE, AT),
			 -EEXIST);
	assert_int_equal(type1_leave(groups[1]), 0);
	assert_int_equal(status_kb("VmPin"), 0);
	/* Without a group it is as new. */
	assert_int_equal(type1_map(container, TYPE1_RW, mem, PAGE, AT),
			 -EINVAL);
	assert_int_equal(type1_join(groups[0], container), 0);
	assert_int_equal(type1_set_iommu(container, VFIO_TYPE1_IOMMU), 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem, PAGE, AT), 0);
	close(groups[0]);
	close(groups[1]);
	close(container);
	munmap(mem, PAGE);
}

static void map_page(int dev, uint64_t offset, void *at)
{
	assert_ptr_equal(mmap(at, PAGE, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_FIXED, dev, offset), at);
}

/* Two pages of BAR 0 in the wrong order: they are not adjacent any more. */
static void check_swapped(int container, int dev)
{
	struct vfio_region_info info = { .argsz = sizeof(info) };
	uint8_t *both = no_pages(2 * PAGE);

	assert_int_equal(iommufd_call(dev, VFIO_DEVICE_GET_REGION_INFO, &info),
			 0);
	map_page(dev, info.offset + PAGE, both);
	map_page(dev, info.offset, both + PAGE);
	assert_int_equal(type1_map(container, TYPE1_RW, both, 2 * PAGE, AT),
			 -EFAULT);
	assert_int_equal(type1_map(container, TYPE1_RW, both, PAGE, AT), 0);
	assert_int_equal(type1_map(container, TYPE1_RW, both + PAGE, PAGE,
				   AT + PAGE), 0);
	assert_int_equal(type1_unmap(container, AT, 2 * PAGE, NULL), 0);
	munmap(both, 2 * PAGE);
}

/* The registers of one device, read by another. */
void test_mmio(void **state)
{
	struct containerbed *bed = *state;
	char nvme[PCI_NAME_MAX];
	struct vfio_map bar;
	uint64_t cap;
	int group, dev;

	find_nvme(nvme);
	group = new_group(nvme);
	assert_int_equal(type1_join(group, bed->container), 0);
	dev = type1_device_open(group, nvme);
	assert_true(dev >= 0);
	assert_int_equal(vfio_bar_map(dev, 0, &bar), 0);
	assert_int_equal(vfio_enable(dev, 1), 0);
	cap = mmio_read64(bar.base, 0);
	assert_true(cap && ~cap);

	assert_int_equal(type1_map(bed->container, TYPE1_RW, bar.base, PAGE,
				   AT), 0);
	assert_int_equal(pinned(&bed->edu), 0);
	assert_true(dma_reads(&bed->edu, AT, &cap, sizeof(cap)));
	assert_int_equal(type1_unmap(bed->container, AT, PAGE, NULL), 0);
	assert_false(dma_reads(&bed->edu, AT, &cap, sizeof(cap)));
	/* More than the BAR, and what may only be read. */
	assert_int_equal(type1_map(bed->container, TYPE1_RW, bar.base,
				   bar.size + HUGE, AT), -EFAULT);
	assert_int_equal(mprotect(bar.base, PAGE, PROT_READ), 0);
	assert_int_equal(type1_map(bed->container, TYPE1_RW, bar.base, PAGE,
				   AT), -EFAULT);
	assert_int_equal(type1_map(bed->container, TYPE1_R, bar.base, PAGE,
				   AT), 0);
	assert_int_equal(type1_unmap(bed->container, AT, PAGE, NULL), 0);
	check_swapped(bed->container, dev);
	vfio_bar_unmap(&bar);
	close(dev);
	close(group);
}
