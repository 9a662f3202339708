// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses where nothing is, or no such thing; and files of the wrong kind.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "badbed.h"
#include "bed.h"
#include "fields.h"
#include "iommufd.h"
#include "memory.h"
#include "picture.h"
#include "pointers.h"

/* ---- pointers ---- */

void test_bad_argument_address(void **state)
{
	struct badbed *bed = *state;
	size_t i, k;

	for (i = 0; i < commands_count; i++) {
		for (k = 0; k < bad_addresses_count; k++)
			assert_int_equal(iommufd_call(bed->view.fd,
						      commands[i].nr,
						      (void *)bad_addresses[k]),
					 -EFAULT);
		check_unchanged(bed, commands[i].name);
	}
}

/* It need not be aligned. */
void test_unaligned_argument(void **state)
{
	struct badbed *bed = *state;
	uint8_t *bytes = pages(PAGE);
	union argument arg;
	size_t i, at;

	for (i = 0; i < commands_count; i++)
		for (at = 1; at < 8; at += 2) {
			make_good(bed, &commands[i], &arg);
			memcpy(bytes + at, &arg, sizeof(arg));
			assert_int_equal(iommufd_call(bed->view.fd,
						      commands[i].nr,
						      bytes + at),
					 -commands[i].refused);
			memcpy(&arg, bytes + at, sizeof(arg));
			commands[i].undo(bed, &arg);
			check_unchanged(bed, commands[i].name);
		}
	munmap(bytes, PAGE);
}

/* Commands that answer, where they can't: nothing is done. */
void test_read_only_argument(void **state)
{
	struct badbed *bed = *state;
	union argument *arg = pages(PAGE);
	size_t i;

	for (i = 0; i < commands_count; i++) {
		const struct command *command = &commands[i];

		if (command->nr == IOMMU_DESTROY ||
		    command->nr == IOMMU_IOAS_ALLOW_IOVAS || command->refused)
			continue;
		make_good(bed, command, arg);
		mprotect(arg, PAGE, PROT_READ);
		refused_at(&bed->view, EFAULT, command->nr, arg, command->size,
			   command->name, 0);
		mprotect(arg, PAGE, PROT_READ | PROT_WRITE);
	}
	munmap(arg, PAGE);
}

/* The arrays and buffers that commands point to. */
static void refuse_array(struct badbed *bed, uint64_t address)
{
	struct iommu_ioas_iova_ranges ranges = { .size = sizeof(ranges) };
	struct iommu_ioas_allow_iovas allow = { .size = sizeof(allow) };
	struct iommu_hw_info info = { .size = sizeof(info) };

	good_ranges(bed, &ranges);
	ranges.allowed_iovas = address;
	refused(&bed->view, EFAULT, IOMMU_IOAS_IOVA_RANGES, &ranges);
	good_hw_info(bed, &info);
	info.data_uptr = address;
	refused(&bed->view, EFAULT, IOMMU_GET_HW_INFO, &info);
	if (address == (uintptr_t)bed->mem)
		return;	/* which can be read */
	good_allow(bed, &allow);
	allow.allowed_iovas = address;
	refused(&bed->view, EFAULT, IOMMU_IOAS_ALLOW_IOVAS, &allow);
}

void test_bad_arrays(void **state)
{
	struct badbed *bed = *state;
	size_t i;

	for (i = 0; i < bad_addresses_count; i++)
		refuse_array(bed, bad_addresses[i]);
	mprotect(bed->mem, BED_SIZE, PROT_READ);
	refuse_array(bed, (uintptr_t)bed->mem);
	mprotect(bed->mem, BED_SIZE, PROT_READ | PROT_WRITE);
}

/* Memory to be mapped that is no memory, or that is not the caller's. */
void test_bad_memory_address(void **state)
{
	struct badbed *bed = *state;
	struct iommu_ioas_map arg = { .size = sizeof(arg) };
	size_t i;

	good_map(bed, &arg);
	for (i = 0; i < bad_addresses_count; i++) {
		arg.user_va = bad_addresses[i];
		arg.length = PAGE;
		if (arg.user_va == (uint64_t)-PAGE)
			refused(&bed->view, EOVERFLOW, IOMMU_IOAS_MAP, &arg);
		else
			refused(&bed->view, EFAULT, IOMMU_IOAS_MAP, &arg);
	}
	/* Beyond the last address, from a good one on. */
	arg.user_va = (uintptr_t)bed->mem;
	arg.length = 1ULL << 38;
	arg.iova = 1ULL << 38;
	assert_true(iommufd_call(bed->view.fd, IOMMU_IOAS_MAP, &arg) < 0);
	check_unchanged(bed, "MAP of 256 GiB");
}

/* ---- files of the wrong kind ---- */

static void refuse_file(struct badbed *bed, int error, int file)
{
	struct iommu_ioas_map_file arg = { .size = sizeof(arg) };

	assert_true(file >= 0);
	good_map_file(bed, &arg);
	arg.fd = file;
	arg.flags = MAP_R | MAP_FIXED_IOVA;
	refused(&bed->view, error, IOMMU_IOAS_MAP_FILE, &arg);
	/* And for a kernel that looks no closer than at its size. */
	arg.length = PAGE;
	refused(&bed->view, error, IOMMU_IOAS_MAP_FILE, &arg);
	close(file);
}

void test_map_file_kinds(void **state)
{
	struct badbed *bed = *state;
	int pair[2];

	refuse_file(bed, EINVAL, open("/dev/zero", O_RDWR));
	refuse_file(bed, EINVAL, open("/proc/self/status", O_RDONLY));
	refuse_file(bed, EINVAL, open("/sys/kernel/mm", O_RDONLY));
	/* Regular, and a page long. */
	refuse_file(bed, EINVAL, open("/sys/devices/system/cpu/online",
				      O_RDONLY));
	refuse_file(bed, EINVAL, open("/dev", O_RDONLY));
	refuse_file(bed, EINVAL, eventfd(0, 0));
	refuse_file(bed, EINVAL, epoll_create1(0));
	refuse_file(bed, EINVAL, dup(bed->edu->edu.dev));
	refuse_file(bed, EINVAL, iommufd_open());
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	refuse_file(bed, EINVAL, pair[0]);
	close(pair[1]);
	assert_int_equal(pipe(pair), 0);
	refuse_file(bed, EINVAL, pair[1]);
	close(pair[0]);
	/* Only a name: nothing can be done with it. */
	refuse_file(bed, EBADF, open("/tmp", O_PATH));
}

void test_map_file_range(void **state)
{
	struct badbed *bed = *state;
	struct iommu_ioas_map_file arg = { .size = sizeof(arg) };

	good_map_file(bed, &arg);
	/* Behind the end of the file, wholly or in part. */
	arg.start = BED_SIZE;
	refused(&bed->view, EINVAL, IOMMU_IOAS_MAP_FILE, &arg);
	arg.start = PAGE;
	refused(&bed->view, EINVAL, IOMMU_IOAS_MAP_FILE, &arg);
	arg.start = 1ULL << 40;
	refused(&bed->view, EINVAL, IOMMU_IOAS_MAP_FILE, &arg);
	arg.start = 1ULL << 63;
	assert_true(iommufd_call(bed->view.fd, IOMMU_IOAS_MAP_FILE, &arg) < 0);
	check_unchanged(bed, "MAP_FILE at 1 << 63");
	/* Not as aligned as the device needs it. */
	arg.start = 1;
	refused(&bed->view, EINVAL, IOMMU_IOAS_MAP_FILE, &arg);
	arg.start = -PAGE;
	refused(&bed->view, EOVERFLOW, IOMMU_IOAS_MAP_FILE, &arg);
}

/* Opened for writing alone, which is not enough to read by DMA. */
void test_map_file_write_only(void **state)
{
	struct badbed *bed = *state;
	struct iommu_ioas_map_file arg = { .size = sizeof(arg) };
	char path[64];

	good_map_file(bed, &arg);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", bed->file);
	arg.fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(arg.fd >= 0);
	refused(&bed->view, EPERM, IOMMU_IOAS_MAP_FILE, &arg);
	close(arg.fd);
}

/* Commands of one file on another. */
void test_commands_of_others(void **state)
{
	struct badbed *bed = *state;
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int null = open("/dev/null", O_RDWR), pipes[2];
	union argument arg;
	size_t i;

	assert_int_equal(pipe(pipes), 0);
	for (i = 0; i < commands_count; i++) {
		make_good(bed, &commands[i], &arg);
		assert_int_equal(iommufd_call(null, commands[i].nr, &arg),
				 -ENOTTY);
		assert_int_equal(iommufd_call(pipes[0], commands[i].nr, &arg),
				 -ENOTTY);
		assert_int_equal(iommufd_call(bed->edu->edu.dev,
					      commands[i].nr, &arg), -ENOTTY);
		assert_int_equal(iommufd_call(-1, commands[i].nr, &arg),
				 -EBADF);
		check_unchanged(bed, commands[i].name);
	}
	assert_int_equal(iommufd_call(bed->view.fd, VFIO_DEVICE_GET_INFO,
				      &info), -ENOTTY);
	assert_int_equal(iommufd_call(bed->view.fd, VFIO_DEVICE_RESET, NULL),
			 -ENOTTY);
	close(pipes[0]);
	close(pipes[1]);
	close(null);
}
