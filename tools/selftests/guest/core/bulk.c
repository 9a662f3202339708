// SPDX-License-Identifier: GPL-2.0
/*
 * MAP and UNMAP of many ranges by one call: they do what as many single calls
 * do, all of it or nothing, and tell which entry is to blame. Seen through the
 * mock IOMMU.
 */
#include <sys/ioctl.h>

#include "bed.h"
#include "compiler.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
#include "module.h"
#include "picture.h"
#include "test.h"
#include "user.h"

#define ENTRIES 200
#define AREA (4 * PAGE)

/**
 * struct bulkbed - two IOASes with a page table each: one call, many calls
 */
struct bulkbed {
	struct bed bed;
	uint32_t single;
	struct test_mock mock[2];
	uint8_t *mem;
	uint64_t pinned;
	struct iommu_map_entry map[ENTRIES];
	struct iommu_unmap_entry unmap[ENTRIES];
};

/* Entries in no order, of one to four pages, some at half a page. */
static void make_entries(struct bulkbed *bed)
{
	unsigned int i;

	for (i = 0; i < ENTRIES; i++) {
		struct iommu_map_entry *entry = &bed->map[i];

		entry->iova = FREE_IOVA + i * 77 % ENTRIES * AREA;
		entry->user_va = (uintptr_t)bed->mem + i * AREA;
		entry->length = (1 + i % 4) * PAGE;
		entry->flags = MAP_FIXED_IOVA | (i % 3 ? MAP_RW : MAP_R);
		entry->__reserved = 0;
		if (i % 5 == 4 && i % 4 != 3) {
			entry->user_va += MOCK_PAGE;
			entry->length -= MOCK_PAGE;
		}
		bed->unmap[i].iova = entry->iova;
		bed->unmap[i].length = entry->length;
	}
}

static int setup(void **state)
{
	struct bulkbed *bed = calloc(1, sizeof(*bed));

	bed->bed.fd = new_fd();
	bed->bed.ioas = new_ioas(bed->bed.fd);
	bed->single = new_ioas(bed->bed.fd);
	assert_int_equal(test_mock(bed->bed.fd, bed->bed.ioas, 0,
				   &bed->mock[0]), 0);
	assert_int_equal(test_mock(bed->bed.fd, bed->single, 0,
				   &bed->mock[1]), 0);
	bed->mem = pages(ENTRIES * AREA);
	memset(bed->mem, 1, ENTRIES * AREA);
	bed->pinned = status_kb("VmPin");
	make_entries(bed);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bulkbed *bed = *state;

	close(bed->bed.fd);
	assert_int_equal(status_kb("VmPin"), bed->pinned);
	munmap(bed->mem, ENTRIES * AREA);
	free(bed);
	return 0;
}

static void map_all(struct bulkbed *bed)
{
	uint32_t entry;

	assert_int_equal(iommufd_map_bulk(bed->bed.fd, bed->bed.ioas, bed->map,
					  ENTRIES, &entry), 0);
	assert_int_equal(entry, ENTRIES);
}

static void unmap_all(struct bulkbed *bed)
{
	uint32_t entry;

	assert_int_equal(iommufd_unmap_bulk(bed->bed.fd, bed->bed.ioas,
					    bed->unmap, ENTRIES, &entry), 0);
	assert_int_equal(entry, ENTRIES);
}

static bool entry_is(struct bulkbed *bed, unsigned int i, int mock)
{
	struct iommu_map_entry *entry = &bed->map[i];

	return !test_check_map(bed->bed.fd, bed->mock[mock].hwpt, entry->iova,
			       (void *)(uintptr_t)entry->user_va,
			       entry->length);
}

static uint32_t entry_flags(struct bulkbed *bed, uint64_t iova, int mock)
{
	uint32_t flags = 0;

	assert_int_equal(test_entry(bed->bed.fd, bed->mock[mock].hwpt, iova,
				    &flags), 0);
	return flags;
}

/* Nothing is mapped in the IOAS, nothing of it pinned. */
static void is_empty(struct bulkbed *bed)
{
	uint64_t at;

	for (at = 0; at < ENTRIES * AREA; at += MOCK_PAGE)
		assert_int_equal(entry_flags(bed, FREE_IOVA + at, 0), 0);
	assert_int_equal(status_kb("VmPin"), bed->pinned);
	assert_int_equal(test_check_refs(bed->bed.fd, bed->mem,
					 ENTRIES * AREA, 0), 0);
	for (at = 0; at < ENTRIES; at += 17)
		assert_false(is_mapped(bed->bed.fd, bed->bed.ioas,
				       bed->map[at].iova & -PAGE));
}

/* ---- as many single calls ---- */

static void test_as_single(void **state)
{
	struct bulkbed *bed = *state;
	uint64_t half, at;
	unsigned int i;

	map_all(bed);
	half = status_kb("VmPin") - bed->pinned;
	assert_true(half > 0);
	for (i = 0; i < ENTRIES; i++) {
		struct iommu_map_entry *entry = &bed->map[i];
		uint64_t iova = entry->iova;

		assert_int_equal(iommufd_map(bed->bed.fd, bed->single,
					     entry->flags,
					     (void *)(uintptr_t)entry->user_va,
					     entry->length, &iova), 0);
	}
	assert_int_equal(status_kb("VmPin") - bed->pinned, 2 * half);
	for (i = 0; i < ENTRIES; i++)
		assert_true(entry_is(bed, i, 0) && entry_is(bed, i, 1));
	for (at = 0; at < ENTRIES * AREA; at += MOCK_PAGE)
		assert_int_equal(entry_flags(bed, FREE_IOVA + at, 0),
				 entry_flags(bed, FREE_IOVA + at, 1));
	unmap_all(bed);
	assert_int_equal(status_kb("VmPin") - bed->pinned, half);
	assert_int_equal(iommufd_unmap_all(bed->bed.fd, bed->single, NULL), 0);
	is_empty(bed);
}

/* Pages that are neighbours in memory, and not in IOVA; some are only read. */
static void make_neighbours(struct bulkbed *bed)
{
	unsigned int i;

	make_entries(bed);
	for (i = 0; i < ENTRIES; i++) {
		bed->map[i].user_va = (uintptr_t)bed->mem + i * PAGE;
		bed->map[i].length = PAGE;
		bed->map[i].flags = MAP_FIXED_IOVA |
				    (i / 16 % 3 ? MAP_RW : MAP_R);
		bed->unmap[i].length = PAGE;
	}
}

static void test_neighbours(void **state)
{
	static const unsigned int at[] = { 0, 1, 30, 31, 32, 63, 64, 150 };
	struct bulkbed *bed = *state;
	unsigned int i;
	uint32_t entry;

	make_neighbours(bed);
	map_all(bed);
	assert_int_equal(status_kb("VmPin") - bed->pinned,
			 ENTRIES * PAGE / 1024);
	assert_int_equal(test_check_refs(bed->bed.fd, bed->mem, ENTRIES * PAGE,
					 1), 0);
	for (i = 0; i < ENTRIES; i++)
		assert_true(entry_is(bed, i, 0));
	unmap_all(bed);
	is_empty(bed);

	/* One of them can't be pinned. */
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		uint8_t *hole = bed->mem + at[i] * PAGE;

		assert_int_equal(mprotect(hole, PAGE, PROT_NONE), 0);
		assert_int_equal(iommufd_map_bulk(bed->bed.fd, bed->bed.ioas,
						  bed->map, ENTRIES, &entry),
				 -EFAULT);
		assert_int_equal(entry, at[i]);
		assert_int_equal(mprotect(hole, PAGE, PROT_READ | PROT_WRITE),
				 0);
		is_empty(bed);
	}
}

/* An UNMAP of one range over all of them, and single ones. */
static void test_mixed(void **state)
{
	struct bulkbed *bed = *state;
	unsigned int i;

	map_all(bed);
	assert_int_equal(iommufd_unmap_all(bed->bed.fd, bed->bed.ioas, NULL),
			 0);
	is_empty(bed);
	map_all(bed);
	for (i = 0; i < ENTRIES; i++)
		assert_int_equal(iommufd_unmap(bed->bed.fd, bed->bed.ioas,
					       bed->map[i].iova,
					       bed->map[i].length, NULL), 0);
	is_empty(bed);
}

/* Pinned when a device comes. */
static void test_without_domain(void **state)
{
	struct bulkbed *bed = *state;
	struct test_mock mock;

	assert_int_equal(iommufd_destroy(bed->bed.fd, bed->mock[0].stdev), 0);
	map_all(bed);
	assert_int_equal(status_kb("VmPin"), bed->pinned);
	assert_int_equal(test_mock(bed->bed.fd, bed->bed.ioas, 0, &mock), 0);
	bed->mock[0] = mock;
	assert_true(entry_is(bed, 3, 0));
	unmap_all(bed);
	is_empty(bed);
}

/* With no entry nothing happens; a program sees that the call is there. */
static void test_discovery(void **state)
{
	struct bulkbed *bed = *state;
	int fd = bed->bed.fd;
	uint32_t entry = 7;

	assert_int_equal(iommufd_map_bulk(fd, bed->bed.ioas, NULL, 0, &entry),
			 0);
	assert_int_equal(entry, 0);
	assert_int_equal(iommufd_unmap_bulk(fd, bed->bed.ioas, NULL, 0,
					    &entry), 0);
	assert_int_equal(entry, 0);
	is_empty(bed);
	/* The same numbers as mainline would give them are nobody's. */
	assert_int_equal(iommufd_call(fd, _IO(';', 0xc0), &entry), -ENOTTY);
	assert_int_equal(iommufd_call(fd, _IO(';', 0xc1), &entry), -ENOTTY);
}

/* ---- all or nothing ---- */

/* Entry @i is to blame. */
static void map_fails(struct bulkbed *bed, unsigned int i, int error,
		      int line)
{
	uint32_t entry;
	int rc = iommufd_map_bulk(bed->bed.fd, bed->bed.ioas, bed->map,
				  ENTRIES, &entry);

	if (rc != -error || entry != i)
		fail_msg("line %d: returned %d for entry %u", line, rc, entry);
	is_empty(bed);
	make_entries(bed);
}

#define map_fails(bed, i, error) map_fails(bed, i, error, __LINE__)

static void test_map_fails(void **state)
{
	static const unsigned int at[] = { 0, 1, 64, ENTRIES - 1 };
	struct bulkbed *bed = *state;
	void *nothing = no_pages(AREA);
	unsigned int i, n;

	for (n = 0; n < ARRAY_SIZE(at); n++) {
		struct iommu_map_entry *entry = &bed->map[at[n]];

		i = at[n];
		entry->user_va = (uintptr_t)nothing;
		map_fails(bed, i, EFAULT);
		entry->user_va = UINT64_MAX - PAGE;
		entry->length = 4 * PAGE;
		map_fails(bed, i, EOVERFLOW);
		entry->iova = bed->map[i ? i - 1 : ENTRIES - 1].iova;
		map_fails(bed, i ? i : ENTRIES - 1, EEXIST);
		entry->iova++;
		map_fails(bed, i, EINVAL);
		entry->iova = MOCK_APERTURE_LAST + 1;
		map_fails(bed, i, EINVAL);
		entry->iova = UINT64_MAX;
		map_fails(bed, i, EOVERFLOW);
		entry->iova = UINT64_MAX - MOCK_PAGE + 1 - PAGE;
		entry->length = 2 * PAGE;
		map_fails(bed, i, EOVERFLOW);
		entry->length = 0;
		map_fails(bed, i, EINVAL);
		entry->length = UINT64_MAX;
		map_fails(bed, i, EOVERFLOW);
		entry->length = UINT64_MAX - 1;
		map_fails(bed, i, EOVERFLOW);
		entry->length = PAGE + 1;
		map_fails(bed, i, EINVAL);
		entry->flags = MAP_FIXED_IOVA;
		map_fails(bed, i, EINVAL);
		entry->flags = MAP_RW;
		map_fails(bed, i, EINVAL);
		entry->flags |= 1U << 31;
		map_fails(bed, i, EOPNOTSUPP);
		entry->__reserved = 1;
		map_fails(bed, i, EOPNOTSUPP);
	}
	munmap(nothing, AREA);
}

/* What is mapped stays; and what is wrong says which it is. */
static void unmap_fails(struct bulkbed *bed, unsigned int i, int error,
			int line)
{
	uint32_t entry;
	unsigned int n;
	int rc = iommufd_unmap_bulk(bed->bed.fd, bed->bed.ioas, bed->unmap,
				    ENTRIES, &entry);

	if (rc != -error || entry != i)
		fail_msg("line %d: returned %d for entry %u", line, rc, entry);
	make_entries(bed);
	for (n = 0; n < ENTRIES; n++)
		assert_true(entry_is(bed, n, 0));
}

#define unmap_fails(bed, i, error) unmap_fails(bed, i, error, __LINE__)

static void test_unmap_fails(void **state)
{
	static const unsigned int at[] = { 0, 3, 62, ENTRIES - 1 };
	struct bulkbed *bed = *state;
	unsigned int i, n;

	map_all(bed);
	for (n = 0; n < ARRAY_SIZE(at); n++) {
		struct iommu_unmap_entry *entry = &bed->unmap[at[n]];

		i = at[n];
		/* Nothing there, a part, once more, and what is no range. */
		entry->iova = FREE_IOVA + ENTRIES * AREA;
		unmap_fails(bed, i, ENOENT);
		entry->length -= MOCK_PAGE;
		unmap_fails(bed, i, ENOENT);
		entry->iova += MOCK_PAGE;
		entry->length -= MOCK_PAGE;
		unmap_fails(bed, i, ENOENT);
		entry->iova = bed->unmap[i ? 0 : 1].iova;
		entry->length = bed->unmap[i ? 0 : 1].length;
		unmap_fails(bed, i ? i : 1, EBUSY);
		entry->length = 0;
		unmap_fails(bed, i, EINVAL);
		entry->length = UINT64_MAX;
		unmap_fails(bed, i, EOVERFLOW);
		entry->iova = UINT64_MAX;
		unmap_fails(bed, i, EOVERFLOW);
		entry->length = UINT64_MAX - entry->iova + 2;
		unmap_fails(bed, i, EOVERFLOW);
	}
	unmap_all(bed);
	is_empty(bed);
}

/* ---- the struct ---- */

static void call_bad(struct bulkbed *bed, unsigned long nr, void *entries)
{
	struct {
		struct iommu_ioas_bulk cmd;
		uint64_t more;
	} arg = { .cmd = {
		.size = sizeof(arg.cmd) - 1, .ioas_id = bed->bed.ioas,
		.num = ENTRIES, .entries = (uintptr_t)entries,
	} };
	void *nothing = no_pages(PAGE);
	int fd = bed->bed.fd;

	assert_int_equal(iommufd_call(fd, nr, &arg), -EINVAL);
	arg.cmd.size = sizeof(arg);
	arg.more = 1;
	assert_int_equal(iommufd_call(fd, nr, &arg), -E2BIG);
	arg.more = 0;
	arg.cmd.num = IOMMU_BULK_MAX + 1;
	assert_int_equal(iommufd_call(fd, nr, &arg), -E2BIG);
	arg.cmd.num = UINT32_MAX;
	assert_int_equal(iommufd_call(fd, nr, &arg), -E2BIG);
	arg.cmd.num = ENTRIES;
	arg.cmd.ioas_id = NO_ID;
	assert_int_equal(iommufd_call(fd, nr, &arg), -ENOENT);
	arg.cmd.ioas_id = bed->bed.ioas;
	arg.cmd.entries = (uintptr_t)nothing;
	assert_int_equal(iommufd_call(fd, nr, &arg), -EFAULT);
	munmap(nothing, PAGE);
}

static void test_bad_struct(void **state)
{
	struct bulkbed *bed = *state;

	call_bad(bed, IOMMU_IOAS_MAP_BULK, bed->map);
	call_bad(bed, IOMMU_IOAS_UNMAP_BULK, bed->unmap);
	is_empty(bed);
}

/* Where the answer can't be written nothing is done. */
static void test_no_answer(void **state)
{
	struct bulkbed *bed = *state;
	struct iommu_ioas_bulk *cmd = pages(PAGE);

	*cmd = (struct iommu_ioas_bulk){
		.size = sizeof(*cmd), .ioas_id = bed->bed.ioas,
		.num = ENTRIES, .entries = (uintptr_t)bed->map,
	};
	assert_int_equal(mprotect(cmd, PAGE, PROT_READ), 0);
	assert_int_equal(iommufd_call(bed->bed.fd, IOMMU_IOAS_MAP_BULK, cmd),
			 -EFAULT);
	is_empty(bed);
	munmap(cmd, PAGE);
}

/* ---- who pays ---- */

static void child_is_limited(void *arg)
{
	struct bulkbed *bed = arg;
	uint32_t entry = 0;
	uint64_t kb = 0;

	check(iommufd_map_bulk(bed->bed.fd, bed->bed.ioas, bed->map, ENTRIES,
			       &entry) == -ENOMEM);
	check(entry > 10 && entry < 100);
	check(!file_read_kb("/proc/self/status", "VmPin", &kb) && !kb);
	check(!iommufd_map_bulk(bed->bed.fd, bed->bed.ioas, bed->map, entry,
				NULL));
	check(!iommufd_unmap_bulk(bed->bed.fd, bed->bed.ioas, bed->unmap,
				  entry, NULL));
}

static void test_limit(void **state)
{
	run_as_user(child_is_limited, *state, 64 * PAGE);
	is_empty(*state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_as_single),
	TEST(test_neighbours),
	TEST(test_mixed),
	TEST(test_without_domain),
	TEST(test_discovery),
	TEST(test_map_fails),
	TEST(test_unmap_fails),
	TEST(test_bad_struct),
	TEST(test_no_answer),
	TEST(test_limit),
};

int main(void)
{
	int failed;

	if (bed_load() || module_load("iommufd_selftest", NULL))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	module_unload("iommufd_selftest");
	return failed;
}
