// SPDX-License-Identifier: GPL-2.0
/*
 * What tests of accesses begin with, see accessbed.h.
 */
#include "accessbed.h"
#include "bed.h"
#include "iommufd.h"
#include "memory.h"
#include "test.h"

uint8_t *small_pages(size_t size)
{
	uint8_t *mem = pages(size);
	size_t i;

	assert_int_equal(madvise(mem, size, MADV_NOHUGEPAGE), 0);
	for (i = 0; i < size; i++)
		mem[i] = i + i / PAGE * 3;
	return mem;
}

int new_access(int fd, uint32_t ioas, uint32_t flags)
{
	int access = -1;

	assert_int_equal(test_access_create(fd, ioas, flags, &access), 0);
	return access;
}

int access_setup(void **state)
{
	struct accessbed *ab = calloc(1, sizeof(*ab));
	uint64_t iova = BED_IOVA;

	ab->bed.fd = new_fd();
	ab->bed.ioas = new_ioas(ab->bed.fd);
	ab->bed.mem = small_pages(BED_SIZE);
	assert_int_equal(iommufd_map(ab->bed.fd, ab->bed.ioas,
				     MAP_RW | MAP_FIXED_IOVA, ab->bed.mem,
				     BED_SIZE, &iova), 0);
	ab->access = new_access(ab->bed.fd, ab->bed.ioas, ACCESS_PINS);
	ab->pinned = status_kb("VmPin");
	*state = ab;
	return 0;
}

int access_teardown(void **state)
{
	struct accessbed *ab = *state;

	if (ab->access >= 0)
		close(ab->access);
	close(ab->bed.fd);
	assert_int_equal(status_kb("VmPin"), ab->pinned);
	munmap(ab->bed.mem, BED_SIZE);
	free(ab);
	return 0;
}

uint64_t pinned(struct accessbed *ab)
{
	return (status_kb("VmPin") - ab->pinned) * 1024;
}

void map_at(struct accessbed *ab, uint32_t ioas, uint64_t iova, uint32_t flags,
	    const void *va, size_t length)
{
	assert_int_equal(iommufd_map(ab->bed.fd, ioas, flags | MAP_FIXED_IOVA,
				     va, length, &iova), 0);
}

int pin_flags(struct accessbed *ab, uint32_t flags, uint64_t iova,
	      size_t length, const void *va, uint32_t *pin)
{
	return test_access_pin(ab->bed.fd, ab->access, flags, iova, length, va,
			       pin);
}

uint32_t pin(struct accessbed *ab, uint64_t iova, size_t length, const void *va)
{
	uint32_t pin = 0;

	assert_int_equal(pin_flags(ab, ACCESS_WRITE, iova, length, va, &pin),
			 0);
	return pin;
}

void unpin(struct accessbed *ab, uint32_t pin)
{
	assert_int_equal(test_access_unpin(ab->bed.fd, ab->access, pin), 0);
}

void refs(struct accessbed *ab, const void *va, size_t length, uint32_t refs)
{
	assert_int_equal(test_check_refs(ab->bed.fd, va, length, refs), 0);
}
