// SPDX-License-Identifier: GPL-2.0
/*
 * Registers in page tables of the mock IOMMU, whose driver can be told to fail: what it
 * would not map keeps nothing else out, and what is counted of its tables is what it has.
 *
 * Needs an ivshmem, whose BAR is larger than what a table spans.
 */
#include "bed.h"
#include "file.h"
#include "iommufd.h"
#include "manners.h"
#include "p2pbed.h"
#include "test.h"

#define MOCK_PARAMETERS "/sys/module/iommufd_selftest/parameters/"

/* What one of the mock's tables spans: registers begin in the middle of one. */
#define SPAN (512 * MOCK_PAGE)
#define BAR_SIZE (2 * SPAN + SPAN / 2)
#define BAR_IOVA (MOCK_APERTURE_START + SPAN + SPAN / 2)
#define COPY_IOVA (BAR_IOVA + 8 * SPAN)

struct mockbar {
	int fd;
	uint32_t ioas;
	struct test_mock mock;
	struct p2p_device device;
};

static void set(const char *parameter, uint64_t value)
{
	char path[96], text[24];

	snprintf(path, sizeof(path), MOCK_PARAMETERS "%s", parameter);
	snprintf(text, sizeof(text), "%lu", value);
	assert_int_equal(file_write(path, text), 0);
}

static int setup(void **state)
{
	struct mockbar *bed = calloc(1, sizeof(*bed));

	if (pci_find_id(0x1af4, 0x1110, 0, bed->device.bdf))
		fail_msg("an ivshmem is wanted: --device ivshmem");
	bed->fd = new_fd();
	bed->ioas = new_ioas(bed->fd);
	assert_int_equal(test_mock(bed->fd, bed->ioas, 0, &bed->mock), 0);
	p2p_device_open(&bed->device, false, bed->fd);
	p2p_device_unmap(&bed->device);
	assert_int_equal(vfio_bar_map(bed->device.dev, 2, &bed->device.bar), 0);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct mockbar *bed = *state;

	set("refuse", 0);
	set("fail_map", 0);
	p2p_device_close(&bed->device);
	close(bed->fd);
	free(bed);
	return 0;
}

static int map_bar(struct mockbar *bed)
{
	uint64_t iova = BAR_IOVA;

	return iommufd_map(bed->fd, bed->ioas, MAP_RW | MAP_FIXED_IOVA,
			   bed->device.bar.base, BAR_SIZE, &iova);
}

static int copy_bar(struct mockbar *bed, uint64_t iova)
{
	return iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA, bed->ioas, &iova,
			    bed->ioas, BAR_IOVA, BAR_SIZE);
}

static void unmap_bar(struct mockbar *bed, uint64_t iova)
{
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, iova, BAR_SIZE,
				       NULL), 0);
}

/* The first page and the last. */
static bool is_mapped(struct mockbar *bed, uint64_t iova)
{
	uint32_t first = 0, last = 0;

	assert_int_equal(test_entry(bed->fd, bed->mock.hwpt, iova, &first), 0);
	assert_int_equal(test_entry(bed->fd, bed->mock.hwpt,
				    iova + BAR_SIZE - PAGE, &last), 0);
	assert_int_equal(!first, !last);
	return first;
}

/* ---- one place that the driver will not have ---- */

static void check_refused(struct mockbar *bed)
{
	set("refuse", BAR_IOVA + BAR_SIZE - PAGE);
	assert_int_equal(map_bar(bed), -EINVAL);
	set("refuse", 0);
	assert_int_equal(map_bar(bed), 0);
	set("refuse", COPY_IOVA + SPAN);
	assert_int_equal(copy_bar(bed, COPY_IOVA), -EINVAL);
	set("refuse", 0);
	assert_true(is_mapped(bed, BAR_IOVA));
	unmap_bar(bed, BAR_IOVA);
}

/* Nobody could know when they were mapped, as they were off. */
static void check_refused_later(struct mockbar *bed)
{
	assert_int_equal(vfio_decode(bed->device.dev, 0), 0);
	assert_int_equal(map_bar(bed), 0);
	assert_int_equal(copy_bar(bed, COPY_IOVA), 0);
	set("refuse", BAR_IOVA + SPAN);
	assert_int_equal(vfio_decode(bed->device.dev, 1), 0);
	assert_false(is_mapped(bed, BAR_IOVA));
	assert_true(is_mapped(bed, COPY_IOVA));

	/* Whoever comes after it is not told of that. */
	assert_int_equal(copy_bar(bed, COPY_IOVA + 8 * SPAN), 0);
	assert_true(is_mapped(bed, COPY_IOVA + 8 * SPAN));

	/* With the next beginning it has another chance. */
	set("refuse", 0);
	assert_int_equal(vfio_decode(bed->device.dev, 0), 0);
	assert_false(is_mapped(bed, COPY_IOVA));
	assert_int_equal(vfio_decode(bed->device.dev, 1), 0);
	assert_true(is_mapped(bed, BAR_IOVA));
	assert_true(is_mapped(bed, COPY_IOVA));
	unmap_bar(bed, BAR_IOVA);
	unmap_bar(bed, COPY_IOVA);
	unmap_bar(bed, COPY_IOVA + 8 * SPAN);
}

static void test_refused(void **state)
{
	check_refused(*state);
	check_refused_later(*state);
}

/* ---- tables ---- */

static void check_counted(struct mockbar *bed, bool exactly)
{
	uint64_t counted = 0, taken = 0;

	assert_int_equal(test_taken(bed->fd, bed->mock.hwpt, &counted, &taken),
			 0);
	/* Who is not told of a driver counts a larger root than the mock's. */
	if (mock_has_manner("all"))
		taken += 16 * PAGE;
	if (counted < taken || (exactly && counted != taken))
		fail_msg("%lu bytes are counted, %lu there are", counted,
			 taken);
}

/* A call that has failed leaves tables: its user has them until they go. */
static void test_failed(void **state)
{
	struct mockbar *bed = *state;
	unsigned int n;

	check_counted(bed, true);
	for (n = 1; n < 16; n++) {
		set("fail_map", n);
		if (!map_bar(bed))
			break;
		check_counted(bed, false);
	}
	assert_true(n > 1 && n < 16);
	set("fail_map", 0);
	check_counted(bed, true);
	unmap_bar(bed, BAR_IOVA);
	check_counted(bed, true);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int run(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_refused),
		TEST(test_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return bed_load() ? 1 : manners_run(run);
}
