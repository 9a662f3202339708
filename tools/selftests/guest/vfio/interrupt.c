// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts of a device arrive, through whatever page table it is attached to:
 * where the IOMMU translates them, too, software maps their doorbell. Needs
 * QEMU's edu device.
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "bed.h"
#include "edu.h"
#include "edubed.h"
#include "iommufd.h"
#include "vfio.h"

#define LIMIT_MS 5000

/* Doorbells that a page table takes over: see drivers/iommufd/device/msi.c. */
#define TURNS_MAX 40

static int event;

static int setup(void **state)
{
	struct edubed *bed;

	edubed_setup(state);
	bed = *state;
	event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_true(event >= 0);
	return bed->fd < 0;
}

static int teardown(void **state)
{
	close(event);
	return edubed_teardown(state);
}

static bool arrives(struct edubed *bed)
{
	struct pollfd file = { .fd = event, .events = POLLIN };
	uint64_t count = 0;

	assert_int_equal(poll(&file, 1, 0), 0);
	edu_interrupt(&bed->edu);
	if (poll(&file, 1, LIMIT_MS) == 1)
		assert_int_equal(read(event, &count, sizeof(count)),
				 sizeof(count));
	edu_acknowledge(&bed->edu);
	return count == 1;
}

static void test_on_and_off(void **state)
{
	struct edubed *bed = *state;
	int i;

	for (i = 0; i < 3; i++) {
		assert_int_equal(vfio_msi_on(bed->edu.dev, event), 0);
		assert_true(arrives(bed));
		assert_true(arrives(bed));
		assert_int_equal(vfio_msi_off(bed->edu.dev), 0);
	}
}

/* Turned on before the device has a page table. */
static void test_before_attach(void **state)
{
	struct edubed *bed = *state;

	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_int_equal(vfio_msi_on(bed->edu.dev, event), 0);
	assert_true(arrives(bed));
}

/* They are on, and go on where the device goes. */
static void test_replace(void **state)
{
	struct edubed *bed = *state;
	uint32_t other = new_ioas(bed->fd);

	assert_int_equal(vfio_msi_on(bed->edu.dev, event), 0);
	assert_true(arrives(bed));
	assert_int_equal(attach(bed, other), 0);
	assert_true(arrives(bed));
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_true(arrives(bed));
	/* Once more, in a page table that has the doorbell of before. */
	assert_int_equal(vfio_msi_off(bed->edu.dev), 0);
	assert_int_equal(vfio_msi_on(bed->edu.dev, event), 0);
	assert_true(arrives(bed));
}

/* They are off: nothing is to be taken along, and a new start is possible. */
static void test_replace_while_off(void **state)
{
	struct edubed *bed = *state;
	uint32_t other = new_ioas(bed->fd);

	assert_int_equal(vfio_msi_on(bed->edu.dev, event), 0);
	assert_true(arrives(bed));
	assert_int_equal(vfio_msi_off(bed->edu.dev), 0);
	assert_int_equal(attach(bed, other), 0);
	assert_int_equal(vfio_msi_on(bed->edu.dev, event), 0);
	assert_true(arrives(bed));
}

static void test_detach_and_attach(void **state)
{
	struct edubed *bed = *state;

	assert_int_equal(vfio_msi_on(bed->edu.dev, event), 0);
	assert_true(arrives(bed));
	assert_int_equal(vfio_detach(bed->edu.dev), 0);
	assert_int_equal(attach(bed, bed->ioas), 0);
	assert_true(arrives(bed));
}

/* To a page table that was made before, and has been attached before. */
static void test_page_tables(void **state)
{
	struct edubed *bed = *state;
	uint32_t one, other;

	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->edu.devid,
					    bed->ioas, &one), 0);
	assert_int_equal(iommufd_hwpt_alloc(bed->fd, 0, bed->edu.devid,
					    bed->ioas, &other), 0);
	assert_int_equal(vfio_msi_on(bed->edu.dev, event), 0);
	assert_int_equal(attach(bed, one), 0);
	assert_true(arrives(bed));
	assert_int_equal(attach(bed, other), 0);
	assert_true(arrives(bed));
	assert_int_equal(attach(bed, one), 0);
	assert_true(arrives(bed));
}

/*
 * Interrupts turned on anew in each page table: where software maps doorbells
 * there is one more each time, and an end to it. Turning them off helps.
 */
static void test_many_moves(void **state)
{
	struct edubed *bed = *state;
	uint32_t ioas[2] = { bed->ioas, new_ioas(bed->fd) };
	int i, rc = 0;

	for (i = 0; i < TURNS_MAX && !rc; i++) {
		vfio_msi_off(bed->edu.dev);
		assert_int_equal(vfio_msi_on(bed->edu.dev, event), 0);
		assert_true(arrives(bed));
		rc = attach(bed, ioas[(i + 1) % 2]);
		assert_true(arrives(bed));
	}
	if (rc) {
		assert_int_equal(rc, -EBUSY);
		assert_int_equal(vfio_msi_off(bed->edu.dev), 0);
		assert_int_equal(attach(bed, ioas[i % 2]), 0);
		assert_int_equal(vfio_msi_on(bed->edu.dev, event), 0);
		assert_true(arrives(bed));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_on_and_off),
		TEST(test_before_attach),
		TEST(test_replace),
		TEST(test_replace_while_off),
		TEST(test_detach_and_attach),
		TEST(test_page_tables),
		TEST(test_many_moves),
	};

	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
