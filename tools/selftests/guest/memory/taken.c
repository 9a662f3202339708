// SPDX-License-Identifier: GPL-2.0
/*
 * What a driver allocates that nobody is charged for, to the byte: what is
 * counted is what the mock IOMMU has, after whatever calls; where a user may have
 * no more a call is refused, and nothing has changed.
 *
 * That real drivers allocate so is for tables.c.
 */
#include <sys/stat.h>

#include "bed.h"
#include "file.h"
#include "iommufd.h"
#include "manners.h"
#include "memory.h"
#include "test.h"
#include "unit/random.h"
#include "user.h"

#define MAX_TABLE_BYTES "/sys/module/iommufd/parameters/max_table_bytes"
#define MAX_PAGE_TABLES "/sys/module/iommufd/parameters/max_page_tables"
#define FAIL_MAP "/sys/module/iommufd_selftest/parameters/fail_map"

/* What the mock's lowest tables span, and those above them. */
#define SPAN (512 * MOCK_PAGE)
#define SPAN_OF_SPANS (512 * SPAN)

/* More pages of tables than a call wants. */
#define MANY 10000

#define ROUNDS 150
#define PLACES 24

struct takenbed {
	int fd;
	uint32_t ioas;
	struct test_mock mock;
	uint64_t max;
	uint8_t *mem;
	struct place {
		uint64_t iova;
		uint64_t length;
	} place[PLACES];
};

static int setup_flags(void **state, uint32_t flags)
{
	struct takenbed *bed = calloc(1, sizeof(*bed));

	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	assert_int_equal(test_mock(bed->fd, bed->ioas, flags, &bed->mock), 0);
	assert_int_equal(file_read_u64(MAX_TABLE_BYTES, &bed->max), 0);
	bed->mem = pages(4 * SPAN);
	memset(bed->mem, 1, 4 * SPAN);
	*state = bed;
	return 0;
}

static int setup(void **state)
{
	return setup_flags(state, 0);
}

static int setup_huge(void **state)
{
	file_write("/sys/kernel/mm/transparent_hugepage/enabled", "always");
	return setup_flags(state, MOCK_FLAGS_DEVICE_HUGE_IOVA);
}

static void set_max(uint64_t bytes)
{
	char text[24];

	snprintf(text, sizeof(text), "%lu", bytes);
	assert_int_equal(file_write(MAX_TABLE_BYTES, text), 0);
}

static int teardown(void **state)
{
	struct takenbed *bed = *state;

	set_max(bed->max);
	file_write(MAX_PAGE_TABLES, "4096");
	close(bed->fd);
	munmap(bed->mem, 4 * SPAN);
	free(bed);
	return 0;
}

static uint64_t counted(struct takenbed *bed, uint32_t hwpt)
{
	uint64_t counted = 0, taken = 0;

	assert_int_equal(test_taken(bed->fd, hwpt, &counted, &taken), 0);
	assert_true(counted >= taken);
	return counted;
}

/* Who is not told of a driver counts a larger root than the mock's. */
static void check_exact(struct takenbed *bed, uint32_t hwpt)
{
	uint64_t counted = 0, taken = 0;

	assert_int_equal(test_taken(bed->fd, hwpt, &counted, &taken), 0);
	if (mock_has_manner("all"))
		taken += 16 * PAGE;
	assert_int_equal(counted, taken);
}

static int try_map(struct takenbed *bed, uint64_t iova, uint64_t length)
{
	uint64_t at = random_below(2) ? 0 : random_below(4) * PAGE;

	if (at + length > 4 * SPAN)
		at = 0;
	return iommufd_map(bed->fd, bed->ioas, MAP_RW | MAP_FIXED_IOVA,
			   bed->mem + at, length, &iova);
}

static int try_unmap(struct takenbed *bed, uint64_t iova, uint64_t length)
{
	return iommufd_unmap(bed->fd, bed->ioas, iova, length, NULL);
}

/* Some places are neighbours, and some in the same tables. */
static uint64_t random_iova(uint64_t length)
{
	uint64_t iova = MOCK_APERTURE_START + random_below(3) * SPAN_OF_SPANS +
			random_below(6) * SPAN;

	return iova + (random_below(2) ? random_below(SPAN / PAGE) * PAGE : 0);
}

static uint64_t random_length(void)
{
	return random_below(3) ? (1 + random_below(20)) * PAGE :
				 (1 + random_below(3)) * SPAN;
}

static void random_step(struct takenbed *bed)
{
	struct place *place = &bed->place[random_below(PLACES)];
	uint64_t length = random_length();
	uint64_t iova = random_iova(length);

	if (place->length) {
		assert_int_equal(try_unmap(bed, place->iova, place->length), 0);
		place->length = 0;
	} else if (!try_map(bed, iova, length)) {
		*place = (struct place){ iova, length };
	}
}

static void random_steps(struct takenbed *bed, unsigned int rounds)
{
	unsigned int i;

	random_begin();
	for (i = 0; i < rounds; i++) {
		random_step(bed);
		check_exact(bed, bed->mock.hwpt);
	}
}

static void test_random(void **state)
{
	random_steps(*state, ROUNDS);
}

/* Neighbours go in one call, and a second page table has the same. */
static void test_second(void **state)
{
	struct takenbed *bed = *state;
	uint32_t hwpt;
	int i;

	for (i = 0; i < 6; i++)
		assert_int_equal(try_map(bed, MOCK_APERTURE_START +
					 i * SPAN / 2, SPAN / 2), 0);
	check_exact(bed, bed->mock.hwpt);
	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->mock.idev,
					    bed->ioas, &hwpt), 0);
	check_exact(bed, hwpt);
	assert_int_equal(try_unmap(bed, MOCK_APERTURE_START, 3 * SPAN), 0);
	check_exact(bed, bed->mock.hwpt);
	check_exact(bed, hwpt);
}

/* The same call a second time, where no table can be had meanwhile. */
static void test_failed(void **state)
{
	struct takenbed *bed = *state;
	uint64_t iova = MOCK_APERTURE_START, before, after = 0;
	unsigned int n;
	char text[16];
	int rc;

	before = counted(bed, bed->mock.hwpt);
	for (n = 1; n < MANY; n *= 2) {
		snprintf(text, sizeof(text), "%u", n);
		assert_int_equal(file_write(FAIL_MAP, text), 0);
		rc = try_map(bed, iova + PAGE, 3 * SPAN);
		if (!rc)
			break;
		assert_int_equal(rc, -ENOMEM);
		/* What is left of it is what the next one needs. */
		after = counted(bed, bed->mock.hwpt);
		assert_true(after - before <= 8 * PAGE);
	}
	assert_int_equal(file_write(FAIL_MAP, "0"), 0);
	assert_true(n > 1 && n < MANY);
	assert_int_equal(try_unmap(bed, iova + PAGE, 3 * SPAN), 0);
	assert_true(counted(bed, bed->mock.hwpt) - before <= 8 * PAGE);
}

/* ---- a user who may have no more ---- */

/* All manners are without this one. */
static bool is_by_call(void)
{
	return !strcmp(manners_now, "by_call");
}

static bool is_paid(void)
{
	return !mock_has_manner("uncharged") && !is_by_call();
}

/* Of a page table that is filled when it is attached: it takes the root before. */
static bool is_late(void)
{
	return mock_has_manner("all");
}

/* How it is refused that takes one more table, or a struct. */
static int refusal(void)
{
	return is_paid() ? 0 : -ENOSPC;
}

static void check_nothing(struct takenbed *bed, uint64_t iova, size_t length)
{
	size_t i;

	for (i = 0; i < length; i += PAGE)
		assert_int_equal(test_check_map(bed->fd, bed->mock.hwpt,
						iova + i, bed->mem + i, PAGE),
				 -EINVAL);
	assert_int_equal(test_check_refs(bed->fd, bed->mem, length, 0), 0);
}

static void test_map_refused(void **state)
{
	struct takenbed *bed = *state;
	uint64_t iova = MOCK_APERTURE_START, at = iova, before, bytes;
	uint64_t room = is_by_call() ? MOCK_CALL_SIZE : PAGE;
	int rc;

	/* With the tables above. */
	at += 8 * SPAN;
	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_RW | MAP_FIXED_IOVA, bed->mem + SPAN,
				     PAGE, &at), 0);
	at = iova;
	before = counted(bed, bed->mock.hwpt);
	set_max(before);
	rc = iommufd_map(bed->fd, bed->ioas, MAP_RW | MAP_FIXED_IOVA, bed->mem,
			 PAGE, &at);
	assert_int_equal(rc, refusal());
	if (rc) {
		check_nothing(bed, iova, PAGE);
		assert_int_equal(counted(bed, bed->mock.hwpt), before);
	} else {
		assert_int_equal(try_unmap(bed, iova, PAGE), 0);
	}
	/* All of that was refused is to be had where it is enough. */
	set_max(before + room);
	assert_int_equal(try_map(bed, iova, PAGE), 0);
	/* Half of it fits, and is taken back. */
	rc = try_map(bed, iova + SPAN - PAGE, 2 * SPAN);
	assert_int_equal(rc, refusal());
	if (!rc)
		assert_int_equal(try_unmap(bed, iova + SPAN - PAGE, 2 * SPAN),
				 0);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, iova, SPAN, &bytes),
			 0);
	assert_int_equal(bytes, PAGE);
	check_exact(bed, bed->mock.hwpt);
}

static void test_copy_refused(void **state)
{
	struct takenbed *bed = *state;
	uint64_t iova = MOCK_APERTURE_START, to = iova + 4 * SPAN, before;
	int i, rc;

	for (i = 0; i < 3; i++)
		assert_int_equal(try_map(bed, iova + i * PAGE, PAGE), 0);
	before = counted(bed, bed->mock.hwpt);
	set_max(before);
	rc = iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA, bed->ioas, &to,
			  bed->ioas, iova, 3 * PAGE);
	assert_int_equal(rc, refusal());
	if (rc)
		assert_int_equal(counted(bed, bed->mock.hwpt), before);
	set_max(bed->max);
	if (rc)
		assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
					      bed->ioas, &to, bed->ioas, iova,
					      3 * PAGE), 0);
	check_exact(bed, bed->mock.hwpt);
}

/* Four in a row, and a fifth elsewhere: none is mapped. */
static void test_bulk_refused(void **state)
{
	struct takenbed *bed = *state;
	struct iommu_map_entry entry[5];
	uint64_t iova = MOCK_APERTURE_START, at = iova + SPAN - PAGE, before;
	uint32_t done = 0;
	int i, rc;

	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_RW | MAP_FIXED_IOVA, bed->mem + SPAN,
				     PAGE, &at), 0);
	before = counted(bed, bed->mock.hwpt);
	for (i = 0; i < 5; i++)
		entry[i] = (struct iommu_map_entry){
			.flags = MAP_RW | MAP_FIXED_IOVA, .length = PAGE,
			.iova = iova + i * PAGE + i / 4 * 8 * SPAN,
			.user_va = (uintptr_t)bed->mem + i * PAGE,
		};
	set_max(is_by_call() ? before + 4 * MOCK_CALL_SIZE : before);
	rc = iommufd_map_bulk(bed->fd, bed->ioas, entry, 5, &done);
	assert_int_equal(rc, refusal());
	if (rc) {
		assert_int_equal(done, 4);
		check_nothing(bed, iova, 4 * PAGE);
		assert_int_equal(counted(bed, bed->mock.hwpt), before);
	}
}

/* A page table is refused, empty or full, and gives back what it has got. */
static void test_hwpt_refused(void **state)
{
	struct takenbed *bed = *state;
	uint64_t iova = MOCK_APERTURE_START, one, two;
	uint32_t hwpt;

	assert_int_equal(try_map(bed, iova, 3 * PAGE), 0);
	one = counted(bed, bed->mock.hwpt);
	set_max(2 * one - 1);
	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->mock.idev,
					    bed->ioas, &hwpt),
			 is_late() ? 0 : -ENOSPC);
	if (is_late())
		assert_int_equal(iommufd_destroy(bed->fd, hwpt), 0);
	set_max(2 * one);
	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->mock.idev,
					    bed->ioas, &hwpt), 0);
	two = counted(bed, hwpt);
	if (!is_late())
		assert_int_equal(two, one);
	assert_int_equal(iommufd_destroy(bed->fd, hwpt), 0);
	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->mock.idev,
					    bed->ioas, &hwpt), 0);
}

/* Page tables are counted as well, those of all files of the user together. */
static void test_page_tables(void **state)
{
	struct takenbed *bed = *state;
	uint32_t hwpt[3], other = new_ioas(bed->fd), pt = other;
	struct test_mock mock;
	uint64_t max;
	int i;

	assert_int_equal(file_read_u64(MAX_PAGE_TABLES, &max), 0);
	assert_int_equal(file_write(MAX_PAGE_TABLES, "3"), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->mock.idev,
						    bed->ioas, &hwpt[i]),
				 i < 2 ? 0 : -ENOSPC);
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt),
			 -ENOSPC);
	assert_int_equal(test_mock(bed->fd, other, 0, &mock), -ENOSPC);
	check_exact(bed, bed->mock.hwpt);

	/* One goes, and one may come; those that were refused count no more. */
	assert_int_equal(iommufd_destroy(bed->fd, hwpt[0]), 0);
	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->mock.idev,
					    bed->ioas, &hwpt[0]), 0);
	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->mock.idev,
					    bed->ioas, &hwpt[2]), -ENOSPC);
	for (i = 0; i < 2; i++)
		assert_int_equal(iommufd_destroy(bed->fd, hwpt[i]), 0);
	assert_int_equal(max, 4096);
}

/* A device that goes from one page table to another does not, then. */
static void test_replace_refused(void **state)
{
	struct takenbed *bed = *state;
	uint64_t iova = MOCK_APERTURE_START, one;
	uint32_t other = new_ioas(bed->fd), pt = other;

	assert_int_equal(try_map(bed, iova, 3 * PAGE), 0);
	one = counted(bed, bed->mock.hwpt);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA, other,
				      &iova, bed->ioas, iova, 3 * PAGE), 0);
	set_max(2 * one - 1);
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt),
			 -ENOSPC);
	check_exact(bed, bed->mock.hwpt);
	set_max(2 * one);
	pt = other;
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt), 0);
	check_exact(bed, pt);
}

/* ---- whose it is ---- */

static void attach_one(int want)
{
	int fd = iommufd_open();
	struct test_mock mock;
	uint32_t ioas;

	check(fd >= 0);
	check(!iommufd_ioas_alloc(fd, &ioas));
	check(test_mock(fd, ioas, 0, &mock) == want);
	close(fd);
}

static void child_attaches(void *arg)
{
	attach_one(0);
}

/* All files of a user count, and no others. */
static void test_users(void **state)
{
	struct takenbed *bed = *state;

	assert_int_equal(chmod(IOMMUFD_NODE, 0666), 0);
	set_max(counted(bed, bed->mock.hwpt));
	attach_one(-ENOSPC);
	run_as_user(child_attaches, bed, 0);
	set_max(2 * counted(bed, bed->mock.hwpt));
	attach_one(0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_HUGE(name) \
	cmocka_unit_test_setup_teardown(name, setup_huge, teardown)

static int run(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_random),
		TEST_HUGE(test_random),
		TEST(test_second),
		TEST(test_failed),
		TEST(test_map_refused),
		TEST(test_copy_refused),
		TEST(test_bulk_refused),
		TEST(test_hwpt_refused),
		TEST(test_page_tables),
		TEST(test_replace_refused),
		TEST(test_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return bed_load() ? 1 : manners_run(run);
}
