// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses with a tag in their top byte. Where the processor takes no notice of
 * it, such an address is another name for the same memory, in each call that
 * maps memory, and above all where the memory is shared or changes. Where it is
 * no address of memory, the calls are refused.
 */
#include "bed.h"
#include "compiler.h"
#include "edubed.h"
#include "iommufd.h"
#include "memory.h"
#include "module.h"
#include "picture.h"
#include "test.h"
#include "type1.h"

#define SIZE HUGE
#define LENGTH 64

/* Where both IOASes have the memory. */
#define AT 0xa000000UL

static const uint8_t tags[] = { 0x5a, 0x01, 0x80, 0xff };

static void need_tags(void)
{
	if (tags_are_ignored())
		return;
	print_message("this processor takes notice of tags\n");
	skip();
}

/**
 * struct tagbed - two IOASes of a file
 * @edu: the device, attached to one
 * @other: the other one
 * @mock: a device of iommufd_selftest.ko, attached to that
 */
struct tagbed {
	struct edubed *edu;
	uint32_t other;
	struct test_mock mock;
};

static int tagbed_setup(void **state)
{
	struct tagbed *bed = calloc(1, sizeof(*bed));

	edubed_setup((void **)&bed->edu);
	bed->other = new_ioas(bed->edu->fd);
	assert_int_equal(test_mock(bed->edu->fd, bed->other, 0, &bed->mock), 0);
	*state = bed;
	return 0;
}

static int tagbed_teardown(void **state)
{
	struct tagbed *bed = *state;

	edubed_teardown((void **)&bed->edu);
	free(bed);
	return 0;
}

static int try_map(struct tagbed *bed, uint32_t ioas, uint32_t flags,
		   const void *va, size_t length)
{
	uint64_t iova = AT;

	return iommufd_map(bed->edu->fd, ioas, flags | MAP_FIXED_IOVA, va,
			   length, &iova);
}

static void unmap_all(struct tagbed *bed, uint32_t ioas)
{
	assert_int_equal(iommufd_unmap_all(bed->edu->fd, ioas, NULL), 0);
}

/* The device has the mapping's beginning and end, as the process sees them. */
static void reaches(struct tagbed *bed, uint8_t *va, size_t length)
{
	fill(va, LENGTH);
	fill(va + length - LENGTH, LENGTH);
	assert_true(dma_reads(bed->edu, AT, va, LENGTH));
	assert_true(dma_reads(bed->edu, AT + length - LENGTH,
			      va + length - LENGTH, LENGTH));
}

/* ---- one name or another ---- */

static void map_one(struct tagbed *bed, uint32_t flags, size_t length)
{
	uint8_t *mem = aligned_pages(length);
	int rc;

	memset(mem, 1, length);
	rc = try_map(bed, bed->edu->ioas, flags, tagged(mem, tags[0]), length);
	assert_int_equal(rc, tags_are_ignored() ? 0 : -EFAULT);
	if (rc) {
		assert_int_equal(pinned(bed->edu), 0);
		assert_false(is_mapped(bed->edu->fd, bed->edu->ioas, AT));
	} else {
		assert_int_equal(pinned(bed->edu), length);
		reaches(bed, mem, length);
		unmap(bed->edu, AT, length);
		assert_int_equal(pinned(bed->edu), 0);
	}
	munmap(mem, length);
}

static void test_map(void **state)
{
	map_one(*state, MAP_RW, PAGE);
	map_one(*state, MAP_RW, 5 * PAGE);
	map_one(*state, MAP_RW, SIZE);
}

/* 6.1 looks at the mappings of the process before it pins what is only read. */
static void test_map_read_only(void **state)
{
	map_one(*state, MAP_R, PAGE);
	map_one(*state, MAP_R, 5 * PAGE);
	map_one(*state, MAP_R, SIZE);
}

static void test_map_shared_read_only(void **state)
{
	struct tagbed *bed = *state;
	uint8_t *mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	memset(mem, 1, SIZE);
	assert_int_equal(mprotect(mem, SIZE, PROT_READ), 0);
	assert_int_equal(try_map(bed, bed->edu->ioas, MAP_R,
				 tagged(mem, tags[0]), SIZE),
			 tags_are_ignored() ? 0 : -EFAULT);
	if (tags_are_ignored()) {
		assert_true(dma_reads(bed->edu, AT, mem, LENGTH));
		unmap(bed->edu, AT, SIZE);
	}
	munmap(mem, SIZE);
}

/* All entries are one memory, each by another name. */
static void test_bulk(void **state)
{
	struct iommu_map_entry entries[ARRAY_SIZE(tags)] = {};
	struct tagbed *bed = *state;
	uint8_t *mem = pages(sizeof(tags) * PAGE);
	uint32_t failed = 0;
	unsigned int i;
	int rc;

	memset(mem, 1, sizeof(tags) * PAGE);
	for (i = 0; i < ARRAY_SIZE(tags); i++) {
		entries[i].iova = AT + i * PAGE;
		entries[i].user_va = (uintptr_t)tagged(mem + i * PAGE, tags[i]);
		entries[i].length = PAGE;
		entries[i].flags = MAP_RW | MAP_FIXED_IOVA;
	}
	rc = iommufd_map_bulk(bed->edu->fd, bed->edu->ioas, entries,
			      ARRAY_SIZE(tags), &failed);
	assert_int_equal(rc, tags_are_ignored() ? 0 : -EFAULT);
	if (rc) {
		assert_int_equal(failed, 0);
	} else {
		reaches(bed, mem, sizeof(tags) * PAGE);
		unmap(bed->edu, AT, sizeof(tags) * PAGE);
	}
	assert_int_equal(pinned(bed->edu), 0);
	munmap(mem, sizeof(tags) * PAGE);
}

/* The sum that must not overflow is that of the address. */
static void test_sums(void **state)
{
	struct tagbed *bed = *state;
	uint32_t ioas = new_ioas(bed->edu->fd);
	uint8_t *mem = pages(PAGE);
	uint64_t length = 1ULL << 60;
	int rc;

	rc = try_map(bed, ioas, MAP_RW, mem, length);
	assert_int_equal(rc, 0);
	unmap_all(bed, ioas);
	rc = try_map(bed, ioas, MAP_RW, tagged(mem, 0xff), length);
	assert_int_equal(rc, tags_are_ignored() ? 0 : -EOVERFLOW);
	assert_int_equal(iommufd_unmap_all(bed->edu->fd, ioas, NULL), 0);
	assert_int_equal(iommufd_destroy(bed->edu->fd, ioas), 0);
	munmap(mem, PAGE);
}

/* ---- shared ---- */

/* Memory that the other IOAS has mapped, by a name with a tag. */
static uint8_t *begin_shared(struct tagbed *bed)
{
	uint8_t *mem = aligned_pages(SIZE);

	need_tags();
	memset(mem, 1, SIZE);
	assert_int_equal(try_map(bed, bed->other, MAP_RW,
				 tagged(mem, tags[0]), SIZE), 0);
	return mem;
}

static void test_shares(void **state)
{
	struct tagbed *bed = *state;
	uint8_t *mem = begin_shared(bed);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tags); i++) {
		assert_int_equal(try_map(bed, bed->edu->ioas, MAP_RW,
					 tagged(mem, tags[i]), SIZE), 0);
		assert_int_equal(pinned(bed->edu), SIZE);
		unmap(bed->edu, AT, SIZE);
	}
	assert_int_equal(try_map(bed, bed->edu->ioas, MAP_RW, mem, SIZE), 0);
	assert_int_equal(pinned(bed->edu), SIZE);
	reaches(bed, mem, SIZE);
	unmap(bed->edu, AT, SIZE);
	unmap_all(bed, bed->other);
	munmap(mem, SIZE);
}

/* The memory that was mapped by that name has gone, and other is there. */
static void test_other_memory(void **state)
{
	struct tagbed *bed = *state;
	uint8_t *mem = begin_shared(bed);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		assert_ptr_equal(mmap(mem, SIZE, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
				      -1, 0), mem);
		memset(mem, 2 + i, SIZE);
		assert_int_equal(try_map(bed, bed->edu->ioas, MAP_RW,
					 tagged(mem, i ? 0 : tags[0]), SIZE),
				 0);
		assert_int_equal(pinned(bed->edu), 2 * SIZE);
		reaches(bed, mem, SIZE);
		unmap(bed->edu, AT, SIZE);
	}
	unmap_all(bed, bed->other);
	munmap(mem, SIZE);
}

/* ---- containers ---- */

static void test_type1(void **state)
{
	struct tagbed *bed = *state;
	uint8_t *mem = pages(PAGE);
	uint32_t ioas = bed->edu->ioas;

	memset(mem, 1, PAGE);
	assert_int_equal(iommufd_vfio_ioas(bed->edu->fd, IOMMU_VFIO_IOAS_SET,
					   &ioas), 0);
	assert_int_equal(type1_map(bed->edu->fd, TYPE1_RW,
				   tagged(mem, tags[0]), PAGE, AT),
			 tags_are_ignored() ? 0 : -EFAULT);
	if (tags_are_ignored()) {
		reaches(bed, mem, PAGE);
		unmap(bed->edu, AT, PAGE);
	}
	munmap(mem, PAGE);
}

/* Of a device: with a page table, and where none would tell of an error. */
static void test_bar(void **state)
{
	struct tagbed *bed = *state;
	const void *bar = tagged(bed->edu->edu.bar.base, tags[0]);
	uint32_t ioas = bed->edu->ioas;
	int want = tags_are_ignored() ? 0 : -EFAULT;

	assert_int_equal(iommufd_vfio_ioas(bed->edu->fd, IOMMU_VFIO_IOAS_SET,
					   &ioas), 0);
	assert_int_equal(type1_map(bed->edu->fd, TYPE1_RW, bar, PAGE, AT),
			 want);
	if (!want)
		unmap(bed->edu, AT, PAGE);
	assert_int_equal(pinned(bed->edu), 0);
	if (!tags_are_ignored())
		return;
	ioas = new_ioas(bed->edu->fd);
	assert_int_equal(iommufd_vfio_ioas(bed->edu->fd, IOMMU_VFIO_IOAS_SET,
					   &ioas), 0);
	assert_int_equal(type1_map(bed->edu->fd, TYPE1_RW, bar, PAGE, AT), 0);
	/* It is the device's, so a page table of this IOAS gets it. */
	assert_int_equal(attach(bed->edu, ioas), 0);
}

/* ---- what other tests ask ---- */

static void test_questions(void **state)
{
	struct tagbed *bed = *state;
	uint8_t *mem = pages(2 * PAGE);
	int access;
	uint32_t id;

	need_tags();
	memset(mem, 1, 2 * PAGE);
	assert_int_equal(try_map(bed, bed->other, MAP_RW, mem, 2 * PAGE), 0);
	assert_int_equal(test_check_map(bed->edu->fd, bed->mock.hwpt, AT,
					tagged(mem, tags[3]), 2 * PAGE), 0);
	assert_int_equal(test_check_refs(bed->edu->fd, tagged(mem, tags[3]),
					 2 * PAGE, 1), 0);
	assert_int_equal(test_access_create(bed->edu->fd, bed->other,
					    ACCESS_PINS, &access), 0);
	assert_int_equal(test_access_pin(bed->edu->fd, access, 0, AT,
					 2 * PAGE, tagged(mem, tags[3]), &id),
			 0);
	close(access);
	munmap(mem, 2 * PAGE);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, tagbed_setup, tagbed_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_map),
		TEST(test_map_read_only),
		TEST(test_map_shared_read_only),
		TEST(test_bulk),
		TEST(test_sums),
		TEST(test_shares),
		TEST(test_other_memory),
		TEST(test_type1),
		TEST(test_bar),
		TEST(test_questions),
	};

	if (bed_load() || module_load("iommufd_selftest", NULL))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
