// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/vfio/devices/vfioN: the node, what works before BIND and after it, and
 * every error of BIND, ATTACH and DETACH. Needs QEMU's edu device.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "bed.h"
#include "compiler.h"
#include "edu.h"
#include "file.h"
#include "iommufd.h"
#include "memory.h"
#include "pci.h"
#include "vfio.h"

struct cdev {
	char bdf[PCI_NAME_MAX];
	char node[VFIO_NODE_MAX];
	int fd;
	int iommufd;
};

static int setup(void **state)
{
	struct cdev *cdev = calloc(1, sizeof(*cdev));

	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, cdev->bdf), 0);
	assert_int_equal(pci_bind(cdev->bdf, "vfio-pci"), 0);
	assert_int_equal(vfio_cdev_node(cdev->bdf, cdev->node), 0);
	cdev->fd = vfio_cdev_open(cdev->bdf);
	assert_true(cdev->fd >= 0);
	cdev->iommufd = new_fd();
	*state = cdev;
	return 0;
}

static int teardown(void **state)
{
	struct cdev *cdev = *state;

	close(cdev->fd);
	close(cdev->iommufd);
	free(cdev);
	return 0;
}

static int call(struct cdev *cdev, unsigned long cmd, void *arg)
{
	return iommufd_call(cdev->fd, cmd, arg);
}

static void test_node(void **state)
{
	struct cdev *cdev = *state;
	char path[128], text[32], numbers[32];
	struct stat node;

	assert_int_equal(stat(cdev->node, &node), 0);
	assert_true(S_ISCHR(node.st_mode));
	assert_int_equal(node.st_mode & 07777, 0600);
	assert_int_equal(node.st_uid, 0);
	snprintf(path, sizeof(path),
		 "/sys/bus/pci/devices/%s/vfio-dev/%s/dev", cdev->bdf,
		 strrchr(cdev->node, '/') + 1);
	assert_true(file_read(path, text, sizeof(text)) > 0);
	snprintf(numbers, sizeof(numbers), "%u:%u", major(node.st_rdev),
		 minor(node.st_rdev));
	assert_string_equal(text, numbers);
}

static void test_iommu_node(void **state)
{
	struct stat node;

	assert_int_equal(stat(IOMMUFD_NODE, &node), 0);
	assert_true(S_ISCHR(node.st_mode));
	assert_int_equal(node.st_mode & 07777, 0660);
}

/* The node goes with the driver, and comes back with it. */
static void test_node_goes(void **state)
{
	struct cdev *cdev = *state;

	close(cdev->fd);
	assert_int_equal(pci_unbind(cdev->bdf), 0);
	assert_int_equal(access(cdev->node, F_OK), -1);
	assert_int_equal(pci_bind(cdev->bdf, "vfio-pci"), 0);
	cdev->fd = vfio_cdev_open(cdev->bdf);
	assert_true(cdev->fd >= 0);
}

static void test_nothing_before_bind(void **state)
{
	struct cdev *cdev = *state;
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_region_info region = { .argsz = sizeof(region) };
	uint32_t pt = 1;
	char byte;

	assert_int_equal(call(cdev, VFIO_DEVICE_GET_INFO, &info), -EINVAL);
	assert_int_equal(call(cdev, VFIO_DEVICE_GET_REGION_INFO, &region),
			 -EINVAL);
	assert_int_equal(call(cdev, VFIO_DEVICE_RESET, NULL), -EINVAL);
	assert_int_equal(vfio_attach(cdev->fd, &pt), -EINVAL);
	assert_int_equal(vfio_detach(cdev->fd), -EINVAL);
	assert_int_equal(pread(cdev->fd, &byte, 1, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(pwrite(cdev->fd, &byte, 1, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, cdev->fd, 0),
			 MAP_FAILED);
	assert_int_equal(errno, EINVAL);
}

static void test_bind_refused(void **state)
{
	struct cdev *cdev = *state;
	struct vfio_cdev_bind_iommufd arg = {
		.argsz = 16, .iommufd = cdev->iommufd,
	};
	int null = open("/dev/null", O_RDWR), bit, pipes[2];

	for (arg.argsz = 0; arg.argsz < 16; arg.argsz++)
		assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, &arg),
				 -EINVAL);
	for (bit = 1; bit < 32; bit++) {
		arg.flags = 1U << bit;
		assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, &arg),
				 -EINVAL);
	}
	/* A token that such a short struct has no room for. */
	arg.flags = VFIO_DEVICE_BIND_FLAG_TOKEN;
	assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, &arg), -EFAULT);
	arg.flags = 0;
	arg.iommufd = -1;
	assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, &arg), -EINVAL);
	arg.iommufd = INT32_MAX;
	assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, &arg), -EBADF);
	/* Mainline's errno for an fd of another kind. */
	arg.iommufd = null;
	assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, &arg), -EBADFD);
	arg.iommufd = cdev->fd;
	assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, &arg), -EBADFD);
	assert_int_equal(pipe(pipes), 0);
	arg.iommufd = pipes[0];
	assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, &arg), -EBADFD);
	assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, NULL), -EFAULT);
	/* Still as before, and the right one works. */
	arg.iommufd = cdev->iommufd;
	assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, &arg), 0);
	close(pipes[0]);
	close(pipes[1]);
	close(null);
}

/* Files of every kind but the right one. */
static void test_bind_foreign(void **state)
{
	struct cdev *cdev = *state;
	int group, id, i, closed = new_fd(), other = vfio_cdev_open(cdev->bdf);
	char path[64];

	assert_int_equal(pci_group(cdev->bdf, &id), 0);
	snprintf(path, sizeof(path), "/dev/vfio/%d", id);
	group = open(path, O_RDWR | O_CLOEXEC);
	assert_true(group >= 0);
	const int fds[] = {
		group, other, eventfd(0, EFD_CLOEXEC),
		open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC),
		open("/dev/zero", O_RDWR | O_CLOEXEC),
		open("/proc/self/mem", O_RDWR | O_CLOEXEC),
		open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	};

	for (i = 0; i < (int)ARRAY_SIZE(fds); i++) {
		assert_true(fds[i] >= 0);
		assert_int_equal(vfio_bind(cdev->fd, fds[i], NULL), -EBADFD);
		close(fds[i]);
	}
	/* Only a path is open. */
	id = open(IOMMUFD_NODE, O_PATH | O_CLOEXEC);
	assert_int_equal(vfio_bind(cdev->fd, id, NULL), -EBADF);
	close(id);
	close(closed);
	assert_int_equal(vfio_bind(cdev->fd, closed, NULL), -EBADF);
	assert_int_equal(vfio_bind(cdev->fd, cdev->iommufd, NULL), 0);
}

/* The device keeps the iommufd that it is bound to; a closed one is no more. */
static void test_iommufd_closed(void **state)
{
	struct cdev *cdev = *state;
	uint32_t ioas, pt;
	int fd = cdev->iommufd;

	/* Not the number that the device has in the next one. */
	new_ioas(fd);
	ioas = new_ioas(fd);
	pt = ioas;
	assert_int_equal(vfio_bind(cdev->fd, fd, NULL), 0);
	close(fd);
	assert_int_equal(vfio_bind(cdev->fd, fd, NULL), -EINVAL);
	assert_int_equal(vfio_attach(cdev->fd, &pt), 0);
	assert_int_equal(vfio_detach(cdev->fd), 0);
	pt = ioas;
	assert_int_equal(vfio_attach(cdev->fd, &pt), 0);
	close(cdev->fd);
	/* And with it goes all that it was. */
	assert_int_equal(vfio_bind(cdev->fd, fd, NULL), -EBADF);
	cdev->iommufd = new_fd();
	cdev->fd = vfio_cdev_open(cdev->bdf);
	assert_true(cdev->fd >= 0);
	pt = ioas;
	assert_int_equal(vfio_attach(cdev->fd, &pt), -EINVAL);
	assert_int_equal(vfio_bind(cdev->fd, cdev->iommufd, NULL), 0);
	assert_int_equal(vfio_attach(cdev->fd, &pt), -ENOENT);
}

/* Of 16 and of 24 bytes, and each once only. */
static void test_bind_forms(void **state)
{
	struct cdev *cdev = *state;
	struct vfio_cdev_bind_iommufd arg = { .iommufd = cdev->iommufd };
	struct vfio_device_info info = { .argsz = sizeof(info) };
	uint32_t size;

	for (size = 16; size <= 24; size += 8) {
		arg.argsz = size;
		arg.out_devid = 0;
		assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, &arg), 0);
		assert_int_not_equal(arg.out_devid, 0);
		assert_int_equal(call(cdev, VFIO_DEVICE_GET_INFO, &info), 0);
		assert_true(info.flags & VFIO_DEVICE_FLAGS_PCI);
		assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, &arg),
				 -EINVAL);
		close(cdev->fd);
		cdev->fd = vfio_cdev_open(cdev->bdf);
		assert_true(cdev->fd >= 0);
	}
}

/* Where any length ends within a process's memory, be there anything or not. */
static void *low_pages(size_t size)
{
	void *at = (void *)(1UL << 32);

	assert_ptr_equal(mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			      MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), at);
	return at;
}

/* Longer than we know it: what is behind has to be zero. */
static void test_oversized(void **state)
{
	struct cdev *cdev = *state;
	uint8_t *bytes = low_pages(2 * PAGE);
	struct vfio_cdev_bind_iommufd *bind = (void *)bytes;
	struct vfio_cdev_attach_iommufd_pt attach = { .argsz = UINT32_MAX };
	struct vfio_cdev_detach_iommufd_pt detach = { .argsz = UINT32_MAX };

	munmap(bytes + PAGE, PAGE);
	bind->iommufd = cdev->iommufd;
	bytes[PAGE - 1] = 1;
	bind->argsz = UINT32_MAX;
	assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, bind), -E2BIG);
	bind->argsz = PAGE;
	assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, bind), -E2BIG);
	bytes[PAGE - 1] = 0;
	bind->argsz = PAGE + 1;
	assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, bind), -EFAULT);
	bind->argsz = PAGE;
	assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, bind), 0);
	/* Of these nothing else is looked at. */
	attach.pt_id = new_ioas(cdev->iommufd);
	assert_int_equal(call(cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach), 0);
	assert_int_equal(call(cdev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach), 0);
	munmap(bytes, PAGE);
}

/* The id cannot be written: then the device is not bound. */
static void test_bind_read_only_argument(void **state)
{
	struct cdev *cdev = *state;
	struct vfio_cdev_bind_iommufd *arg = pages(PAGE);
	struct vfio_device_info info = { .argsz = sizeof(info) };

	arg->argsz = sizeof(*arg);
	arg->iommufd = cdev->iommufd;
	mprotect(arg, PAGE, PROT_READ);
	assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, arg), -EFAULT);
	assert_int_equal(call(cdev, VFIO_DEVICE_GET_INFO, &info), -EINVAL);
	mprotect(arg, PAGE, PROT_READ | PROT_WRITE);
	assert_int_equal(call(cdev, VFIO_DEVICE_BIND_IOMMUFD, arg), 0);
	munmap(arg, PAGE);
}

/* Any number of opens, one of which can be bound at a time. */
static void test_second_open(void **state)
{
	struct cdev *cdev = *state;
	int second = vfio_cdev_open(cdev->bdf);
	struct vfio_device_info info = { .argsz = sizeof(info) };

	assert_true(second >= 0);
	assert_int_equal(vfio_bind(cdev->fd, cdev->iommufd, NULL), 0);
	assert_int_equal(vfio_bind(second, cdev->iommufd, NULL), -EINVAL);
	assert_int_equal(iommufd_call(second, VFIO_DEVICE_GET_INFO, &info),
			 -EINVAL);
	assert_int_equal(call(cdev, VFIO_DEVICE_GET_INFO, &info), 0);
	close(cdev->fd);
	assert_int_equal(vfio_bind(second, cdev->iommufd, NULL), 0);
	cdev->fd = second;
}

/* Each smaller size, and each flag; @arg begins with both, and has them well after. */
static void refuses_any(struct cdev *cdev, unsigned long cmd, void *arg,
			uint32_t size)
{
	struct { uint32_t argsz, flags; } *head = arg;
	int bit;

	for (head->argsz = 0; head->argsz < size; head->argsz++)
		assert_int_equal(call(cdev, cmd, arg), -EINVAL);
	for (bit = 1; bit < 32; bit++) {
		head->flags = 1U << bit;
		assert_int_equal(call(cdev, cmd, arg), -EINVAL);
	}
	head->flags = 0;
}

static void test_attach_refused(void **state)
{
	struct cdev *cdev = *state;
	struct vfio_cdev_attach_iommufd_pt arg = { .argsz = 12 };
	uint32_t ioas = new_ioas(cdev->iommufd);

	assert_int_equal(vfio_bind(cdev->fd, cdev->iommufd, NULL), 0);
	arg.pt_id = ioas;
	refuses_any(cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &arg, 12);
	assert_int_equal(call(cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, NULL),
			 -EFAULT);
	arg.pt_id = NO_ID;
	assert_int_equal(call(cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &arg),
			 -ENOENT);
	arg.pt_id = ioas;
	assert_int_equal(call(cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &arg), 0);
	assert_int_not_equal(arg.pt_id, ioas);
}

static void test_detach_refused(void **state)
{
	struct cdev *cdev = *state;
	struct vfio_cdev_detach_iommufd_pt arg = { .argsz = 8 };

	assert_int_equal(vfio_bind(cdev->fd, cdev->iommufd, NULL), 0);
	refuses_any(cdev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &arg, 8);
	assert_int_equal(call(cdev, VFIO_DEVICE_DETACH_IOMMUFD_PT, NULL),
			 -EFAULT);
	/* Never attached. */
	assert_int_equal(vfio_detach(cdev->fd), 0);
}

/* An IOAS of another fd is none of ours. */
static void test_attach_foreign(void **state)
{
	struct cdev *cdev = *state;
	int other = new_fd();
	uint32_t ioas[16];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ioas); i++)
		ioas[i] = new_ioas(other);
	assert_int_equal(vfio_bind(cdev->fd, cdev->iommufd, NULL), 0);
	assert_int_equal(vfio_attach(cdev->fd, &ioas[15]), -ENOENT);
	close(other);
}

static void test_unknown_command(void **state)
{
	struct cdev *cdev = *state;
	uint32_t arg[64] = { sizeof(arg) };

	assert_int_equal(call(cdev, _IO(VFIO_TYPE, 250), arg), -EINVAL);
	assert_int_equal(vfio_bind(cdev->fd, cdev->iommufd, NULL), 0);
	assert_int_equal(call(cdev, _IO(VFIO_TYPE, 250), arg), -ENOTTY);
}

/* The group's node and this one exclude each other. */
static void test_group_excluded(void **state)
{
	struct cdev *cdev = *state;
	int container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	char path[64];
	int group, id;

	assert_true(container >= 0);
	assert_int_equal(pci_group(cdev->bdf, &id), 0);
	snprintf(path, sizeof(path), "/dev/vfio/%d", id);
	group = open(path, O_RDWR | O_CLOEXEC);
	assert_true(group >= 0);
	/* The cdev first. */
	assert_int_equal(vfio_bind(cdev->fd, cdev->iommufd, NULL), 0);
	assert_int_not_equal(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container),
			     0);
	close(cdev->fd);
	cdev->fd = vfio_cdev_open(cdev->bdf);
	/* The group first. */
	assert_int_equal(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), 0);
	id = vfio_bind(cdev->fd, cdev->iommufd, NULL);
	assert_true(id == -EBUSY || id == -EPERM);
	assert_int_equal(ioctl(group, VFIO_GROUP_UNSET_CONTAINER), 0);
	assert_int_equal(vfio_bind(cdev->fd, cdev->iommufd, NULL), 0);
	close(group);
	close(container);
}

/* What programs are told of a file that they have, bound or not. */
static void test_fdinfo(void **state)
{
	char path[64], device[128], real[PATH_MAX], *line = NULL, *at;
	struct cdev *cdev = *state;
	bool found = false;
	size_t room = 0;
	FILE *file;

	snprintf(device, sizeof(device), "/sys/bus/pci/devices/%s", cdev->bdf);
	assert_non_null(realpath(device, real));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", cdev->fd);
	file = fopen(path, "re");
	assert_non_null(file);
	while (getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = 0;
		at = strstr(line, "vfio-device-syspath: ");
		found |= at == line && !strcmp(strchr(at, ' ') + 1, real);
	}
	free(line);
	fclose(file);
	assert_true(found);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_node),
	TEST(test_iommu_node),
	TEST(test_node_goes),
	TEST(test_fdinfo),
	TEST(test_nothing_before_bind),
	TEST(test_bind_refused),
	TEST(test_bind_foreign),
	TEST(test_iommufd_closed),
	TEST(test_bind_forms),
	TEST(test_oversized),
	TEST(test_bind_read_only_argument),
	TEST(test_second_open),
	TEST(test_attach_refused),
	TEST(test_detach_refused),
	TEST(test_attach_foreign),
	TEST(test_unknown_command),
	TEST(test_group_excluded),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
