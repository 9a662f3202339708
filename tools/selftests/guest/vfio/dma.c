// SPDX-License-Identifier: GPL-2.0
/*
 * Real DMA through mappings of each kind of memory: it moves the bytes, only
 * as the mapping allows, and nothing after unmap. Needs QEMU's edu device.
 */
#include <fcntl.h>
#include <linux/mman.h>

#include "bed.h"
#include "compiler.h"
#include "edu.h"
#include "edubed.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
#include "picture.h"

#define PIECE 1024

/* Both ways, and across a page boundary where there is one. */
static void check_both_ways(struct edubed *bed, uint64_t iova, void *va,
			    size_t length)
{
	size_t at = length > PAGE ? PAGE - PIECE / 2 : 0;

	fill(va, length);
	assert_true(dma_reads(bed, iova + at, va + at, PIECE));
	assert_true(dma_writes(bed, iova + at, va + at, PIECE));
}

static void check_blocked(struct edubed *bed, uint64_t iova, void *va)
{
	assert_true(dma_write_blocked(bed, iova, va, PIECE));
	assert_true(dma_read_blocked(bed, iova, va, PIECE));
}

/* Mapped, moved, accounted; unmapped, blocked, accounted. */
static void check_memory(struct edubed *bed, void *va, size_t length)
{
	uint64_t iova = map(bed, MAP_RW, va, length);

	assert_int_equal(pinned(bed), length);
	check_both_ways(bed, iova, va, length);
	assert_true(dma_writes(bed, iova + length - PIECE, va + length - PIECE,
			       PIECE));
	unmap(bed, iova, length);
	assert_int_equal(pinned(bed), 0);
	check_blocked(bed, iova, va);
}

/* The pieces of every page of a mapping in turn are the right ones. */
static void check_each_page(struct edubed *bed, uint64_t iova, void *va,
			    size_t length)
{
	size_t at;

	fill(va, length);
	for (at = 0; at < length; at += PAGE)
		assert_true(dma_reads(bed, iova + at, va + at, 64));
}

static void test_one_page(void **state)
{
	void *mem = pages(PAGE);

	check_memory(*state, mem, PAGE);
	munmap(mem, PAGE);
}

static void test_some_pages(void **state)
{
	struct edubed *bed = *state;
	void *mem = pages(8 * PAGE);
	uint64_t iova = map(bed, MAP_RW, mem, 8 * PAGE);

	check_each_page(bed, iova, mem, 8 * PAGE);
	unmap(bed, iova, 8 * PAGE);
	check_blocked(bed, iova + 7 * PAGE, mem + 7 * PAGE);
	munmap(mem, 8 * PAGE);
}

/* Many small pages, not in one piece: every second page is given back. */
static void test_scattered(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = no_pages(4 * HUGE);
	size_t at;

	mem += HUGE - (uintptr_t)mem % HUGE;
	madvise(mem, 2 * HUGE, MADV_NOHUGEPAGE);
	mprotect(mem, 2 * HUGE, PROT_READ | PROT_WRITE);
	memset(mem, 1, 2 * HUGE);
	for (at = 0; at < 2 * HUGE; at += 2 * PAGE)
		madvise(mem + at, PAGE, MADV_DONTNEED);
	check_memory(bed, mem, 2 * HUGE);
}

static void test_thp(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = aligned_pages(2 * HUGE);

	file_write("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	/* A kernel for real time has none. */
	madvise(mem, 2 * HUGE, MADV_HUGEPAGE);
	memset(mem, 1, 2 * HUGE);
	if (huge_kb() < 2 * HUGE / 1024)
		skip();
	check_memory(bed, mem, 2 * HUGE);
	munmap(mem, 2 * HUGE);
}

/* The middle of a huge page replaced by another page: frames do not lie. */
static void test_thp_with_a_patch(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = aligned_pages(HUGE), *other = pages(PAGE);
	uint64_t iova;

	madvise(mem, HUGE, MADV_HUGEPAGE);
	memset(mem, 1, HUGE);
	memset(other, 2, PAGE);
	assert_ptr_equal(mremap(other, PAGE, PAGE,
				MREMAP_MAYMOVE | MREMAP_FIXED,
				mem + 100 * PAGE), mem + 100 * PAGE);
	iova = map(bed, MAP_RW, mem, HUGE);
	fill(mem, HUGE);
	assert_true(dma_reads(bed, iova + 99 * PAGE, mem + 99 * PAGE, PIECE));
	assert_true(dma_reads(bed, iova + 100 * PAGE, mem + 100 * PAGE, PIECE));
	assert_true(dma_writes(bed, iova + 100 * PAGE, mem + 100 * PAGE,
			       PIECE));
	assert_true(dma_reads(bed, iova + 101 * PAGE - PIECE / 2,
			      mem + 101 * PAGE - PIECE / 2, PIECE));
	assert_true(dma_reads(bed, iova + HUGE - PIECE, mem + HUGE - PIECE,
			      PIECE));
	unmap(bed, iova, HUGE);
	assert_int_equal(pinned(bed), 0);
	munmap(mem, HUGE);
}

static void test_hugetlb(void **state)
{
	void *mem;

	reserve_hugetlb(16);
	mem = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	assert_ptr_not_equal(mem, MAP_FAILED);
	check_memory(*state, mem, 2 * HUGE);
	munmap(mem, 2 * HUGE);
}

/* A part of a huge page, from its middle on. */
static void test_hugetlb_part(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem;

	reserve_hugetlb(16);
	mem = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	assert_ptr_not_equal(mem, MAP_FAILED);
	check_memory(bed, mem + HUGE - 16 * PAGE, 32 * PAGE);
	munmap(mem, 2 * HUGE);
}

#define GIANT (512 * HUGE)

/* A page of 1 GiB, which the guest has to be booted with. */
static void test_hugetlb_giant(void **state)
{
	static const size_t at[] = {
		0, HUGE - PIECE / 2, GIANT / 2, GIANT - PIECE,
	};
	struct edubed *bed = *state;
	uint8_t *mem;
	size_t i;

	mem = mmap(NULL, GIANT, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_1GB,
		   -1, 0);
	if (mem == MAP_FAILED)
		skip();
	map_at(bed, GIANT, MAP_RW, mem, GIANT);
	assert_int_equal(pinned(bed), GIANT);
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		fill(mem + at[i], PIECE);
		assert_true(dma_reads(bed, GIANT + at[i], mem + at[i], PIECE));
		assert_true(dma_writes(bed, GIANT + at[i], mem + at[i],
				       PIECE));
	}
	unmap(bed, GIANT, GIANT);
	assert_int_equal(pinned(bed), 0);
	check_blocked(bed, 2 * GIANT - PIECE, mem + GIANT - PIECE);
	/* A part of it that no huge IO page covers. */
	check_memory(bed, mem + GIANT / 2 - 16 * PAGE, HUGE);
	munmap(mem, GIANT);
}

static void test_shared_anonymous(void **state)
{
	void *mem = shared_pages(16 * PAGE);

	check_memory(*state, mem, 16 * PAGE);
	munmap(mem, 16 * PAGE);
}

static int new_memfd(size_t size, unsigned int flags)
{
	int fd = memfd_create("test", MFD_CLOEXEC | flags);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

static void *mmap_file(int fd, size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	return mem;
}

/* Mapped by file; seen through an mmap that the kernel knows nothing of. */
static void check_file(struct edubed *bed, int fd, uint64_t start,
		       size_t length)
{
	/* Mappings of huge pages begin and end with one. */
	size_t size = (start + length + HUGE - 1) & -HUGE;
	uint8_t *mem = mmap_file(fd, size);
	uint64_t iova;

	assert_int_equal(iommufd_map_file(bed->fd, bed->ioas, MAP_RW, fd,
					  start, length, &iova), 0);
	assert_int_equal(pinned(bed), length);
	check_both_ways(bed, iova, mem + start, length);
	assert_true(dma_writes(bed, iova + length - PIECE,
			       mem + start + length - PIECE, PIECE));
	unmap(bed, iova, length);
	assert_int_equal(pinned(bed), 0);
	check_blocked(bed, iova, mem + start);
	munmap(mem, size);
	close(fd);
}

static void test_file(void **state)
{
	check_file(*state, new_memfd(32 * PAGE, 0), 0, 32 * PAGE);
}

static void test_file_part(void **state)
{
	check_file(*state, new_memfd(32 * PAGE, 0), 5 * PAGE, 9 * PAGE);
}

static uint64_t free_hugetlb(void)
{
	uint64_t pages = 0;

	assert_int_equal(file_read_u64("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages",
				       &pages), 0);
	return pages;
}

/* Pages that were unpinned too often, or not at all, are never free again. */
static void check_file_hugetlb(struct edubed *bed, uint64_t start,
			       size_t length)
{
	uint64_t before;

	reserve_hugetlb(16);
	before = free_hugetlb();
	check_file(bed, new_memfd(3 * HUGE, MFD_HUGETLB), start, length);
	assert_int_equal(free_hugetlb(), before);
}

static void test_file_hugetlb(void **state)
{
	check_file_hugetlb(*state, 0, 3 * HUGE);
}

static void test_file_hugetlb_part(void **state)
{
	check_file_hugetlb(*state, HUGE - 4 * PAGE, HUGE + 12 * PAGE);
}

/* A hole of a file becomes a page of it. */
static void test_file_hole(void **state)
{
	struct edubed *bed = *state;
	int fd = new_memfd(8 * PAGE, 0);
	uint8_t *mem, byte = 0;
	uint64_t iova;

	assert_int_equal(iommufd_map_file(bed->fd, bed->ioas, MAP_RW, fd, 0,
					  8 * PAGE, &iova), 0);
	memset(bed->scratch, 0x42, 16);
	assert_int_equal(edu_load(&bed->edu, SCRATCH_IOVA, 0, 16), 0);
	assert_int_equal(edu_store(&bed->edu, iova + 3 * PAGE, 0, 16), 0);
	assert_int_equal(pread(fd, &byte, 1, 3 * PAGE), 1);
	assert_int_equal(byte, 0x42);
	mem = mmap_file(fd, 8 * PAGE);
	assert_int_equal(mem[3 * PAGE + 15], 0x42);
	munmap(mem, 8 * PAGE);
	close(fd);
}

static void test_file_refused(void **state)
{
	struct edubed *bed = *state;
	int fd = new_memfd(4 * PAGE, 0), null = open("/dev/null", O_RDWR);
	int other = open("/tmp", O_RDONLY), pipes[2];
	uint64_t iova;

	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(iommufd_map_file(bed->fd, bed->ioas, MAP_R, fd,
					  PAGE, 4 * PAGE, &iova), -EINVAL);
	assert_int_equal(iommufd_map_file(bed->fd, bed->ioas, MAP_R, null, 0,
					  PAGE, &iova), -EINVAL);
	assert_int_equal(iommufd_map_file(bed->fd, bed->ioas, MAP_R, other, 0,
					  PAGE, &iova), -EINVAL);
	assert_int_equal(iommufd_map_file(bed->fd, bed->ioas, MAP_R, pipes[0],
					  0, PAGE, &iova), -EINVAL);
	assert_int_equal(iommufd_map_file(bed->fd, bed->ioas, MAP_R, bed->fd,
					  0, PAGE, &iova), -EINVAL);
	assert_int_equal(pinned(bed), 0);
	close(pipes[0]);
	close(pipes[1]);
	close(other);
	close(null);
	close(fd);
}

/* DMA sees the page that the process sees later, not the one of now. */
static void check_read_only(struct edubed *bed, void *mem)
{
	uint64_t iova = map(bed, MAP_R, mem, PAGE);

	assert_int_equal(mprotect(mem, PAGE, PROT_READ | PROT_WRITE), 0);
	fill(mem, PAGE);
	assert_true(dma_reads(bed, iova, mem, PIECE));
	assert_true(dma_write_blocked(bed, iova, mem, PIECE));
	unmap(bed, iova, PAGE);
	assert_true(dma_read_blocked(bed, iova, mem, PIECE));
	assert_int_equal(pinned(bed), 0);
	munmap(mem, PAGE);
}

static void test_read_only_anonymous(void **state)
{
	void *mem = pages(PAGE);

	/* Nothing there yet but the page of zeroes that all share. */
	assert_int_equal(mprotect(mem, PAGE, PROT_READ), 0);
	assert_int_equal(__atomic_load_n((char *)mem, __ATOMIC_RELAXED),
			 0);
	check_read_only(*state, mem);
}

static void test_read_only_private_file(void **state)
{
	int fd = new_memfd(PAGE, 0);
	void *mem = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	check_read_only(*state, mem);
	close(fd);
}

static void test_read_only_shared(void **state)
{
	struct edubed *bed = *state;
	int fd = new_memfd(PAGE, 0);
	void *mem = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	void *writable = mmap_file(fd, PAGE);
	uint64_t iova;

	assert_ptr_not_equal(mem, MAP_FAILED);
	fill(writable, PAGE);
	assert_int_equal(iommufd_map(bed->fd, bed->ioas, MAP_RW, mem, PAGE,
				     &iova), -EFAULT);
	iova = map(bed, MAP_R, mem, PAGE);
	assert_true(dma_reads(bed, iova, mem, PIECE));
	unmap(bed, iova, PAGE);
	munmap(mem, PAGE);
	munmap(writable, PAGE);
	close(fd);
}

/*
 * That a device cannot read here is up to the IOMMU's driver: Intel's sets the
 * bit for reading in every entry on these kernels.
 */
static void test_write_only(void **state)
{
	struct edubed *bed = *state;
	void *mem = pages(PAGE);
	uint64_t iova = map(bed, MAP_W, mem, PAGE);

	assert_true(dma_writes(bed, iova, mem, PIECE));
	unmap(bed, iova, PAGE);
	check_blocked(bed, iova, mem);
	munmap(mem, PAGE);
}

/* The process may give its pages back; the device keeps those it has. */
static void test_memory_given_back(void **state)
{
	struct edubed *bed = *state;
	void *mem = pages(2 * PAGE);
	uint64_t iova, again;

	fill(mem, 2 * PAGE);
	iova = map(bed, MAP_RW, mem, 2 * PAGE);
	again = map(bed, MAP_RW, mem + PAGE, PAGE);
	munmap(mem, PAGE);
	assert_true(dma_reads(bed, iova + PAGE, mem + PAGE, PIECE));
	assert_true(dma_writes(bed, again, mem + PAGE, PIECE));
	munmap(mem + PAGE, PAGE);
	unmap(bed, iova, 2 * PAGE);
	unmap(bed, again, PAGE);
	assert_int_equal(pinned(bed), 0);
}

static void refuse_map(struct edubed *bed, int error, uint32_t access,
		       const void *va, size_t length)
{
	uint64_t iova = FREE_IOVA;

	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     access | MAP_FIXED_IOVA, va, length,
				     &iova), -error);
	assert_int_equal(pinned(bed), 0);
	assert_false(is_mapped(bed->fd, bed->ioas, FREE_IOVA));
}

static void test_bad_memory(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = pages(16 * PAGE);

	refuse_map(bed, EFAULT, MAP_RW, no_pages(PAGE), PAGE);
	refuse_map(bed, EFAULT, MAP_R, no_pages(PAGE), PAGE);
	/* A hole at the start, in the middle, at the end. */
	munmap(mem, PAGE);
	refuse_map(bed, EFAULT, MAP_RW, mem, 16 * PAGE);
	munmap(mem + 7 * PAGE, PAGE);
	refuse_map(bed, EFAULT, MAP_RW, mem + PAGE, 14 * PAGE);
	munmap(mem + 15 * PAGE, PAGE);
	refuse_map(bed, EFAULT, MAP_RW, mem + 8 * PAGE, 8 * PAGE);
	/* What was there before the hole did not stay translated. */
	assert_true(dma_write_blocked(bed, FREE_IOVA, mem + 8 * PAGE, PIECE));
	/* Addresses of the kernel. */
	refuse_map(bed, EFAULT, MAP_RW, (void *)0xffff888000000000UL, PAGE);
	munmap(mem, 16 * PAGE);
}

/* A hole far behind: all that was mapped before it goes again. */
static void test_bad_memory_far(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem = aligned_pages(4 * HUGE);

	memset(mem, 0, 4 * HUGE);
	mprotect(mem + 4 * HUGE - PAGE, PAGE, PROT_NONE);
	refuse_map(bed, EFAULT, MAP_RW, mem, 4 * HUGE);
	assert_true(dma_write_blocked(bed, FREE_IOVA, mem, PIECE));
	assert_true(dma_write_blocked(bed, FREE_IOVA + 3 * HUGE,
				      mem + 3 * HUGE, PIECE));
	munmap(mem, 4 * HUGE);
}

/* A register window of a device costs nothing: what else it is tests /tests/p2p. */
static void test_bar(void **state)
{
	struct edubed *bed = *state;
	uint64_t iova = FREE_IOVA;

	assert_int_equal(iommufd_map(bed->fd, bed->ioas,
				     MAP_RW | MAP_FIXED_IOVA,
				     bed->edu.bar.base, PAGE, &iova), 0);
	assert_int_equal(pinned(bed), 0);
	assert_int_equal(iommufd_unmap(bed->fd, bed->ioas, iova, PAGE, NULL),
			 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, edubed_setup, \
						   edubed_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_one_page),
	TEST(test_some_pages),
	TEST(test_scattered),
	TEST(test_thp),
	TEST(test_thp_with_a_patch),
	TEST(test_hugetlb),
	TEST(test_hugetlb_part),
	TEST(test_hugetlb_giant),
	TEST(test_shared_anonymous),
	TEST(test_file),
	TEST(test_file_part),
	TEST(test_file_hugetlb),
	TEST(test_file_hugetlb_part),
	TEST(test_file_hole),
	TEST(test_file_refused),
	TEST(test_read_only_anonymous),
	TEST(test_read_only_private_file),
	TEST(test_read_only_shared),
	TEST(test_write_only),
	TEST(test_memory_given_back),
	TEST(test_bad_memory),
	TEST(test_bad_memory_far),
	TEST(test_bar),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
