// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of tests, see memory.h.
 */
#include <fcntl.h>

#include "bed.h"
#include "file.h"
#include "memory.h"

void *pages(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	return mem;
}

void *no_pages(size_t size)
{
	void *mem = mmap(NULL, size, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	return mem;
}

void *aligned_pages(size_t size)
{
	uint8_t *mem = no_pages(size + HUGE);

	mem += -(uintptr_t)mem % HUGE;
	assert_int_equal(mprotect(mem, size, PROT_READ | PROT_WRITE), 0);
	return mem;
}

void *shared_pages(size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	return mem;
}

/* Of an entry of /proc/self/pagemap: bits 0 to 54 are the frame. */
#define FRAME_MASK ((1ULL << 55) - 1)

uint64_t frame_of(const void *va)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	assert_int_equal(pread(fd, &entry, sizeof(entry),
			       (uintptr_t)va / PAGE * sizeof(entry)),
			 sizeof(entry));
	close(fd);
	return entry & FRAME_MASK;
}

void reserve_hugetlb(unsigned int count)
{
	uint64_t have = 0;
	char text[16];

	assert_int_equal(file_read_u64("/proc/sys/vm/nr_hugepages", &have), 0);
	snprintf(text, sizeof(text), "%u", count);
	if (have < count)
		assert_int_equal(file_write("/proc/sys/vm/nr_hugepages", text),
				 0);
}

uint64_t huge_kb(void)
{
	uint64_t kb = 0;

	assert_int_equal(file_read_kb("/proc/self/smaps_rollup",
				      "AnonHugePages", &kb), 0);
	return kb;
}
