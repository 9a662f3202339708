// SPDX-License-Identifier: GPL-2.0
/*
 * Pins of memory of other processes, and limits; IOVA that is reserved.
 */
#include "accessbed.h"
#include "bed.h"
#include "iommufd.h"
#include "process.h"
#include "test.h"
#include "user.h"

/* ---- processes ---- */

/* In a child: the pages are the parent's, whose mapping it is. */
static void child_pins(void *arg)
{
	struct accessbed *ab = arg;
	uint8_t data = 0;

	memset(ab->bed.mem, 1, BED_SIZE);
	check(pin_flags(ab, ACCESS_WRITE, BED_IOVA, BED_SIZE, ab->bed.mem,
			NULL) == -EBADE);
	check(!pin_flags(ab, ACCESS_WRITE, BED_IOVA, BED_SIZE, NULL, NULL));
	check(!test_access_read(ab->bed.fd, ab->access, BED_IOVA, &data, 1));
	check(data == 0x77);
}

void test_pin_by_child(void **state)
{
	struct accessbed *ab = *state;

	ab->bed.mem[0] = 0x77;
	end_child(start_child(child_pins, ab, -1));
	memset(ab->bed.mem, 0x78, BED_SIZE);
	refs(ab, ab->bed.mem, BED_SIZE, 1);
	assert_int_equal(pinned(ab), BED_SIZE);
}

/* Memory of a process that has ended. */
static void child_maps(void *arg)
{
	struct accessbed *ab = arg;
	uint64_t iova = FREE_IOVA;

	check(!iommufd_map(ab->bed.fd, ab->bed.ioas, MAP_RW | MAP_FIXED_IOVA,
			   ab->bed.mem, BED_SIZE, &iova));
	check(!pin_flags(ab, ACCESS_WRITE, FREE_IOVA, PAGE, ab->bed.mem,
			 NULL));
}

void test_pin_of_dead(void **state)
{
	struct accessbed *ab = *state;
	uint8_t data = 0;

	ab->bed.mem[0] = 0x55;
	end_child(start_child(child_maps, ab, -1));
	assert_int_equal(pin_flags(ab, 0, FREE_IOVA, BED_SIZE, NULL, NULL),
			 -EFAULT);
	assert_int_equal(test_access_read(ab->bed.fd, ab->access,
					  FREE_IOVA + PAGE, &data, 1),
			 -EFAULT);
	/* Its pinned page is still there. */
	assert_int_equal(test_access_read(ab->bed.fd, ab->access, FREE_IOVA,
					  &data, 1), 0);
	assert_int_equal(data, 0x55);
	assert_int_equal(iommufd_unmap(ab->bed.fd, ab->bed.ioas, FREE_IOVA,
				       BED_SIZE, NULL), 0);
	assert_int_equal(pinned(ab), 0);
}

static void child_limit(void *arg)
{
	struct accessbed *ab = arg;
	uint64_t iova = FREE_IOVA;
	uint32_t id = 0;

	check(!iommufd_map(ab->bed.fd, ab->bed.ioas, MAP_RW | MAP_FIXED_IOVA,
			   ab->bed.mem, BED_SIZE, &iova));
	check(pin_flags(ab, ACCESS_WRITE, FREE_IOVA, BED_SIZE, NULL, NULL) ==
	      -ENOMEM);
	check(status_kb("VmPin") == 0);
	check(!pin_flags(ab, ACCESS_WRITE, FREE_IOVA + PAGE, 3 * PAGE, NULL,
			 &id));
	check(status_kb("VmPin") == 3 * PAGE / 1024);
	/* Paid for already; one more is too many. */
	check(!pin_flags(ab, ACCESS_WRITE, FREE_IOVA + PAGE, PAGE, NULL,
			 NULL));
	check(pin_flags(ab, ACCESS_WRITE, FREE_IOVA, 2 * PAGE, NULL, NULL) ==
	      -ENOMEM);
	check(!test_access_unpin(ab->bed.fd, ab->access, id));
	check(status_kb("VmPin") == PAGE / 1024);
	check(!pin_flags(ab, ACCESS_WRITE, FREE_IOVA, 2 * PAGE, NULL, NULL));
	check(!iommufd_unmap(ab->bed.fd, ab->bed.ioas, FREE_IOVA, BED_SIZE,
			     NULL));
	check(status_kb("VmPin") == 0);
}

void test_pin_limit(void **state)
{
	run_as_user(child_limit, *state, 3 * PAGE);
}

/* ---- reserved IOVA ---- */

void test_reserved(void **state)
{
	struct accessbed *ab = *state;
	uint64_t iova = FREE_IOVA + PAGE;
	int fd = ab->bed.fd;

	assert_int_equal(test_add_reserved(fd, ab->bed.ioas, FREE_IOVA, 0),
			 -EINVAL);
	assert_int_equal(test_add_reserved(fd, ab->bed.ioas, UINT64_MAX, 2),
			 -EOVERFLOW);
	assert_int_equal(test_add_reserved(fd, NO_ID, FREE_IOVA, PAGE),
			 -ENOENT);
	assert_int_equal(test_add_reserved(fd, ab->bed.ioas, BED_IOVA, 1),
			 -EADDRINUSE);
	assert_int_equal(test_add_reserved(fd, ab->bed.ioas, FREE_IOVA,
					   2 * PAGE), 0);
	assert_int_equal(iommufd_map(fd, ab->bed.ioas, MAP_RW | MAP_FIXED_IOVA,
				     ab->bed.mem, PAGE, &iova), -EINVAL);
	map_at(ab, ab->bed.ioas, FREE_IOVA + 2 * PAGE, MAP_RW, ab->bed.mem,
	       PAGE);
}
