// SPDX-License-Identifier: GPL-2.0
/*
 * Nested page tables, and what the hardware is to forget of them. 6.1 can't nest: there
 * each of these tests sees that it says so.
 */
#include <pthread.h>

#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "iommufd.h"
#include "memory.h"
#include "mockbed.h"
#include "nested.h"
#include "test.h"
#include "threads.h"

#define WORDS MOCK_NESTED_DOMAIN_IOTLB_NUM
#define TYPE IOMMU_HWPT_DATA_SELFTEST
#define ENTRY IOMMU_HWPT_INVALIDATE_DATA_SELFTEST

static int try_nested(struct mockbed *bed, uint32_t parent, uint32_t iotlb,
		      uint32_t *hwpt)
{
	struct iommu_hwpt_selftest data = { .iotlb = iotlb };

	return iommufd_hwpt_nested(bed->fd, bed->mock.idev, parent, TYPE, &data,
				   sizeof(data), hwpt);
}

static uint32_t new_nested(struct mockbed *bed, uint32_t parent, uint32_t iotlb)
{
	uint32_t hwpt = 0;

	assert_int_equal(try_nested(bed, parent, iotlb, &hwpt), 0);
	return hwpt;
}

static int try_parent(struct mockbed *bed, uint32_t *hwpt)
{
	return iommufd_hwpt_alloc(bed->fd, IOMMU_HWPT_ALLOC_NEST_PARENT,
				  bed->mock.idev, bed->ioas, hwpt);
}

static void move(struct mockbed *bed, uint32_t pt)
{
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt), 0);
}

/* Filled, as the device was attached to it. 0 where the kernel can't nest. */
static uint32_t new_parent(struct mockbed *bed)
{
	uint32_t hwpt = 0;
	int rc = try_parent(bed, &hwpt);

	if (kernel_is_6_1()) {
		assert_int_equal(rc, -EOPNOTSUPP);
		return 0;
	}
	assert_int_equal(rc, 0);
	move(bed, hwpt);
	return hwpt;
}

static void iotlb_is(struct mockbed *bed, uint32_t hwpt, uint32_t a, uint32_t b,
		     uint32_t c, uint32_t d)
{
	uint32_t want[WORDS] = { a, b, c, d }, i;

	for (i = 0; i < WORDS; i++)
		assert_int_equal(test_check_iotlb(bed->fd, hwpt, i, want[i]),
				 0);
}

/* A parent is a page table like any other. */
void test_nest_parent(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = small_pages(4 * PAGE);
	uint32_t parent;

	map_at(bed, FREE_IOVA, mem, 2 * PAGE);
	parent = new_parent(bed);
	if (parent) {
		maps(bed, parent, FREE_IOVA, mem, 2 * PAGE);
		map_at(bed, FREE_IOVA + 2 * PAGE, mem + 2 * PAGE, 2 * PAGE);
		maps(bed, parent, FREE_IOVA, mem, 4 * PAGE);
		unmap(bed, FREE_IOVA, 2 * PAGE);
		maps_nothing(bed, parent, FREE_IOVA, mem, 2 * PAGE);
		assert_int_equal(iommufd_destroy(bed->fd, parent), -EBUSY);
		move(bed, bed->ioas);
		assert_int_equal(iommufd_destroy(bed->fd, parent), 0);
	}
	munmap(mem, 4 * PAGE);
}

/* It stands on its parent, and the device on it; the parent goes on changing. */
void test_nested(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = small_pages(4 * PAGE);
	uint32_t parent = new_parent(bed), nested;

	if (!parent)
		return;
	nested = new_nested(bed, parent, 7);
	iotlb_is(bed, nested, 7, 7, 7, 7);
	assert_int_equal(test_check_iotlb(bed->fd, nested, 0, 8), -EINVAL);
	assert_int_equal(test_check_iotlb(bed->fd, nested, WORDS, 7), -EINVAL);
	move(bed, nested);
	assert_int_equal(iommufd_destroy(bed->fd, parent), -EBUSY);
	assert_int_equal(iommufd_destroy(bed->fd, nested), -EBUSY);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), -EBUSY);
	map_at(bed, FREE_IOVA, mem, 4 * PAGE);
	maps(bed, parent, FREE_IOVA, mem, 4 * PAGE);
	assert_int_equal(pinned(bed), 4 * PAGE);
	unmap(bed, FREE_IOVA, 4 * PAGE);
	maps_nothing(bed, parent, FREE_IOVA, mem, 4 * PAGE);
	assert_int_equal(pinned(bed), 0);
	/* It is no page table that we fill. */
	assert_int_equal(test_check_map(bed->fd, nested, FREE_IOVA, mem, PAGE),
			 -ENOENT);
	move(bed, parent);
	assert_int_equal(iommufd_destroy(bed->fd, nested), 0);
	assert_int_equal(test_check_iotlb(bed->fd, nested, 0, 7), -ENOENT);
	munmap(mem, 4 * PAGE);
}

/*
 * Where a page table is filled by its first attach only, nothing can be nested on it
 * before; elsewhere it can at once.
 */
void test_nested_on_unfilled(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = small_pages(PAGE);
	uint32_t parent = 0, nested = 0;
	int rc;

	map_at(bed, FREE_IOVA, mem, PAGE);
	if (try_parent(bed, &parent))
		return;
	rc = try_nested(bed, parent, 1, &nested);
	if (rc) {
		assert_int_equal(rc, -EINVAL);
		move(bed, parent);
		nested = new_nested(bed, parent, 1);
	}
	move(bed, nested);
	maps(bed, parent, FREE_IOVA, mem, PAGE);
	move(bed, bed->ioas);
	assert_int_equal(iommufd_destroy(bed->fd, parent), -EBUSY);
	assert_int_equal(iommufd_destroy(bed->fd, nested), 0);
	assert_int_equal(iommufd_destroy(bed->fd, parent), 0);
}

/* Between two nested ones, and to other page tables and IOASes, and back. */
void test_nested_moves(void **state)
{
	struct mockbed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd), parent = new_parent(bed), one, two;
	struct test_mock late;

	if (!parent)
		return;
	one = new_nested(bed, parent, 1);
	two = new_nested(bed, parent, 2);
	move(bed, one);
	move(bed, two);
	assert_int_equal(iommufd_destroy(bed->fd, one), 0);
	assert_int_equal(iommufd_destroy(bed->fd, two), -EBUSY);
	iotlb_is(bed, two, 2, 2, 2, 2);
	/* The same again is nothing new. */
	move(bed, two);
	/* Another device, at once. */
	late = add_mock(bed, two, 0);
	assert_int_equal(late.hwpt, two);
	move(bed, ioas);
	assert_int_equal(iommufd_destroy(bed->fd, two), -EBUSY);
	move(bed, two);
	move(bed, parent);
	assert_int_equal(iommufd_destroy(bed->fd, late.stdev), 0);
	assert_int_equal(iommufd_destroy(bed->fd, two), 0);
	move(bed, bed->ioas);
	assert_int_equal(iommufd_destroy(bed->fd, parent), 0);
	assert_int_equal(iommufd_destroy(bed->fd, ioas), 0);
}

struct refused_nest {
	uint32_t flags, pt, type, length;
	const void *data;
	int error;
};

void test_nested_refused(void **state)
{
	struct mockbed *bed = *state;
	uint32_t parent = new_parent(bed), other = new_ioas(bed->fd), nested;
	uint32_t plain = new_hwpt(bed, bed->ioas);
	struct test_mock automatic = add_mock(bed, other, 0);
	struct {
		struct iommu_hwpt_selftest known;
		uint64_t more;
	} data = { .more = 1 };
	const struct refused_nest calls[] = {
		{ 1, parent, TYPE, 8, &data, EOPNOTSUPP },
		{ 2, parent, TYPE, 8, &data, EOPNOTSUPP },
		{ 4, parent, TYPE, 8, &data, EOPNOTSUPP },
		{ 16, parent, TYPE, 8, &data, EOPNOTSUPP },
		{ 0, parent, TYPE + 1, 8, &data, EOPNOTSUPP },
		{ 0, parent, IOMMU_HWPT_DATA_VTD_S1, 8, &data, EOPNOTSUPP },
		{ 0, parent, 0, 8, &data, EINVAL },
		{ 0, parent, TYPE, 0, &data, EINVAL },
		{ 0, parent, 0, 0, NULL, EOPNOTSUPP },
		{ 0, parent, TYPE, 3, &data, EINVAL },
		{ 0, parent, TYPE, 16, &data, EINVAL },
		{ 0, parent, TYPE, UINT32_MAX, &data, EINVAL },
		{ 0, parent, TYPE, 8, NULL, EFAULT },
		{ 0, parent, TYPE, 8, (void *)-4UL, EFAULT },
		{ 0, plain, TYPE, 8, &data, EINVAL },
		{ 0, automatic.hwpt, TYPE, 8, &data, EINVAL },
		{ 0, bed->ioas, TYPE, 8, &data, EOPNOTSUPP },
		{ 0, bed->mock.idev, TYPE, 8, &data, EINVAL },
		{ 0, bed->mock.stdev, TYPE, 8, &data, EINVAL },
		{ 0, NO_ID, TYPE, 8, &data, EINVAL },
		{ 0, 0, TYPE, 8, &data, EINVAL },
	};
	size_t i;

	if (!parent)
		return;
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		struct iommu_hwpt_alloc arg = {
			.size = sizeof(arg), .flags = calls[i].flags,
			.dev_id = bed->mock.idev, .pt_id = calls[i].pt,
			.data_type = calls[i].type,
			.data_len = calls[i].length,
			.data_uptr = (uintptr_t)calls[i].data,
		};
		int rc = iommufd_call(bed->fd, IOMMU_HWPT_ALLOC, &arg);

		if (rc != -calls[i].error)
			fail_msg("call %zu: returned %d, not %d", i, rc,
				 -calls[i].error);
	}
	/* A nested one is no parent. */
	nested = new_nested(bed, parent, 1);
	assert_int_equal(try_nested(bed, nested, 1, &nested), -EINVAL);
	assert_int_equal(iommufd_destroy(bed->fd, nested), 0);
	assert_int_equal(try_nested(bed, nested, 1, &nested), -EINVAL);
	/* None of the attempts stands on the parent. */
	move(bed, bed->ioas);
	assert_int_equal(iommufd_destroy(bed->fd, parent), 0);
	assert_int_equal(try_nested(bed, parent, 1, &nested), -EINVAL);
}

/*
 * A file that is closed lets nested ones go before their parents, whatever their ids:
 * here the nested one has that of an object that was there before the parent.
 */
void test_nested_close(void **state)
{
	struct mockbed *bed = *state;
	uint32_t low = new_ioas(bed->fd), parent = new_parent(bed), nested;

	if (!parent)
		return;
	assert_int_equal(iommufd_destroy(bed->fd, low), 0);
	nested = new_nested(bed, parent, 1);
	new_nested(bed, parent, 2);
	move(bed, nested);
}

/* ---- to forget ---- */

static int forget(struct mockbed *bed, uint32_t hwpt,
		  const struct iommu_hwpt_invalidate_selftest *entries,
		  uint32_t *num)
{
	return iommufd_invalidate(bed->fd, hwpt, ENTRY, entries,
				  sizeof(*entries), num);
}

void test_invalidate(void **state)
{
	struct mockbed *bed = *state;
	struct iommu_hwpt_invalidate_selftest entry[2] = {};
	uint32_t parent = new_parent(bed), one, two, num = 1;

	if (!parent)
		return;
	one = new_nested(bed, parent, 5);
	two = new_nested(bed, parent, 6);
	entry[0].iotlb_id = 1;
	assert_int_equal(forget(bed, one, entry, &num), 0);
	assert_int_equal(num, 1);
	iotlb_is(bed, one, 5, 0, 5, 5);
	iotlb_is(bed, two, 6, 6, 6, 6);
	/* How far it came, where the second is wrong. */
	entry[0].iotlb_id = 0;
	entry[1].iotlb_id = WORDS;
	num = 2;
	assert_int_equal(forget(bed, one, entry, &num), -EINVAL);
	assert_int_equal(num, 1);
	iotlb_is(bed, one, 0, 0, 5, 5);
	entry[0].iotlb_id = 2;
	entry[1] = (struct iommu_hwpt_invalidate_selftest){ .flags = 2 };
	num = 2;
	assert_int_equal(forget(bed, one, entry, &num), -EOPNOTSUPP);
	assert_int_equal(num, 1);
	iotlb_is(bed, one, 0, 0, 0, 5);
	entry[0].flags = IOMMU_TEST_INVALIDATE_FLAG_ALL;
	num = 1;
	assert_int_equal(forget(bed, two, entry, &num), 0);
	iotlb_is(bed, two, 0, 0, 0, 0);
	/* None: only asks whether the type is served. */
	num = 0;
	assert_int_equal(forget(bed, one, NULL, &num), 0);
	assert_int_equal(iommufd_invalidate(bed->fd, one, 0, NULL, 0, &num),
			 -EINVAL);
	iotlb_is(bed, one, 0, 0, 0, 5);
}

#define MANY 1000

/* More than the driver is given at a time; the array ends where memory does. */
void test_invalidate_many(void **state)
{
	size_t size = MANY * sizeof(struct iommu_hwpt_invalidate_selftest);
	struct mockbed *bed = *state;
	uint32_t parent = new_parent(bed), hwpt, num = MANY;
	struct iommu_hwpt_invalidate_selftest *entry;
	uint8_t *mem;

	if (!parent)
		return;
	mem = pages(4 * PAGE);
	munmap(mem + 2 * PAGE, PAGE);
	entry = (void *)(mem + 2 * PAGE - size);
	hwpt = new_nested(bed, parent, 9);
	entry[MANY - 1].iotlb_id = 3;
	assert_int_equal(forget(bed, hwpt, entry, &num), 0);
	assert_int_equal(num, MANY);
	iotlb_is(bed, hwpt, 0, 9, 9, 0);
	/* One too many, and one that can't be served, far behind. */
	num = MANY + 1;
	assert_int_equal(forget(bed, hwpt, entry, &num), -EFAULT);
	assert_int_equal(num, MANY);
	entry[777].iotlb_id = WORDS;
	num = MANY;
	assert_int_equal(forget(bed, hwpt, entry, &num), -EINVAL);
	assert_int_equal(num, 777);
	munmap(mem, 2 * PAGE);
	munmap(mem + 3 * PAGE, PAGE);
}

struct refused_invalidate {
	uint32_t hwpt, type, length, num, reserved;
	const void *data;
	int error;
};

void test_invalidate_refused(void **state)
{
	struct mockbed *bed = *state;
	struct test_mock other = add_mock(bed, new_ioas(bed->fd), 0);
	uint32_t parent = new_parent(bed), hwpt = 0;
	static uint8_t data[2 * PAGE];
	size_t i;

	if (parent)
		hwpt = new_nested(bed, parent, 5);

	const struct refused_invalidate any[] = {
		{ other.hwpt, ENTRY, 8, 1, 0, data, EINVAL },
		{ bed->ioas, ENTRY, 8, 1, 0, data, EINVAL },
		{ bed->mock.idev, ENTRY, 8, 1, 0, data, EINVAL },
		{ NO_ID, ENTRY, 8, 1, 0, data, ENOENT },
		{ NO_ID, ENTRY, 8, 1, 1, data, EOPNOTSUPP },
		{ NO_ID, ENTRY, 0, 1, 0, data, EINVAL },
		{ NO_ID, ENTRY, 8, 1, 0, NULL, EINVAL },
		{ NO_ID, ENTRY, PAGE + 1, 1, 0, data, EINVAL },
		{ NO_ID, ENTRY, 8, (1 << 19) + 1, 0, data, EINVAL },
		/* From here on for those that can nest. */
		{ parent, ENTRY, 8, 1, 0, data, EINVAL },
		{ hwpt, 0, 8, 1, 0, data, EINVAL },
		{ hwpt, ENTRY, 7, 1, 0, data, EINVAL },
		{ hwpt, ENTRY, 16, 1, 0, data, EINVAL },
		{ hwpt, ENTRY, PAGE, 1, 0, data, EINVAL },
		{ hwpt, ENTRY, 8, 1, 0, (void *)8, EFAULT },
		{ hwpt, ENTRY, 8, 1, 0, (void *)-8UL, EFAULT },
		{ hwpt, ENTRY, 8, 1 << 19, 0, (void *)(3UL << 46), EFAULT },
	};

	for (i = 0; i < (parent ? ARRAY_SIZE(any) : 9); i++) {
		struct iommu_hwpt_invalidate arg = {
			.size = sizeof(arg), .hwpt_id = any[i].hwpt,
			.data_uptr = (uintptr_t)any[i].data,
			.data_type = any[i].type, .entry_len = any[i].length,
			.entry_num = any[i].num, .__reserved = any[i].reserved,
		};
		int rc = iommufd_call(bed->fd, IOMMU_HWPT_INVALIDATE, &arg);

		if (rc != -any[i].error)
			fail_msg("call %zu: returned %d, not %d", i, rc,
				 -any[i].error);
		assert_int_equal(arg.entry_num, 0);
	}
	if (parent)
		iotlb_is(bed, hwpt, 5, 5, 5, 5);
}

#define FIELD(name) \
	{ offsetof(struct iommu_hwpt_invalidate, name), \
	  sizeof(((struct iommu_hwpt_invalidate *)NULL)->name) }

/*
 * Each field takes what could upset it. What is refused at once has been done in no
 * part; what is accepted can be told from the answer.
 */
void test_invalidate_fields(void **state)
{
	static const struct { size_t offset, size; } fields[] = {
		FIELD(hwpt_id), FIELD(data_uptr), FIELD(data_type),
		FIELD(entry_len), FIELD(entry_num), FIELD(__reserved),
	};
	static struct iommu_hwpt_invalidate_selftest entry[2];
	struct mockbed *bed = *state;
	uint32_t parent = new_parent(bed), hwpt, word;
	const uint64_t values[] = {
		0, 1, 2, 3, 7, 8, 9, 16, 0xfff, PAGE, PAGE + 1, 1 << 19,
		(1 << 19) + 1, 0x7fffffff, 0x80000000, 0xffffffff, 1UL << 32,
		0x7fffffffe000, 0x800000000000, 0x7fffffffffffffff, 1UL << 63,
		0xffff888000000000, -PAGE, UINT64_MAX, (uintptr_t)entry,
		(uintptr_t)entry + 1, parent, bed->ioas, bed->mock.idev, NO_ID,
		ENTRY,
	};
	size_t i, k;

	if (!parent)
		return;
	hwpt = new_nested(bed, parent, 5);
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		for (k = 0; k < ARRAY_SIZE(values); k++) {
			struct iommu_hwpt_invalidate arg = {
				.size = sizeof(arg), .hwpt_id = hwpt,
				.data_uptr = (uintptr_t)entry,
				.data_type = ENTRY,
				.entry_len = sizeof(entry[0]),
				.entry_num = ARRAY_SIZE(entry),
			};
			int rc;

			memcpy((uint8_t *)&arg + fields[i].offset, &values[k],
			       fields[i].size);
			rc = iommufd_call(bed->fd, IOMMU_HWPT_INVALIDATE, &arg);
			word = arg.entry_num ? 0 : 5;
			if (!rc || arg.entry_num) {
				assert_int_equal(test_check_iotlb(bed->fd, hwpt,
								  0, word), 0);
				assert_int_equal(iommufd_destroy(bed->fd, hwpt),
						 0);
				hwpt = new_nested(bed, parent, 5);
			} else {
				assert_true(rc == -EINVAL || rc == -EFAULT ||
					    rc == -ENOENT || rc == -EOPNOTSUPP);
			}
			iotlb_is(bed, hwpt, 5, 5, 5, 5);
		}
	}
}

/* The answer can't be written: it fails, whatever was done. */
void test_invalidate_read_only(void **state)
{
	struct iommu_hwpt_invalidate_selftest entry = {};
	struct mockbed *bed = *state;
	uint32_t parent = new_parent(bed);
	struct iommu_hwpt_invalidate *arg;

	if (!parent)
		return;
	arg = pages(PAGE);
	*arg = (struct iommu_hwpt_invalidate){
		.size = sizeof(*arg), .hwpt_id = new_nested(bed, parent, 5),
		.data_uptr = (uintptr_t)&entry, .data_type = ENTRY,
		.entry_len = sizeof(entry), .entry_num = 1,
	};
	mprotect(arg, PAGE, PROT_READ);
	assert_int_equal(iommufd_call(bed->fd, IOMMU_HWPT_INVALIDATE, arg),
			 -EFAULT);
	mprotect(arg, PAGE, PROT_READ | PROT_WRITE);
	assert_int_equal(iommufd_call(bed->fd, IOMMU_HWPT_INVALIDATE, arg), 0);
	iotlb_is(bed, arg->hwpt_id, 0, 5, 5, 5);
	munmap(arg, PAGE);
}

void test_device_cache(void **state)
{
	const uint32_t value = IOMMU_TEST_DEV_CACHE_DEFAULT;
	struct mockbed *bed = *state;
	uint32_t idev = bed->mock.idev, id;

	for (id = 0; id < MOCK_DEV_CACHE_NUM; id++)
		assert_int_equal(test_check_cache(bed->fd, idev, id, value), 0);
	assert_int_equal(test_check_cache(bed->fd, idev, id, value), -EINVAL);
	assert_int_equal(test_check_cache(bed->fd, idev, 0, 0), -EINVAL);
	assert_int_equal(test_check_cache(bed->fd, bed->ioas, 0, value),
			 -ENOENT);
}

/* ---- all at once ---- */

#define RACE_MS 400
#define SLOTS 4

struct race {
	struct mockbed *bed;
	uint32_t parent;
	uint32_t nested[SLOTS];
	uint8_t *mem;
	uint64_t end;
	unsigned int unexpected;
};

static void note(struct race *race, const char *what, int rc)
{
	if (rc && rc != -ENOENT && rc != -EBUSY && rc != -EINVAL) {
		print_error("race: %s: %s\n", what, strerror(-rc));
		__atomic_add_fetch(&race->unexpected, 1, __ATOMIC_RELAXED);
	}
}

static uint32_t any_nested(struct race *race, unsigned int turn)
{
	return __atomic_load_n(&race->nested[turn % SLOTS], __ATOMIC_RELAXED);
}

/* What they make others use, and destroy. */
static void *race_make(void *arg)
{
	struct race *race = arg;
	unsigned int turn;

	for (turn = 0; clock_ms() < race->end; turn++) {
		uint32_t hwpt = 0;
		int rc = try_nested(race->bed, race->parent, turn, &hwpt);

		note(race, "make", rc);
		if (rc)
			continue;
		hwpt = __atomic_exchange_n(&race->nested[turn % SLOTS], hwpt,
					   __ATOMIC_RELAXED);
		/*
		 * Others use it for a while.  Left behind, they would be more than a
		 * user may have.
		 */
		do {
			rc = iommufd_destroy(race->bed->fd, hwpt);
			note(race, "destroy", rc);
		} while (rc == -EBUSY && clock_ms() < race->end);
	}
	return NULL;
}

static void *race_destroy(void *arg)
{
	struct race *race = arg;
	unsigned int turn;

	for (turn = 0; clock_ms() < race->end; turn += 3) {
		note(race, "destroy", iommufd_destroy(race->bed->fd,
						      any_nested(race, turn)));
		note(race, "destroy the parent",
		     iommufd_destroy(race->bed->fd, race->parent));
	}
	return NULL;
}

static void *race_invalidate(void *arg)
{
	struct iommu_hwpt_invalidate_selftest entry[3] = { {}, {}, { 1, 0 } };
	struct race *race = arg;
	unsigned int turn;

	for (turn = 0; clock_ms() < race->end; turn++) {
		uint32_t num = ARRAY_SIZE(entry);

		note(race, "invalidate", forget(race->bed,
						any_nested(race, turn), entry,
						&num));
	}
	return NULL;
}

static void *race_replace(void *arg)
{
	struct race *race = arg;
	unsigned int turn;

	for (turn = 0; clock_ms() < race->end; turn++) {
		uint32_t pt = turn % 5 ? any_nested(race, turn) : race->parent;

		note(race, "replace",
		     test_mock_replace(race->bed->fd, race->bed->mock.stdev,
				       &pt));
	}
	return NULL;
}

/* A device that comes and goes. */
static void *race_attach(void *arg)
{
	struct race *race = arg;
	struct mockbed *bed = race->bed;
	unsigned int turn;

	for (turn = 0; clock_ms() < race->end; turn++) {
		struct test_mock mock = {};
		int rc = test_mock(bed->fd, any_nested(race, turn), 0, &mock);

		note(race, "attach", rc);
		if (!rc)
			note(race, "detach",
			     iommufd_destroy(bed->fd, mock.stdev));
	}
	return NULL;
}

static void *race_map(void *arg)
{
	struct race *race = arg;
	struct mockbed *bed = race->bed;

	while (clock_ms() < race->end) {
		note(race, "map", try_map(bed, bed->ioas, FREE_IOVA, race->mem,
					  4 * PAGE));
		note(race, "unmap", iommufd_unmap(bed->fd, bed->ioas, FREE_IOVA,
						  4 * PAGE, NULL));
	}
	return NULL;
}

void test_nested_race(void **state)
{
	static const thread_run threads[] = {
		race_make, race_destroy, race_invalidate, race_replace,
		race_attach, race_map,
	};
	struct mockbed *bed = *state;
	struct race race = {
		.bed = bed, .parent = new_parent(bed),
		.end = clock_ms() + race_seconds(0, 20) * 1000 + RACE_MS,
	};
	unsigned int i;

	if (!race.parent)
		return;
	/* The last use of the parent is this one's, throughout. */
	new_nested(bed, race.parent, 1);
	for (i = 0; i < SLOTS; i++)
		race.nested[i] = new_nested(bed, race.parent, i);
	race.mem = small_pages(4 * PAGE);
	threads_run(threads, ARRAY_SIZE(threads), &race);
	assert_int_equal(race.unexpected, 0);
	munmap(race.mem, 4 * PAGE);
}
