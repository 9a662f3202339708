// SPDX-License-Identifier: GPL-2.0
/*
 * iommuctl's sums of areas, and its largest ones, against a plain sort; and what it
 * prints of numbers and of names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../iommuctl/out.c"
#include "../../iommuctl/sums.c"

#define AREAS 3000

static struct iommu_area_entry random_area(unsigned int i)
{
	return (struct iommu_area_entry){
		.iova = i * 4096ULL,
		.length = 1 + ((uint64_t)random() << 20 ^ random()) %
			      (1ULL << (1 + random() % 50)),
		.kind = random() % 7,
		.flags = random() % 8,
	};
}

static void test_largest(void **state)
{
	static struct large_area all[AREAS];
	unsigned int i, round, room;

	(void)state;
	for (round = 0; round < 50; round++) {
		unsigned int count = random() % AREAS;
		struct largest largest;

		room = 1 + random() % 100;
		assert_true(largest_init(&largest, room));
		for (i = 0; i < count; i++) {
			all[i] = (struct large_area){ random() % 3, random_area(i) };
			largest_add(&largest, all[i].ioas, &all[i].area);
		}
		qsort(all, count, sizeof(all[0]), by_length);
		largest_sort(&largest);
		assert_int_equal(largest.count, count < room ? count : room);
		for (i = 0; i < largest.count; i++)
			assert_int_equal(largest.heap[i].area.length, all[i].area.length);
		largest_free(&largest);
	}
}

static void test_sums(void **state)
{
	struct sums sums = {};
	uint64_t areas = 0, bytes = 0, pinned = 0;
	unsigned int i;

	(void)state;
	for (i = 0; i < AREAS; i++) {
		struct iommu_area_entry area = random_area(i);

		sums_add(&sums, &area);
		bytes += area.length;
		pinned += area.flags & IOMMU_AREA_PINNED ? area.length : 0;
	}
	assert_int_equal(sums.all.areas, AREAS);
	assert_int_equal(sums.all.bytes, bytes);
	assert_int_equal(sums.all.pinned, pinned);
	for (i = 0; i < SUM_SIZES; i++) {
		areas += sums.sizes[i].areas;
		if (sums.sizes[i].areas) {
			assert_true(sums.sizes[i].bytes >= sums.sizes[i].areas << i);
			assert_true((sums.sizes[i].bytes - 1) >> i < sums.sizes[i].areas * 2);
		}
	}
	assert_int_equal(areas, AREAS);
	for (i = 0, areas = 0; i < SUM_KINDS; i++)
		areas += sums.kinds[i].areas;
	assert_int_equal(areas, AREAS);
}

static void test_numbers(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{ 0, "0B" }, { 1, "1B" }, { 1023, "1023B" }, { 1024, "1K" },
		{ 1536, "1.5K" }, { 1048575, "1023.9K" }, { 1048576, "1M" },
		{ 1ULL << 30, "1G" }, { 3ULL << 39, "1.5T" },
		{ UINT64_MAX, "15.9E" },
	};
	char text[BYTES_TEXT], made[24], wanted[24];
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(bytes_text(rows[i].bytes, text), rows[i].text);
	for (i = 0; i < 100000; i++) {
		uint64_t value = i < 100 ? i : (uint64_t)random() << 33 >> random() % 64;

		made[digits(value, made)] = '\0';
		snprintf(wanted, sizeof(wanted), "%llu", (unsigned long long)value);
		assert_string_equal(made, wanted);
		made[hex_digits(value, made)] = '\0';
		snprintf(wanted, sizeof(wanted), "%llx", (unsigned long long)value);
		assert_string_equal(made, wanted);
	}
	made[digits(UINT64_MAX, made)] = '\0';
	assert_string_equal(made, "18446744073709551615");
}

/* A process may call itself what it likes. */
static void test_names(void **state)
{
	(void)state;
	out.used = 0;
	put_json("a\"b\\c\n\033[31m\xff");
	put_char('\0');
	assert_string_equal(out.row, "\"a\\\"b\\\\c\\u000a\\u001b[31m\\u00ff\"");
	out.used = 0;
	put_plain("a\n\033[31m", 7);
	put_char('\0');
	assert_string_equal(out.row, "a??[31m");
	out.used = 0;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_largest),
	cmocka_unit_test(test_sums),
	cmocka_unit_test(test_numbers),
	cmocka_unit_test(test_names),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
