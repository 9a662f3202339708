// SPDX-License-Identifier: GPL-2.0
/*
 * Legacy containers (/dev/vfio/vfio) served by vfio_iommufd.ko: DMA, several
 * groups, errors, who pays, every order of closing; and which of the two
 * backends serves a container.
 */
#include <linux/vfio.h>
#include <pthread.h>

#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "edu.h"
#include "edubed.h"
#include "emulated.h"
#include "file.h"
#include "iommufd.h"
#include "kmsg.h"
#include "memory.h"
#include "mmio.h"
#include "module.h"
#include "pci.h"
#include "type1.h"
#include "user.h"
#include "vfio.h"

/* Where tests map; nothing is there between them. */
#define AT 0x20000000UL

#define CONFIG "/etc/modprobe.d/iommufd.conf"
#define NEWEST "grep -m1 -o '^vfio_iommu[a-z0-9_]*' /proc/modules"

/* How often iommufd.ko is in use. */
#define USES "/sys/module/iommufd/refcnt"

struct containerbed {
	struct edubed edu;	/* without an iommufd */
	int container;
	int group;
};

/* ---- what tests begin with ---- */

static void find_edu(int n, char *bdf)
{
	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, n, bdf), 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
}

static void find_nvme(char *bdf)
{
	assert_int_equal(pci_find_class(PCI_CLASS_NVME, 0, bdf), 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
}

static int new_container(void)
{
	int fd = type1_container_open();

	assert_true(fd >= 0);
	return fd;
}

static int new_group(const char *bdf)
{
	int fd = type1_group_open(bdf);

	assert_true(fd >= 0);
	return fd;
}

/* Of the two backends, only the stock one gives mappings new user addresses. */
static bool is_ours(int container)
{
	return !type1_extension(container, VFIO_UPDATE_VADDR);
}

static struct containerbed *bed_open(unsigned long type)
{
	struct containerbed *bed = calloc(1, sizeof(*bed));
	int dev;

	find_edu(0, bed->edu.edu.bdf);
	bed->container = new_container();
	bed->group = new_group(bed->edu.edu.bdf);
	assert_int_equal(type1_join(bed->group, bed->container), 0);
	assert_int_equal(type1_set_iommu(bed->container, type), 0);
	assert_true(is_ours(bed->container));
	dev = type1_device_open(bed->group, bed->edu.edu.bdf);
	assert_true(dev >= 0);
	assert_int_equal(edu_open_device(&bed->edu.edu, dev), 0);
	bed->edu.fd = -1;
	bed->edu.scratch = pages(PAGE);
	assert_int_equal(type1_map(bed->container, TYPE1_RW, bed->edu.scratch,
				   PAGE, SCRATCH_IOVA), 0);
	bed->edu.pinned = status_kb("VmPin");
	return bed;
}

static int setup(void **state)
{
	*state = bed_open(VFIO_TYPE1v2_IOMMU);
	return 0;
}

static int setup_v1(void **state)
{
	*state = bed_open(VFIO_TYPE1_IOMMU);
	return 0;
}

static int teardown(void **state)
{
	struct containerbed *bed = *state;

	edu_close(&bed->edu.edu);
	close(bed->group);
	close(bed->container);
	assert_int_equal(status_kb("VmPin"), 0);
	munmap(bed->edu.scratch, PAGE);
	free(bed);
	return 0;
}

/* ---- one group ---- */

static void test_dma(void **state)
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

static void test_answers(void **state)
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
}

static void test_errors(void **state)
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

static void test_v1(void **state)
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
static void test_one_owner(void **state)
{
	struct containerbed *bed = *state;
	int fd = new_fd(), dev = vfio_cdev_open(bed->edu.edu.bdf);

	assert_true(dev >= 0);
	assert_true(vfio_bind(dev, fd, NULL) < 0);
	close(dev);
	close(fd);
}

/* ---- several groups ---- */

static void test_two_groups(void **state)
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
static void test_two_dma(void **state)
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
static void test_groups_first(void **state)
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
static void test_mmio(void **state)
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

/* ---- registers that become memory, and memory that becomes registers ---- */

#define SWAP_MS 1500
#define SWAP_MS_MAX 30000

/* Of so many mappings of each it is seen what the device reaches there. */
#define SWAP_DMA 3

/**
 * struct swapped - a page of the process that is now this, now that
 * @offset: of the registers in @dev
 */
struct swapped {
	uint8_t *at;
	int dev;
	uint64_t offset;
	bool stop;
};

static void *swap_pages(void *data)
{
	struct swapped *swapped = data;

	/* It ends as well where the test has failed, and has closed @dev. */
	while (!__atomic_load_n(&swapped->stop, __ATOMIC_RELAXED)) {
		if (mmap(swapped->at, PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, swapped->dev,
			 swapped->offset) != swapped->at ||
		    mmap(swapped->at, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
		    swapped->at)
			break;
	}
	return NULL;
}

/* It is memory, and pinned, or registers, or refused. */
static void test_mmio_swapped(void **state)
{
	struct containerbed *bed = *state;
	struct vfio_region_info info = { .argsz = sizeof(info) };
	struct swapped swapped = {
		.at = pages(PAGE), .dev = bed->edu.edu.dev,
	};
	uint32_t id = mmio_read32(bed->edu.edu.bar.base, 0);
	unsigned int count[2] = {};
	uint64_t start = clock_ms();
	pthread_t thread;

	assert_true(id && ~id);
	assert_int_equal(iommufd_call(swapped.dev, VFIO_DEVICE_GET_REGION_INFO,
				      &info), 0);
	swapped.offset = info.offset;
	assert_int_equal(pthread_create(&thread, NULL, swap_pages, &swapped),
			 0);
	while (clock_ms() - start < SWAP_MS ||
	       ((!count[0] || !count[1]) &&
		clock_ms() - start < SWAP_MS_MAX)) {
		bool memory;
		int rc = type1_map(bed->container, TYPE1_RW, swapped.at, PAGE,
				   AT);

		if (rc) {
			assert_int_equal(rc, -EFAULT);
			continue;
		}
		memory = pinned(&bed->edu);
		if (memory)
			assert_int_equal(pinned(&bed->edu), PAGE);
		if (count[memory]++ < SWAP_DMA)
			assert_int_equal(dma_reads(&bed->edu, AT, &id,
						   sizeof(id)), !memory);
		assert_int_equal(type1_unmap(bed->container, AT, PAGE, NULL),
				 0);
		assert_int_equal(pinned(&bed->edu), 0);
	}
	__atomic_store_n(&swapped.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(pthread_join(thread, NULL), 0);
	print_message("registers %u times, memory %u times\n", count[0],
		      count[1]);
	assert_true(count[0] && count[1]);
	munmap(swapped.at, PAGE);
}

/* ---- how many ---- */

/* More than the stock backend allows. */
#define MANY 70000

/* Each alone: a page between one and the next. Returns how many there are. */
static unsigned int map_many(struct containerbed *bed, const void *page,
			     int *rc)
{
	unsigned int i;

	*rc = 0;
	for (i = 0; i < MANY; i++) {
		*rc = type1_map(bed->container, TYPE1_RW, page, PAGE,
				AT + i * 2 * PAGE);
		if (*rc)
			break;
	}
	return i;
}

/* There is no limit of how many, but of what they make the IOMMU driver take. */
static void test_many(void **state)
{
	struct containerbed *bed = *state;
	uint64_t last, unmapped = 0;
	struct type1_info info;
	uint8_t *mem = pages(PAGE);
	unsigned int n;
	int rc;

	assert_int_equal(type1_info(bed->container, &info), 0);
	n = map_many(bed, mem, &rc);
	print_message("%u mappings, of %u at least\n", n, info.avail);
	last = AT + n * 2 * PAGE;
	/* VT-d's driver has charged its tables since. */
	if (!access("/sys/class/iommu/dmar0", F_OK))
		assert_int_equal(info.avail == UINT32_MAX, !kernel_is_6_1());
	assert_int_equal(n, MANY);
	assert_int_equal(pinned(&bed->edu), n * PAGE);
	assert_true(dma_writes(&bed->edu, AT, mem, 64));
	assert_true(dma_writes(&bed->edu, last - 2 * PAGE, mem, 64));
	assert_true(dma_write_blocked(&bed->edu, last, mem, 64));
	assert_int_equal(type1_unmap(bed->container, AT, last - AT, &unmapped),
			 0);
	assert_int_equal(unmapped, n * PAGE);
	assert_int_equal(pinned(&bed->edu), 0);
	munmap(mem, PAGE);
}

/* ---- a device that pins by the CPU ---- */

/* Alone in its container: nothing is pinned but what it pins. */
static void test_emulated(void **state)
{
	int container = new_container(), group = emulated_group(), dev;
	uint8_t *mem = pages(4 * PAGE), *copy = pages(2 * PAGE);

	assert_int_equal(type1_join(group, container), 0);
	assert_int_equal(type1_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	assert_true(is_ours(container));
	dev = type1_device_open(group, EMULATED_NAME);
	assert_true(dev >= 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem, 4 * PAGE, AT), 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem, PAGE / 2,
				   AT + HUGE), -EINVAL);
	fill(mem, 4 * PAGE);
	assert_int_equal(all_pinned(), 0);

	assert_int_equal(pin(dev, AT, 3 * PAGE), 3);
	assert_int_equal(all_pinned(), 3 * PAGE);
	assert_true(peeks(dev, AT + 2 * PAGE, mem + 2 * PAGE));
	/* Other portions than were pinned. */
	assert_int_equal(unpin(dev, AT + PAGE, PAGE), 0);
	assert_int_equal(all_pinned(), 2 * PAGE);
	/* All or nothing. */
	assert_int_equal(pin(dev, AT + 3 * PAGE, 2 * PAGE), -ENOENT);
	assert_int_equal(all_pinned(), 2 * PAGE);

	assert_int_equal(emulated_call(dev, EMULATED_READ, AT + PAGE + 8,
				       2 * PAGE, copy, false), 0);
	assert_memory_equal(copy, mem + PAGE + 8, 2 * PAGE);
	fill(copy, PAGE);
	assert_int_equal(emulated_call(dev, EMULATED_WRITE, AT + PAGE / 2, PAGE,
				       copy, false), 0);
	assert_memory_equal(copy, mem + PAGE / 2, PAGE);
	assert_int_equal(emulated_call(dev, EMULATED_READ, AT + 3 * PAGE + 8,
				       PAGE, copy, false), -ENOENT);

	/* UNMAP asks it to let go. */
	assert_int_equal(type1_unmap(container, AT, 4 * PAGE, NULL), 0);
	assert_int_equal(all_pinned(), 0);
	assert_false(peeks(dev, AT, mem));
	/* What is only to be read; and pins that go with the file. */
	assert_int_equal(type1_map(container, TYPE1_R, mem, PAGE, AT), 0);
	assert_int_equal(pin(dev, AT, PAGE), -EPERM);
	assert_int_equal(emulated_call(dev, EMULATED_PIN, AT, PAGE, NULL,
				       false), 1);
	assert_int_equal(all_pinned(), PAGE);
	close(dev);
	assert_int_equal(all_pinned(), 0);
	close(group);
	close(container);
	munmap(mem, 4 * PAGE);
	munmap(copy, 2 * PAGE);
}

/* Beside a device with DMA: a page is pinned once. */
static void test_emulated_beside(void **state)
{
	struct containerbed *bed = *state;
	uint8_t *mem = pages(4 * PAGE);
	int group = emulated_group(), dev;

	assert_int_equal(type1_map(bed->container, TYPE1_RW, mem, 4 * PAGE,
				   AT), 0);
	assert_int_equal(type1_join(group, bed->container), 0);
	dev = type1_device_open(group, EMULATED_NAME);
	assert_true(dev >= 0);
	assert_int_equal(pin(dev, AT, 4 * PAGE), 4);
	assert_int_equal(pinned(&bed->edu), 4 * PAGE);
	dma_writes(&bed->edu, AT + PAGE, mem + PAGE, 64);
	assert_true(peeks(dev, AT + PAGE, mem + PAGE));
	assert_int_equal(type1_unmap(bed->container, AT, 4 * PAGE, NULL), 0);
	assert_int_equal(pinned(&bed->edu), 0);
	close(dev);
	close(group);
	munmap(mem, 4 * PAGE);
}

/* The page after the last one is not the first. */
static void test_emulated_end(void **state)
{
	int container = new_container(), group = emulated_group(), dev;
	uint8_t *mem = pages(2 * PAGE);

	assert_int_equal(type1_join(group, container), 0);
	assert_int_equal(type1_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	dev = type1_device_open(group, EMULATED_NAME);
	assert_true(dev >= 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem, PAGE, 0), 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem + PAGE, PAGE,
				   -PAGE), 0);
	assert_int_equal(pin(dev, -PAGE, PAGE), 1);
	assert_int_equal(pin(dev, -PAGE, 2 * PAGE), -EOVERFLOW);
	assert_int_equal(all_pinned(), PAGE);
	assert_int_equal(emulated_call(dev, EMULATED_READ, -PAGE, 2 * PAGE, mem,
				       false), -EOVERFLOW);
	close(dev);
	close(group);
	close(container);
	munmap(mem, 2 * PAGE);
}

/* The first device with DMA comes later, and goes earlier. */
static void test_emulated_first(void **state)
{
	int container = new_container(), group = emulated_group(), dev, other;
	uint8_t *mem = pages(4 * PAGE);
	char edu[PCI_NAME_MAX];

	find_edu(0, edu);
	other = new_group(edu);
	assert_int_equal(type1_join(group, container), 0);
	assert_int_equal(type1_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	dev = type1_device_open(group, EMULATED_NAME);
	assert_true(dev >= 0);
	assert_int_equal(type1_map(container, TYPE1_RW, mem, 4 * PAGE, AT), 0);
	assert_int_equal(pin(dev, AT + PAGE, PAGE), 1);
	assert_int_equal(type1_join(other, container), 0);
	assert_int_equal(all_pinned(), 4 * PAGE);
	assert_int_equal(type1_leave(other), 0);
	assert_int_equal(all_pinned(), PAGE);
	fill(mem + PAGE, 64);
	assert_true(peeks(dev, AT + PAGE, mem + PAGE));
	close(other);
	close(dev);
	close(group);
	close(container);
	assert_int_equal(all_pinned(), 0);
	munmap(mem, 4 * PAGE);
}

/* Version 1 unmaps parts, so nobody may pin. */
static void test_emulated_v1(void **state)
{
	struct containerbed *bed = *state;
	int group = emulated_group(), dev;

	assert_int_equal(type1_join(group, bed->container), 0);
	dev = type1_device_open(group, EMULATED_NAME);
	assert_true(dev >= 0);
	assert_int_equal(pin(dev, SCRATCH_IOVA, PAGE), -EACCES);
	close(dev);
	close(group);
}

/* ---- the end ---- */

/* With mappings, in every order of the three fds. */
static void test_close(void **state)
{
	static const uint8_t orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	uint64_t uses = 0, uses_after = 1;
	uint8_t *mem = pages(HUGE);
	unsigned int i, j;

	assert_int_equal(file_read_u64(USES, &uses), 0);
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		struct containerbed *bed = bed_open(VFIO_TYPE1v2_IOMMU);
		const int fds[] = {
			bed->container, bed->group, bed->edu.edu.dev,
		};

		assert_int_equal(type1_map(bed->container, TYPE1_RW, mem, HUGE,
					   AT), 0);
		assert_int_equal(pinned(&bed->edu), HUGE);
		vfio_bar_unmap(&bed->edu.edu.bar);
		for (j = 0; j < 3; j++)
			close(fds[orders[i][j]]);
		assert_int_equal(status_kb("VmPin"), 0);
		munmap(bed->edu.scratch, PAGE);
		free(bed);
	}
	/* A context would still count. */
	assert_int_equal(file_read_u64(USES, &uses_after), 0);
	assert_int_equal(uses_after, uses);
	munmap(mem, HUGE);
}

static void be_killed(void *arg)
{
	struct containerbed *bed = bed_open(VFIO_TYPE1v2_IOMMU);
	int *ready = arg;

	check(!type1_map(bed->container, TYPE1_RW, pages(HUGE), HUGE, AT));
	check(write(ready[1], "", 1) == 1);
	pause();
}

static void test_killed(void **state)
{
	int ready[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(ready), 0);
	child = start_child(be_killed, ready, -1);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	kill_child(child);
	close(ready[0]);
	close(ready[1]);
	/* All is given back: it can be had again. */
	*state = bed_open(VFIO_TYPE1v2_IOMMU);
	teardown(state);
}

/* ---- who pays ---- */

/* As root, for a user without rights: opening is not what is tested. */
struct gift {
	int container;
	int group;
};

static void pay(void *arg)
{
	struct gift *gift = arg;
	uint8_t *mem = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(mem != MAP_FAILED);
	check(!type1_set_iommu(gift->container, VFIO_TYPE1v2_IOMMU));
	check(!type1_map(gift->container, TYPE1_RW, mem, 4 * PAGE, AT));
	/* By process, as the stock backend. */
	check(status_kb("VmLck") * 1024 == 4 * PAGE);
	check(type1_map(gift->container, TYPE1_RW, mem + 4 * PAGE, PAGE,
			AT + 4 * PAGE) == -ENOMEM);
	check(status_kb("VmLck") * 1024 == 4 * PAGE);
	check(!type1_unmap(gift->container, AT, 4 * PAGE, NULL));
	check(!status_kb("VmLck"));
	check(!type1_map(gift->container, TYPE1_RW, mem + 4 * PAGE, PAGE,
			 AT + 4 * PAGE));
}

static void test_limit(void **state)
{
	char bdf[PCI_NAME_MAX];
	struct gift gift;

	find_edu(0, bdf);
	gift.container = new_container();
	gift.group = new_group(bdf);
	assert_int_equal(type1_join(gift.group, gift.container), 0);
	run_as_user(pay, &gift, 4 * PAGE);
	close(gift.group);
	close(gift.container);
}

/*
 * Registers cost nothing, also where the limit is reached. What begins or ends
 * with memory is memory, which does.
 */
static void pay_for_registers(void *arg)
{
	struct containerbed *bed = arg;
	uint8_t *bar = bed->edu.edu.bar.base;
	size_t size = bed->edu.edu.bar.size;
	uint8_t *mem = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(mem != MAP_FAILED);
	check(!type1_map(bed->container, TYPE1_RW, bar, PAGE, AT));
	check(!type1_unmap(bed->container, AT, PAGE, NULL));
	/* All is used up. */
	check(!type1_map(bed->container, TYPE1_RW, mem, 2 * PAGE, AT));
	check(!type1_map(bed->container, TYPE1_RW, bar, PAGE, AT + HUGE));
	check(!type1_map(bed->container, TYPE1_RW, bar, size, AT + 2 * HUGE));
	check(!type1_map(bed->container, TYPE1_R, bar + 5 * PAGE, 3 * PAGE,
			 AT + 4 * HUGE));
	check(status_kb("VmLck") * 1024 == 2 * PAGE);
	check(mmap(bar + size - PAGE, PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
	      MAP_FAILED);
	check(type1_map(bed->container, TYPE1_RW, bar, size, AT + 5 * HUGE) ==
	      -ENOMEM);
	check(type1_map(bed->container, TYPE1_RW, bar + size - PAGE, PAGE,
			AT + 5 * HUGE) == -ENOMEM);
	check(type1_map(bed->container, TYPE1_RW, mem + 2 * PAGE, PAGE,
			AT + 5 * HUGE) == -ENOMEM);
	check(!type1_unmap_all(bed->container, NULL));
	check(!status_kb("VmLck"));
}

static void test_limit_mmio(void **state)
{
	struct containerbed *bed = *state;

	assert_int_equal(type1_unmap_all(bed->container, NULL), 0);
	run_as_user(pay_for_registers, bed, 2 * PAGE);
}

/* ---- which backend ---- */

static void newest_backend(char *name, size_t room)
{
	FILE *pipe = popen(NEWEST, "r");

	assert_non_null(pipe);
	name[0] = '\0';
	if (fgets(name, room, pipe))
		name[strcspn(name, "\n")] = '\0';
	pclose(pipe);
}

/* A container with the type of its group's device, not opened. */
static int new_backed(const char *bdf, int *group)
{
	int container = new_container();

	*group = new_group(bdf);
	assert_int_equal(type1_join(*group, container), 0);
	assert_int_equal(type1_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	return container;
}

/* The backend that was loaded last; a container keeps the one that it has. */
static void test_choice(void **state)
{
	char edu[PCI_NAME_MAX], nvme[PCI_NAME_MAX], name[64];
	int container, other, group, other_group, kmsg = kmsg_open();

	find_edu(0, edu);
	find_nvme(nvme);
	assert_int_equal(module_load("vfio_iommu_type1", NULL), 0);
	assert_int_equal(module_unload("vfio_iommufd"), 0);
	assert_true(kmsg_has(kmsg, "not served by iommufd any more"));
	newest_backend(name, sizeof(name));
	assert_string_equal(name, "vfio_iommu_type1");
	container = new_backed(edu, &group);
	assert_false(is_ours(container));

	assert_int_equal(module_load("vfio_iommufd", NULL), 0);
	assert_true(kmsg_has(kmsg, "served by iommufd from now on"));
	newest_backend(name, sizeof(name));
	assert_string_equal(name, "vfio_iommufd");
	other = new_backed(nvme, &other_group);
	assert_true(is_ours(other));
	assert_false(is_ours(container));
	/* In use. */
	assert_true(module_unload("vfio_iommufd") < 0);
	close(other_group);
	close(other);
	close(group);
	close(container);
	assert_int_equal(module_unload("vfio_iommufd"), 0);
	assert_int_equal(module_load("vfio_iommufd", NULL), 0);
	close(kmsg);
}

static void reload(const char *backend)
{
	char name[64];

	assert_int_equal(system("modprobe -r vfio_pci vfio_cdev vfio_iommufd vfio_iommu_type1"),
			 0);
	assert_int_equal(system("modprobe vfio-pci"), 0);
	newest_backend(name, sizeof(name));
	assert_string_equal(name, backend);
	assert_int_equal(access(IOMMUFD_NODE, F_OK), 0);
}

/* What `modprobe vfio-pci` chooses, without and with a line of modprobe.d. */
static void test_modprobe(void **state)
{
	reload("vfio_iommu_type1");
	assert_int_equal(module_loaded("vfio_iommufd"), 0);
	assert_int_equal(system("sed -i 's/^#softdep/softdep/' " CONFIG), 0);
	reload("vfio_iommufd");
	assert_int_equal(system("sed -i 's/^softdep.*iommufd/#&/' " CONFIG), 0);
	reload("vfio_iommu_type1");
}

#define with_bed(test) \
	cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_bed(test_dma),
		with_bed(test_answers),
		with_bed(test_errors),
		cmocka_unit_test_setup_teardown(test_v1, setup_v1, teardown),
		with_bed(test_one_owner),
		with_bed(test_two_groups),
		with_bed(test_two_dma),
		cmocka_unit_test(test_groups_first),
		with_bed(test_mmio),
		with_bed(test_mmio_swapped),
		with_bed(test_many),
		cmocka_unit_test(test_emulated),
		with_bed(test_emulated_beside),
		cmocka_unit_test(test_emulated_end),
		cmocka_unit_test(test_emulated_first),
		cmocka_unit_test_setup_teardown(test_emulated_v1, setup_v1,
						teardown),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_limit),
		with_bed(test_limit_mmio),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_modprobe),
	};

	if (bed_load() || module_load("vfio_iommufd", NULL))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
