// SPDX-License-Identifier: GPL-2.0
/*
 * Registers that become memory, and memory that becomes registers; and how many mappings
 * there may be.
 */
#include <linux/vfio.h>
#include <pthread.h>

#include "bed.h"
#include "clock.h"
#include "containerbed.h"
#include "edubed.h"
#include "iommufd.h"
#include "memory.h"
#include "mmio.h"
#include "registers.h"
#include "type1.h"

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
void test_mmio_swapped(void **state)
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
		/* Registers have gone again, and no device reaches them any more. */
		if (count[memory]++ < SWAP_DMA && memory)
			assert_false(dma_reads(&bed->edu, AT, &id, sizeof(id)));
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
void test_many(void **state)
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
