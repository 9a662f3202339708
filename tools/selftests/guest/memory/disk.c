// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is a file on a disk. The file system writes pages out on its own
 * account, so a device that writes to them behind its back is refused by newer
 * kernels. 6.1 pins such pages; then what the device wrote has to reach the
 * disk. Needs QEMU's edu device, and brd and ext4, or skips.
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "bed.h"
#include "edubed.h"
#include "iommufd.h"
#include "module.h"

#define PIECE 1024
#define SIZE (4 * PAGE)

#define DISK "/dev/ram0"
#define DIRECTORY "/tmp/disk"
#define FILE_NAME DIRECTORY "/file"

static bool there_is_a_disk;

static void disk_mount(void)
{
	assert_int_equal(mount(DISK, DIRECTORY, "ext4", 0, NULL), 0);
}

/* What is not on the disk is forgotten. */
static void disk_mount_again(void)
{
	assert_int_equal(umount(DIRECTORY), 0);
	disk_mount();
}

static int make_disk(void **state)
{
	if (module_load("brd", "rd_nr=1 rd_size=8192") ||
	    module_load("ext4", NULL))
		return 0;
	assert_int_equal(system("mke2fs -F " DISK " >/dev/null 2>&1"), 0);
	assert_int_equal(mkdir(DIRECTORY, 0700), 0);
	there_is_a_disk = true;
	return 0;
}

static int remove_disk(void **state)
{
	if (!there_is_a_disk)
		return 0;
	assert_int_equal(rmdir(DIRECTORY), 0);
	return module_unload("brd");
}

static void *mmap_file(int protection, int flags)
{
	int fd = open(FILE_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *mem;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	mem = mmap(NULL, SIZE, protection, flags, fd, 0);
	assert_ptr_not_equal(mem, MAP_FAILED);
	close(fd);
	return mem;
}

static void check_on_disk(size_t at, const void *want)
{
	uint8_t have[PIECE];
	int fd;

	disk_mount_again();
	fd = open(FILE_NAME, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, have, PIECE, at), PIECE);
	assert_memory_equal(have, want, PIECE);
	close(fd);
}

static int disk_setup(void **state)
{
	if (!there_is_a_disk)
		return 0;
	disk_mount();
	return edubed_setup(state);
}

static int disk_teardown(void **state)
{
	if (!there_is_a_disk)
		return 0;
	unlink(FILE_NAME);
	assert_int_equal(umount(DIRECTORY), 0);
	return edubed_teardown(state);
}

static void test_shared(void **state)
{
	struct edubed *bed = *state;
	uint64_t iova = FREE_IOVA;
	uint8_t *mem;

	if (!there_is_a_disk)
		skip();
	mem = mmap_file(PROT_READ | PROT_WRITE, MAP_SHARED);
	if (!kernel_is_6_1()) {
		assert_int_equal(iommufd_map(bed->fd, bed->ioas,
					     MAP_RW | MAP_FIXED_IOVA, mem,
					     SIZE, &iova), -EFAULT);
		assert_int_equal(pinned(bed), 0);
		munmap(mem, SIZE);
		return;
	}
	map_at(bed, FREE_IOVA, MAP_RW, mem, SIZE);
	/* Written out, clean, and then written to by the device. */
	fill(mem, SIZE);
	assert_int_equal(msync(mem, SIZE, MS_SYNC), 0);
	assert_true(dma_writes(bed, FREE_IOVA + PAGE, mem + PAGE, PIECE));
	unmap(bed, FREE_IOVA, SIZE);
	munmap(mem, SIZE);
	check_on_disk(PAGE, bed->scratch);
}

static void test_shared_read_only(void **state)
{
	struct edubed *bed = *state;
	uint8_t *mem;

	if (!there_is_a_disk)
		skip();
	mem = mmap_file(PROT_READ | PROT_WRITE, MAP_SHARED);
	fill(mem, SIZE);
	mprotect(mem, SIZE, PROT_READ);
	map_at(bed, FREE_IOVA, MAP_R, mem, SIZE);
	assert_int_equal(pinned(bed), SIZE);
	assert_true(dma_reads(bed, FREE_IOVA + PAGE, mem + PAGE, PIECE));
	unmap(bed, FREE_IOVA, SIZE);
	munmap(mem, SIZE);
}

/* Copied on the first write: by the device, too. The file is not touched. */
static void test_private(void **state)
{
	struct edubed *bed = *state;
	uint8_t before[PIECE], *mem;

	if (!there_is_a_disk)
		skip();
	mem = mmap_file(PROT_READ | PROT_WRITE, MAP_SHARED);
	fill(mem, SIZE);
	memcpy(before, mem + PAGE, PIECE);
	munmap(mem, SIZE);

	mem = mmap_file(PROT_READ | PROT_WRITE, MAP_PRIVATE);
	map_at(bed, FREE_IOVA, MAP_RW, mem, SIZE);
	assert_true(dma_reads(bed, FREE_IOVA + PAGE, mem + PAGE, PIECE));
	assert_true(dma_writes(bed, FREE_IOVA + PAGE, mem + PAGE, PIECE));
	unmap(bed, FREE_IOVA, SIZE);
	munmap(mem, SIZE);
	check_on_disk(PAGE, before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, disk_setup, \
						   disk_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_shared),
	TEST(test_shared_read_only),
	TEST(test_private),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, make_disk, remove_disk);
}
