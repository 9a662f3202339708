// SPDX-License-Identifier: GPL-2.0
/*
 * PASIDs of mock devices: a page table for a part of a device's DMA. 6.1 has none: there
 * each of these tests sees that it says so.
 */
#include <pthread.h>
#include <sched.h>

#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
#include "mockbed.h"
#include "pasid.h"
#include "test.h"
#include "threads.h"

#define BITS 20
#define PASID 100

/* In bytes: 256 pages. A page table of the mock may take 17 of them. */
#define MAX_TABLE_BYTES "/sys/module/iommufd/parameters/max_table_bytes"
#define LIMIT "1048576"

struct pasidbed {
	struct mockbed *bed;
	struct test_mock mock;	/* has PASIDs; attached to @plain */
	uint32_t plain, hwpt[2];	/* page tables for them, of the IOAS */
};

static int try_hwpt(struct mockbed *bed, uint32_t dev, uint32_t flags,
		    uint32_t *hwpt)
{
	return iommufd_hwpt_alloc(bed->fd, flags, dev, bed->ioas, hwpt);
}

static uint32_t new_table(struct pasidbed *bed)
{
	uint32_t hwpt = 0;

	assert_int_equal(try_hwpt(bed->bed, bed->mock.idev,
				  IOMMU_HWPT_ALLOC_PASID, &hwpt), 0);
	return hwpt;
}

static int attach(struct pasidbed *bed, uint32_t pasid, uint32_t pt)
{
	return test_pasid_attach(bed->bed->fd, bed->mock.stdev, pasid, pt);
}

static int replace(struct pasidbed *bed, uint32_t pasid, uint32_t pt)
{
	return test_pasid_replace(bed->bed->fd, bed->mock.stdev, pasid, pt);
}

static void detach(struct pasidbed *bed, uint32_t pasid)
{
	assert_int_equal(test_pasid_detach(bed->bed->fd, bed->mock.stdev,
					   pasid), 0);
}

static int move(struct pasidbed *bed, uint32_t pt)
{
	return test_mock_replace(bed->bed->fd, bed->mock.stdev, &pt);
}

static int destroy(struct pasidbed *bed, uint32_t id)
{
	return iommufd_destroy(bed->bed->fd, id);
}

static void is_at(struct pasidbed *bed, uint32_t pasid, uint32_t hwpt)
{
	assert_int_equal(test_pasid_check(bed->bed->fd, bed->mock.stdev, pasid,
					  hwpt), 0);
}

/* False where there can be none, and all calls say so. */
static bool begin(struct pasidbed *bed, void **state)
{
	struct mockbed *mockbed = *state;
	uint64_t capabilities;
	unsigned int bits;

	*bed = (struct pasidbed){ .bed = mockbed };
	bed->mock = add_mock(mockbed, mockbed->ioas, MOCK_FLAGS_DEVICE_PASID);
	assert_int_equal(iommufd_pasid_bits(mockbed->fd, bed->mock.idev, &bits,
					    &capabilities), 0);
	assert_int_equal(bits, kernel_is_6_1() ? 0 : BITS);
	if (kernel_is_6_1()) {
		assert_int_equal(try_hwpt(mockbed, bed->mock.idev,
					  IOMMU_HWPT_ALLOC_PASID, &bed->plain),
				 -EOPNOTSUPP);
		assert_int_equal(attach(bed, PASID, bed->mock.hwpt), -EINVAL);
		assert_int_equal(replace(bed, PASID, bed->mock.hwpt), -EINVAL);
		detach(bed, PASID);
		return false;
	}
	bed->plain = new_table(bed);
	assert_int_equal(move(bed, bed->plain), 0);
	bed->hwpt[0] = new_table(bed);
	bed->hwpt[1] = new_table(bed);
	return true;
}

/* Each goes to a page table of its own, and back. */
void test_pasid(void **state)
{
	struct mockbed *mockbed = *state;
	uint8_t *mem = small_pages(4 * PAGE);
	struct pasidbed bed;

	map_at(mockbed, FREE_IOVA, mem, 2 * PAGE);
	if (!begin(&bed, state))
		return;
	assert_int_equal(attach(&bed, PASID, bed.hwpt[0]), 0);
	assert_int_equal(attach(&bed, PASID + 1, bed.hwpt[1]), 0);
	/* The highest that there is, and two at the same page table. */
	assert_int_equal(attach(&bed, (1 << BITS) - 1, bed.hwpt[1]), 0);
	is_at(&bed, PASID, bed.hwpt[0]);
	is_at(&bed, PASID + 1, bed.hwpt[1]);
	is_at(&bed, (1 << BITS) - 1, bed.hwpt[1]);
	is_at(&bed, PASID + 2, 0);
	maps(mockbed, bed.hwpt[0], FREE_IOVA, mem, 2 * PAGE);
	map_at(mockbed, FREE_IOVA + 2 * PAGE, mem + 2 * PAGE, 2 * PAGE);
	maps(mockbed, bed.hwpt[1], FREE_IOVA, mem, 4 * PAGE);
	unmap(mockbed, FREE_IOVA, 2 * PAGE);
	maps_nothing(mockbed, bed.hwpt[0], FREE_IOVA, mem, 2 * PAGE);
	detach(&bed, PASID);
	is_at(&bed, PASID, 0);
	is_at(&bed, PASID + 1, bed.hwpt[1]);
	/* Without an attach it is no error. */
	detach(&bed, PASID);
	detach(&bed, UINT32_MAX);
	assert_int_equal(attach(&bed, PASID, bed.hwpt[1]), 0);
	is_at(&bed, PASID, bed.hwpt[1]);
	munmap(mem, 4 * PAGE);
}

/* A page table goes when no PASID is at it any more. */
void test_pasid_stands(void **state)
{
	struct pasidbed bed;

	if (!begin(&bed, state))
		return;
	assert_int_equal(attach(&bed, 1, bed.hwpt[0]), 0);
	assert_int_equal(attach(&bed, 2, bed.hwpt[0]), 0);
	assert_int_equal(destroy(&bed, bed.hwpt[0]), -EBUSY);
	detach(&bed, 1);
	assert_int_equal(destroy(&bed, bed.hwpt[0]), -EBUSY);
	assert_int_equal(replace(&bed, 2, bed.hwpt[1]), 0);
	assert_int_equal(destroy(&bed, bed.hwpt[0]), 0);
	assert_int_equal(destroy(&bed, bed.hwpt[1]), -EBUSY);
	/* The device takes its PASIDs along. */
	assert_int_equal(destroy(&bed, bed.mock.stdev), 0);
	assert_int_equal(destroy(&bed, bed.hwpt[1]), 0);
	assert_int_equal(destroy(&bed, bed.plain), 0);
}

/* Nothing changes after an error. */
void test_pasid_refused(void **state)
{
	struct mockbed *mockbed = *state;
	uint32_t automatic = mockbed->mock.hwpt;
	struct pasidbed bed;
	uint32_t ordinary;
	size_t i;

	if (!begin(&bed, state))
		return;
	ordinary = new_hwpt(mockbed, mockbed->ioas);
	assert_int_equal(attach(&bed, PASID, bed.hwpt[0]), 0);
	{
		const struct {
			uint32_t pasid, pt;
			int attach, replace;
		} calls[] = {
			{ PASID, bed.hwpt[1], EBUSY, 0 },
			{ PASID, ordinary, EBUSY, EINVAL },
			{ PASID, automatic, EBUSY, EINVAL },
			{ PASID, mockbed->ioas, EINVAL, EINVAL },
			{ PASID, NO_ID, ENOENT, ENOENT },
			{ PASID + 1, ordinary, EINVAL, EINVAL },
			{ PASID + 1, automatic, EINVAL, EINVAL },
			{ PASID + 1, mockbed->ioas, EINVAL, EINVAL },
			{ PASID + 1, bed.mock.idev, EINVAL, EINVAL },
			{ PASID + 1, bed.mock.stdev, EINVAL, EINVAL },
			{ PASID + 1, NO_ID, ENOENT, ENOENT },
			{ 1 << BITS, bed.hwpt[0], EINVAL, EINVAL },
			{ UINT32_MAX, bed.hwpt[0], EINVAL, EINVAL },
		};

		for (i = 0; i < ARRAY_SIZE(calls); i++) {
			assert_int_equal(attach(&bed, calls[i].pasid,
						calls[i].pt),
					 -calls[i].attach);
			is_at(&bed, PASID, bed.hwpt[0]);
			if (!calls[i].replace)
				continue;
			assert_int_equal(replace(&bed, calls[i].pasid,
						 calls[i].pt),
					 -calls[i].replace);
			is_at(&bed, PASID, bed.hwpt[0]);
		}
	}
	is_at(&bed, PASID + 1, 0);
	/* A device without. */
	assert_int_equal(test_pasid_attach(mockbed->fd, mockbed->mock.stdev,
					   PASID, bed.hwpt[0]), -EINVAL);
	assert_int_equal(destroy(&bed, ordinary), 0);
	assert_int_equal(destroy(&bed, bed.hwpt[1]), 0);
}

/* What all other DMA goes through must be made for PASIDs, too, while there are any. */
void test_pasid_beside_others(void **state)
{
	struct mockbed *mockbed = *state;
	struct pasidbed bed;
	uint32_t ordinary;

	if (!begin(&bed, state))
		return;
	ordinary = new_hwpt(mockbed, mockbed->ioas);
	assert_int_equal(move(&bed, ordinary), 0);
	assert_int_equal(attach(&bed, PASID, bed.hwpt[0]), -EINVAL);
	is_at(&bed, PASID, 0);
	assert_int_equal(move(&bed, bed.plain), 0);
	assert_int_equal(attach(&bed, PASID, bed.hwpt[0]), 0);
	assert_int_equal(move(&bed, ordinary), -EINVAL);
	assert_int_equal(move(&bed, mockbed->ioas), -EINVAL);
	assert_int_equal(move(&bed, bed.hwpt[0]), 0);
	assert_int_equal(move(&bed, bed.plain), 0);
	/* It was not at any of these. */
	assert_int_equal(destroy(&bed, ordinary), 0);
	detach(&bed, PASID);
	assert_int_equal(move(&bed, mockbed->ioas), 0);
	assert_int_equal(destroy(&bed, bed.hwpt[0]), 0);
}

void test_pasid_moves(void **state)
{
	struct mockbed *mockbed = *state;
	uint8_t *mem = small_pages(2 * PAGE);
	struct pasidbed bed;

	if (!begin(&bed, state))
		return;
	map_at(mockbed, FREE_IOVA, mem, 2 * PAGE);
	assert_int_equal(replace(&bed, PASID, bed.hwpt[0]), -EINVAL);
	assert_int_equal(attach(&bed, PASID, bed.hwpt[0]), 0);
	/* To the same it is nothing. */
	assert_int_equal(replace(&bed, PASID, bed.hwpt[0]), 0);
	is_at(&bed, PASID, bed.hwpt[0]);
	/* May be the first attach of the other, which is filled by that. */
	assert_int_equal(replace(&bed, PASID, bed.hwpt[1]), 0);
	is_at(&bed, PASID, bed.hwpt[1]);
	maps(mockbed, bed.hwpt[1], FREE_IOVA, mem, 2 * PAGE);
	assert_int_equal(replace(&bed, PASID, bed.plain), 0);
	is_at(&bed, PASID, bed.plain);
	assert_int_equal(destroy(&bed, bed.hwpt[0]), 0);
	assert_int_equal(destroy(&bed, bed.hwpt[1]), 0);
	munmap(mem, 2 * PAGE);
}

/* The driver fails: it is where it was. */
void test_pasid_way_back(void **state)
{
	struct pasidbed bed;

	if (!begin(&bed, state))
		return;
	assert_int_equal(attach(&bed, MOCK_PASID_FAILS, bed.hwpt[0]), 0);
	assert_int_equal(replace(&bed, MOCK_PASID_FAILS, bed.hwpt[1]),
			 -ENOMEM);
	is_at(&bed, MOCK_PASID_FAILS, bed.hwpt[0]);
	assert_int_equal(destroy(&bed, bed.hwpt[0]), -EBUSY);
	assert_int_equal(destroy(&bed, bed.hwpt[1]), 0);
	detach(&bed, MOCK_PASID_FAILS);
	assert_int_equal(attach(&bed, MOCK_PASID_FAILS, bed.hwpt[0]), -ENOMEM);
	is_at(&bed, MOCK_PASID_FAILS, 0);
	assert_int_equal(destroy(&bed, bed.hwpt[0]), 0);
}

/* A table that user space writes, for a PASID alone. */
void test_pasid_nested(void **state)
{
	struct mockbed *mockbed = *state;
	struct iommu_hwpt_selftest data = { .iotlb = 1 };
	struct iommu_hwpt_alloc arg = {
		.size = sizeof(arg), .flags = IOMMU_HWPT_ALLOC_PASID,
		.data_type = IOMMU_HWPT_DATA_SELFTEST,
		.data_len = sizeof(data), .data_uptr = (uintptr_t)&data,
	};
	struct pasidbed bed;
	uint32_t parent;

	if (!begin(&bed, state))
		return;
	assert_int_equal(try_hwpt(mockbed, bed.mock.idev,
				  IOMMU_HWPT_ALLOC_PASID |
				  IOMMU_HWPT_ALLOC_NEST_PARENT, &parent), 0);
	assert_int_equal(move(&bed, parent), 0);
	arg.dev_id = bed.mock.idev;
	arg.pt_id = parent;
	assert_int_equal(iommufd_call(mockbed->fd, IOMMU_HWPT_ALLOC, &arg), 0);
	assert_int_equal(attach(&bed, PASID, arg.out_hwpt_id), 0);
	is_at(&bed, PASID, arg.out_hwpt_id);
	assert_int_equal(destroy(&bed, arg.out_hwpt_id), -EBUSY);
	assert_int_equal(replace(&bed, PASID, bed.hwpt[0]), 0);
	assert_int_equal(replace(&bed, PASID, arg.out_hwpt_id), 0);
	assert_int_equal(move(&bed, bed.plain), 0);
	/* One that was not made for it. */
	assert_int_equal(destroy(&bed, bed.hwpt[0]), 0);
	detach(&bed, PASID);
	assert_int_equal(destroy(&bed, arg.out_hwpt_id), 0);
	arg.flags = 0;
	assert_int_equal(iommufd_call(mockbed->fd, IOMMU_HWPT_ALLOC, &arg), 0);
	assert_int_equal(attach(&bed, PASID, arg.out_hwpt_id), -EINVAL);
	assert_int_equal(destroy(&bed, arg.out_hwpt_id), 0);
	assert_int_equal(destroy(&bed, parent), 0);
}

/* What the kernel keeps for them is charged to nobody else. */
void test_pasid_limit(void **state)
{
	struct pasidbed bed;
	unsigned int n, i;
	char before[32];
	int rc = 0;

	if (!begin(&bed, state))
		return;
	assert_true(file_read(MAX_TABLE_BYTES, before, sizeof(before)) > 0);
	assert_int_equal(file_write(MAX_TABLE_BYTES, LIMIT), 0);
	for (n = 0; n < 256 && !rc; n += !rc)
		rc = attach(&bed, 1 + n, bed.hwpt[0]);
	assert_int_equal(rc, -ENOSPC);
	assert_in_range(n, 100, 255);
	for (i = 0; i < n; i++)
		detach(&bed, 1 + i);
	/* All of it comes back. */
	for (i = 0; i < n; i++)
		assert_int_equal(attach(&bed, 1 + i, bed.hwpt[0]), 0);
	assert_int_equal(attach(&bed, 1 + n, bed.hwpt[0]), -ENOSPC);
	assert_int_equal(file_write(MAX_TABLE_BYTES, before), 0);
}

/* A file that is closed takes them along; the mock sees that nothing is left. */
void test_pasid_close(void **state)
{
	struct mockbed *mockbed = *state;
	struct pasidbed bed;
	unsigned int i;

	if (!begin(&bed, state))
		return;
	for (i = 1; i < 300; i++)
		assert_int_equal(attach(&bed, i, bed.hwpt[i % 2]), 0);
	close(mockbed->fd);
	mockbed->fd = new_fd();
}

/* ---- all at once ---- */

#define RACE_MS 400

struct race {
	struct pasidbed bed;
	uint8_t *mem;
	uint64_t end;
	uint32_t doomed;	/* a page table that is destroyed at once */
	unsigned int turn;
	unsigned int unexpected;
};

static void note(struct race *race, const char *what, int rc)
{
	if (rc && rc != -ENOENT && rc != -EBUSY && rc != -EINVAL &&
	    rc != -EEXIST) {
		print_error("race: %s: %s\n", what, strerror(-rc));
		__atomic_add_fetch(&race->unexpected, 1, __ATOMIC_RELAXED);
	}
}

/* Two of these have the same PASIDs. */
static void *race_pasid(void *arg)
{
	struct race *race = arg;
	struct pasidbed *bed = &race->bed;
	uint32_t fd = bed->bed->fd, pasid = 1;

	while (clock_ms() < race->end) {
		pasid = pasid % 3 + 1;
		note(race, "attach", attach(bed, pasid, bed->hwpt[0]));
		note(race, "replace", replace(bed, pasid, bed->hwpt[1]));
		note(race, "replace", replace(bed, pasid, bed->plain));
		note(race, "detach", test_pasid_detach(fd, bed->mock.stdev,
						       pasid));
	}
	return NULL;
}

static void *race_table(void *arg)
{
	struct race *race = arg;
	struct pasidbed *bed = &race->bed;

	while (clock_ms() < race->end) {
		uint32_t hwpt = 0;

		note(race, "hwpt", try_hwpt(bed->bed, bed->mock.idev,
					    IOMMU_HWPT_ALLOC_PASID, &hwpt));
		note(race, "attach", attach(bed, 1, hwpt));
		note(race, "replace", replace(bed, 2, hwpt));
		note(race, "move", move(bed, hwpt));
		note(race, "destroy", destroy(bed, hwpt));
		note(race, "move", move(bed, bed->plain));
		test_pasid_detach(bed->bed->fd, bed->mock.stdev, 1);
		note(race, "replace", replace(bed, 2, bed->plain));
		/* Not while somebody is at it, who may come back any time. */
		while (destroy(bed, hwpt) == -EBUSY && clock_ms() < race->end) {
			test_pasid_detach(bed->bed->fd, bed->mock.stdev, 1);
			test_pasid_detach(bed->bed->fd, bed->mock.stdev, 2);
			move(bed, bed->plain);
		}
	}
	return NULL;
}

static void *race_map(void *arg)
{
	struct race *race = arg;
	struct mockbed *bed = race->bed.bed;

	while (clock_ms() < race->end) {
		note(race, "map", try_map(bed, bed->ioas, FREE_IOVA, race->mem,
					  16 * PAGE));
		note(race, "unmap", iommufd_unmap(bed->fd, bed->ioas, FREE_IOVA,
						  16 * PAGE, NULL));
	}
	return NULL;
}

static void *race_doom(void *arg)
{
	struct race *race = arg;

	while (clock_ms() < race->end) {
		uint32_t hwpt = 0;

		note(race, "hwpt", try_hwpt(race->bed.bed, race->bed.mock.idev,
					    IOMMU_HWPT_ALLOC_PASID, &hwpt));
		__atomic_store_n(&race->doomed, hwpt, __ATOMIC_RELAXED);
		sched_yield();
		while (destroy(&race->bed, hwpt) == -EBUSY)
			sched_yield();
	}
	return NULL;
}

/* Nobody attaches what is being destroyed, as it would be freed all the same. */
static void *race_late(void *arg)
{
	struct race *race = arg;
	struct pasidbed *bed = &race->bed;

	while (clock_ms() < race->end) {
		uint32_t hwpt = __atomic_load_n(&race->doomed, __ATOMIC_RELAXED);

		note(race, "attach", attach(bed, 4, hwpt));
		note(race, "replace", replace(bed, 4, bed->hwpt[0]));
		note(race, "replace", replace(bed, 4, hwpt));
		test_pasid_detach(bed->bed->fd, bed->mock.stdev, 4);
	}
	return NULL;
}

void test_pasid_race(void **state)
{
	static const thread_run threads[] = {
		race_pasid, race_table, race_map, race_pasid, race_doom,
		race_late,
	};
	struct mockbed *mockbed = *state;
	struct race race = { .mem = scattered_pages(16 * PAGE) };

	if (!begin(&race.bed, state))
		return;
	race.end = clock_ms() + RACE_MS;
	threads_run(threads, ARRAY_SIZE(threads), &race);
	assert_int_equal(race.unexpected, 0);
	assert_int_equal(destroy(&race.bed, race.bed.mock.stdev), 0);
	assert_int_equal(destroy(&race.bed, race.bed.hwpt[0]), 0);
	assert_int_equal(destroy(&race.bed, race.bed.hwpt[1]), 0);
	assert_int_equal(destroy(&race.bed, race.bed.plain), 0);
	assert_int_equal(iommufd_unmap_all(mockbed->fd, mockbed->ioas, NULL),
			 0);
	assert_int_equal(pinned(mockbed), 0);
	munmap(race.mem, 16 * PAGE);
}
