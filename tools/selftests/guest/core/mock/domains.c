// SPDX-License-Identifier: GPL-2.0
/*
 * Several domains of an IOAS, several IOASes, and devices that move between them.
 */
#include "bed.h"
#include "domains.h"
#include "iommufd.h"
#include "mockbed.h"
#include "test.h"

void test_two_devices_share(void **state)
{
	struct mockbed *bed = *state;
	struct test_mock mock = add_mock(bed, bed->ioas, 0);

	assert_int_equal(mock.hwpt, bed->mock.hwpt);
	assert_int_not_equal(mock.stdev, bed->mock.stdev);
	assert_int_not_equal(mock.idev, bed->mock.idev);
	assert_int_equal(iommufd_destroy(bed->fd, bed->mock.stdev), 0);
	assert_int_equal(iommufd_destroy(bed->fd, mock.hwpt), -EBUSY);
	assert_int_equal(iommufd_destroy(bed->fd, mock.idev), -EBUSY);
	assert_int_equal(iommufd_destroy(bed->fd, mock.stdev), 0);
	/* A page table that attach has made goes with its last device. */
	assert_int_equal(iommufd_destroy(bed->fd, mock.hwpt), -ENOENT);
	assert_int_equal(iommufd_destroy(bed->fd, bed->ioas), 0);
}

void test_two_domains(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(6 * PAGE);
	struct test_mock other;
	uint32_t hwpt;

	map_at(bed, FREE_IOVA, mem, 2 * PAGE);
	hwpt = new_hwpt(bed, bed->ioas);
	other = add_mock(bed, hwpt, 0);
	assert_int_equal(other.hwpt, hwpt);
	map_at(bed, FREE_IOVA + HALF + 2 * PAGE, mem + HALF + 2 * PAGE, PAGE);
	maps(bed, hwpt, FREE_IOVA, mem, 2 * PAGE);
	maps(bed, hwpt, FREE_IOVA + HALF + 2 * PAGE, mem + HALF + 2 * PAGE,
	     PAGE);
	/* Pinned and charged once. */
	refs(bed, mem, 4 * PAGE, 1);
	assert_int_equal(pinned(bed), 4 * PAGE);
	unmap(bed, FREE_IOVA, 2 * PAGE);
	maps_nothing(bed, hwpt, FREE_IOVA, mem, 2 * PAGE);
	maps_nothing(bed, bed->mock.hwpt, FREE_IOVA, mem, 2 * PAGE);
	/* One goes, the other stays. */
	assert_int_equal(iommufd_destroy(bed->fd, bed->mock.stdev), 0);
	maps(bed, hwpt, FREE_IOVA + HALF + 2 * PAGE, mem + HALF + 2 * PAGE,
	     PAGE);
	refs(bed, mem + 2 * PAGE, 2 * PAGE, 1);
	assert_int_equal(iommufd_destroy(bed->fd, other.stdev), 0);
	refs(bed, mem + 2 * PAGE, 2 * PAGE, 1);
	assert_int_equal(iommufd_destroy(bed->fd, hwpt), 0);
	refs(bed, mem, 6 * PAGE, 0);
	assert_int_equal(pinned(bed), 0);
	munmap(mem, 6 * PAGE);
}

/* Mapped long before there is a domain; and again after it has gone. */
void test_lazy(void **state)
{
	struct mockbed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd);
	uint8_t *mem = scattered_pages(9 * PAGE);
	struct test_mock mock;
	int i;

	assert_int_equal(try_map(bed, ioas, FREE_IOVA, mem, 3 * PAGE), 0);
	assert_int_equal(try_map(bed, ioas, FREE_IOVA + HUGE, mem + 3 * PAGE,
				 6 * PAGE), 0);
	refs(bed, mem, 9 * PAGE, 0);
	for (i = 0; i < 3; i++) {
		mock = add_mock(bed, ioas, 0);
		maps(bed, mock.hwpt, FREE_IOVA, mem, 3 * PAGE);
		maps(bed, mock.hwpt, FREE_IOVA + HUGE, mem + 3 * PAGE,
		     6 * PAGE);
		refs(bed, mem, 9 * PAGE, 1);
		assert_int_equal(iommufd_destroy(bed->fd, mock.stdev), 0);
		refs(bed, mem, 9 * PAGE, 0);
	}
	munmap(mem, 9 * PAGE);
}

/* What is mapped does not fit the domain: nothing is attached. */
void test_attach_refused(void **state)
{
	struct mockbed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd);
	uint8_t *mem = small_pages(2 * PAGE);
	uint64_t low = 0x1000;

	assert_int_equal(try_map(bed, ioas, low, mem, PAGE), 0);
	assert_int_equal(test_mock(bed->fd, ioas, 0, NULL), -EADDRINUSE);
	assert_int_equal(iommufd_unmap_all(bed->fd, ioas, NULL), 0);
	assert_int_equal(try_map(bed, ioas, FREE_IOVA + 1, mem, PAGE), 0);
	assert_int_equal(test_mock(bed->fd, ioas, 0, NULL), -EADDRINUSE);
	refs(bed, mem, PAGE, 0);
	assert_int_equal(iommufd_unmap_all(bed->fd, ioas, NULL), 0);
	assert_int_equal(test_mock(bed->fd, NO_ID, 0, NULL), -ENOENT);
	assert_int_equal(test_mock(bed->fd, bed->mock.idev, 0, NULL), -EINVAL);
	assert_int_equal(iommufd_destroy(bed->fd, ioas), 0);
	munmap(mem, 2 * PAGE);
}

void test_copy(void **state)
{
	struct mockbed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd);
	struct test_mock mock = add_mock(bed, ioas, 0);
	uint8_t *mem = scattered_pages(8 * PAGE);
	uint64_t iova = FREE_IOVA + 3 * HALF;

	map_at(bed, FREE_IOVA, mem, 4 * PAGE);
	map_at(bed, FREE_IOVA + 4 * PAGE, mem + 4 * PAGE, 4 * PAGE);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA, ioas,
				      &iova, bed->ioas, FREE_IOVA + 3 * HALF,
				      5 * PAGE), 0);
	maps(bed, mock.hwpt, iova, mem + 3 * HALF, 5 * PAGE);
	maps_nothing(bed, mock.hwpt, iova - HALF, mem, HALF);
	maps_nothing(bed, mock.hwpt, iova + 5 * PAGE, mem, HALF);
	refs(bed, mem, 8 * PAGE, 1);
	assert_int_equal(pinned(bed), 8 * PAGE);
	/* The first goes: exactly what the copy needs stays pinned. */
	assert_int_equal(iommufd_unmap_all(bed->fd, bed->ioas, NULL), 0);
	maps(bed, mock.hwpt, iova, mem + 3 * HALF, 5 * PAGE);
	refs(bed, mem, PAGE, 0);
	refs(bed, mem + PAGE, 6 * PAGE, 1);
	refs(bed, mem + 7 * PAGE, PAGE, 0);
	assert_int_equal(pinned(bed), 6 * PAGE);
	munmap(mem, 8 * PAGE);
}

/* Within one IOAS, and over an access that pins. */
void test_copy_to_self(void **state)
{
	struct mockbed *bed = *state;
	uint8_t *mem = scattered_pages(4 * PAGE);
	uint64_t iova = FREE_IOVA + HUGE;
	uint32_t pin = 0;
	int access;

	map_at(bed, FREE_IOVA, mem, 4 * PAGE);
	assert_int_equal(iommufd_copy(bed->fd, MAP_RW | MAP_FIXED_IOVA,
				      bed->ioas, &iova, bed->ioas,
				      FREE_IOVA + PAGE, 2 * PAGE), 0);
	maps(bed, bed->mock.hwpt, iova, mem + PAGE, 2 * PAGE);
	assert_int_equal(test_access_create(bed->fd, bed->ioas, ACCESS_PINS,
					    &access), 0);
	assert_int_equal(test_access_pin(bed->fd, access, ACCESS_WRITE,
					 iova + PAGE, PAGE, mem + 2 * PAGE,
					 &pin), 0);
	unmap(bed, FREE_IOVA, 4 * PAGE);
	refs(bed, mem + PAGE, 2 * PAGE, 1);
	assert_int_equal(pinned(bed), 2 * PAGE);
	unmap(bed, iova, 2 * PAGE);
	refs(bed, mem, 4 * PAGE, 0);
	close(access);
	munmap(mem, 4 * PAGE);
}

void test_replace(void **state)
{
	struct mockbed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd), pt = ioas, hwpt;
	uint8_t *mem = scattered_pages(2 * PAGE);

	map_at(bed, FREE_IOVA, mem, PAGE);
	assert_int_equal(try_map(bed, ioas, FREE_IOVA + PAGE, mem + PAGE,
				 PAGE), 0);
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt), 0);
	maps(bed, pt, FREE_IOVA + PAGE, mem + PAGE, PAGE);
	maps_nothing(bed, pt, FREE_IOVA, mem, PAGE);
	/* The page table that was left is gone, and what it held. */
	assert_int_equal(test_check_map(bed->fd, bed->mock.hwpt, FREE_IOVA,
					mem, PAGE), -ENOENT);
	refs(bed, mem, PAGE, 0);
	refs(bed, mem + PAGE, PAGE, 1);
	/* To a page table by its own id, and to what it has already. */
	hwpt = new_hwpt(bed, bed->ioas);
	pt = hwpt;
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt), 0);
	assert_int_equal(pt, hwpt);
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt), 0);
	maps(bed, hwpt, FREE_IOVA, mem, PAGE);
	refs(bed, mem + PAGE, PAGE, 0);
	pt = NO_ID;
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt),
			 -ENOENT);
	pt = bed->mock.stdev;
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt),
			 -EINVAL);
	munmap(mem, 2 * PAGE);
}

/* The new IOAS does not fit: the old one stays attached. */
void test_replace_refused(void **state)
{
	struct mockbed *bed = *state;
	uint32_t ioas = new_ioas(bed->fd), pt = ioas;
	uint8_t *mem = scattered_pages(2 * PAGE);

	map_at(bed, FREE_IOVA, mem, PAGE);
	assert_int_equal(try_map(bed, ioas, 0x1000, mem + PAGE, PAGE), 0);
	assert_int_equal(test_mock_replace(bed->fd, bed->mock.stdev, &pt),
			 -EADDRINUSE);
	maps(bed, bed->mock.hwpt, FREE_IOVA, mem, PAGE);
	map_at(bed, FREE_IOVA + PAGE, mem + PAGE, PAGE);
	maps(bed, bed->mock.hwpt, FREE_IOVA, mem, 2 * PAGE);
	assert_int_equal(iommufd_destroy(bed->fd, ioas), 0);
	munmap(mem, 2 * PAGE);
}
