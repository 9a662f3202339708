// SPDX-License-Identifier: GPL-2.0
/*
 * A file of /dev/iommu as the container of a group: VFIO_GROUP_SET_CONTAINER, then the
 * type1 ABI on that file. With real DMA, by an edu.
 */
#include <pthread.h>
#include <time.h>
#include <linux/vfio.h>

#include "bed.h"
#include "edu.h"
#include "edubed.h"
#include "iommufd.h"
#include "memory.h"
#include "module.h"
#include "pci.h"
#include "type1.h"
#include "userfault.h"
#include "vfio.h"

#define AT 0x20000000UL

struct joinbed {
	struct edubed edu;
	int group;
};

static int new_group(const char *bdf)
{
	int fd = type1_group_open(bdf);

	assert_true(fd >= 0);
	return fd;
}

static struct joinbed *joined(unsigned long type)
{
	struct joinbed *bed = calloc(1, sizeof(*bed));
	char *bdf = bed->edu.edu.bdf;
	int dev;

	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, bdf), 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
	bed->edu.fd = new_fd();
	bed->group = new_group(bdf);
	assert_int_equal(type1_join(bed->group, bed->edu.fd), 0);
	assert_int_equal(type1_set_iommu(bed->edu.fd, type), 0);
	dev = type1_device_open(bed->group, bdf);
	assert_true(dev >= 0);
	assert_int_equal(edu_open_device(&bed->edu.edu, dev), 0);
	bed->edu.scratch = pages(PAGE);
	assert_int_equal(type1_map(bed->edu.fd, TYPE1_RW, bed->edu.scratch,
				   PAGE, SCRATCH_IOVA), 0);
	bed->edu.pinned = status_kb("VmPin");
	return bed;
}

static int setup(void **state)
{
	*state = joined(VFIO_TYPE1v2_IOMMU);
	return 0;
}

static int setup_v1(void **state)
{
	*state = joined(VFIO_TYPE1_IOMMU);
	return 0;
}

static int teardown(void **state)
{
	struct joinbed *bed = *state;

	edu_close(&bed->edu.edu);
	close(bed->group);
	close(bed->edu.fd);
	assert_int_equal(status_kb("VmPin"), 0);
	munmap(bed->edu.scratch, PAGE);
	free(bed);
	return 0;
}

static void test_dma(void **state)
{
	struct joinbed *bed = *state;
	uint8_t *mem = pages(4 * PAGE);
	uint64_t unmapped = 0;

	assert_int_equal(type1_map(bed->edu.fd, TYPE1_RW, mem, 4 * PAGE, AT),
			 0);
	assert_int_equal(pinned(&bed->edu), 4 * PAGE);
	fill(mem, 4 * PAGE);
	assert_true(dma_reads(&bed->edu, AT + PAGE, mem + PAGE, 64));
	assert_true(dma_writes(&bed->edu, AT + 3 * PAGE, mem + 3 * PAGE, 64));
	assert_int_equal(type1_unmap(bed->edu.fd, AT, 4 * PAGE, &unmapped), 0);
	assert_int_equal(unmapped, 4 * PAGE);
	assert_true(dma_read_blocked(&bed->edu, AT, mem, 64));
	assert_int_equal(pinned(&bed->edu), 0);
	munmap(mem, 4 * PAGE);
}

/* Version 1 unmaps parts of what was mapped. */
static void test_part(void **state)
{
	struct joinbed *bed = *state;
	uint8_t *mem = pages(4 * PAGE);

	assert_int_equal(type1_map(bed->edu.fd, TYPE1_RW, mem, 4 * PAGE, AT),
			 0);
	fill(mem, 4 * PAGE);
	assert_int_equal(type1_unmap(bed->edu.fd, AT + PAGE, PAGE, NULL), 0);
	assert_true(dma_reads(&bed->edu, AT, mem, 64));
	assert_true(dma_read_blocked(&bed->edu, AT + PAGE, mem, 64));
	assert_true(dma_reads(&bed->edu, AT + 2 * PAGE, mem + 2 * PAGE, 64));
	assert_int_equal(type1_unmap_all(bed->edu.fd, NULL), 0);
	munmap(mem, 4 * PAGE);
}

/* The commands of /dev/iommu and the ioctls of the container are about one IOAS. */
static void test_one_ioas(void **state)
{
	struct joinbed *bed = *state;
	uint8_t *mem = pages(PAGE);
	uint64_t iova = AT;
	uint32_t ioas = 0;

	assert_int_equal(iommufd_vfio_ioas(bed->edu.fd, IOMMU_VFIO_IOAS_GET,
					   &ioas), 0);
	assert_int_equal(iommufd_map(bed->edu.fd, ioas,
				     MAP_RW | MAP_FIXED_IOVA, mem, PAGE,
				     &iova), 0);
	fill(mem, PAGE);
	assert_true(dma_reads(&bed->edu, AT, mem, 64));
	assert_int_equal(iommufd_destroy(bed->edu.fd, ioas), -EBUSY);
	/* Again is no error, as on mainline. */
	assert_int_equal(type1_set_iommu(bed->edu.fd, VFIO_TYPE1v2_IOMMU), 0);
	assert_int_equal(type1_unmap(bed->edu.fd, AT, PAGE, NULL), 0);
	munmap(mem, PAGE);
}

/* A group has one container, and its devices one way to be opened. */
static void test_excluded(void **state)
{
	struct joinbed *bed = *state;
	int other = new_fd(), dev = vfio_cdev_open(bed->edu.edu.bdf);

	assert_int_equal(type1_join(bed->group, other), -EINVAL);
	assert_int_equal(type1_leave(bed->group), -EBUSY);
	assert_true(dev >= 0);
	assert_int_equal(vfio_bind(dev, other, NULL), -EBUSY);
	close(dev);
	close(other);
}

/* The file may be closed first: what was mapped goes when the group leaves. */
static void test_closed_first(void **state)
{
	struct joinbed *bed = *state;
	uint8_t *mem = pages(PAGE);

	assert_int_equal(type1_map(bed->edu.fd, TYPE1_RW, mem, PAGE, AT), 0);
	fill(mem, PAGE);
	close(bed->edu.fd);
	assert_true(dma_reads(&bed->edu, AT, mem, 64));
	assert_true(status_kb("VmPin") > 0);
	edu_close(&bed->edu.edu);
	assert_int_equal(type1_leave(bed->group), 0);
	assert_int_equal(status_kb("VmPin"), 0);
	/* Once more, with another file. */
	bed->edu.fd = new_fd();
	assert_int_equal(type1_join(bed->group, bed->edu.fd), 0);
	assert_int_equal(type1_set_iommu(bed->edu.fd, VFIO_TYPE1v2_IOMMU), 0);
	assert_int_equal(edu_open_device(&bed->edu.edu,
					 type1_device_open(bed->group,
							   bed->edu.edu.bdf)),
			 0);
	munmap(mem, PAGE);
}

/* Away and back, in one file: the IOAS stays as it was. */
static void test_leave_and_join(void **state)
{
	struct joinbed *bed = *state;
	uint8_t *mem = pages(PAGE);
	int i, dev;

	assert_int_equal(type1_map(bed->edu.fd, TYPE1_RW, mem, PAGE, AT), 0);
	fill(mem, PAGE);
	for (i = 0; i < 3; i++) {
		edu_close(&bed->edu.edu);
		assert_int_equal(type1_leave(bed->group), 0);
		assert_int_equal(type1_join(bed->group, bed->edu.fd), 0);
		/* As of any container: not before it has a type. */
		assert_int_equal(type1_device_open(bed->group,
						   bed->edu.edu.bdf), -EINVAL);
		assert_int_equal(type1_set_iommu(bed->edu.fd,
						 VFIO_TYPE1v2_IOMMU), 0);
		dev = type1_device_open(bed->group, bed->edu.edu.bdf);
		assert_true(dev >= 0);
		assert_int_equal(edu_open_device(&bed->edu.edu, dev), 0);
		assert_true(dma_reads(&bed->edu, AT, mem, 64));
	}
	munmap(mem, PAGE);
}

/* No container of vfio.ko gets our backend by its number. */
static void test_number(void **state)
{
	const unsigned long number = 0x494f4d4d;
	struct joinbed *bed = *state;
	int container = type1_container_open();

	assert_true(container >= 0);
	edu_close(&bed->edu.edu);
	assert_int_equal(type1_leave(bed->group), 0);
	assert_int_equal(type1_extension(container, number), 0);
	assert_int_equal(type1_join(bed->group, container), 0);
	assert_int_equal(type1_set_iommu(container, number), -ENODEV);
	assert_int_equal(type1_leave(bed->group), 0);
	close(container);
	assert_int_equal(type1_set_iommu(bed->edu.fd, number), -EINVAL);
	/* What the teardown closes. */
	assert_int_equal(type1_join(bed->group, bed->edu.fd), 0);
	assert_int_equal(type1_set_iommu(bed->edu.fd, VFIO_TYPE1v2_IOMMU), 0);
	assert_int_equal(edu_open_device(&bed->edu.edu,
					 type1_device_open(bed->group,
							   bed->edu.edu.bdf)),
			 0);
}

/* An attach that fails is SET_IOMMU's error, and changes nothing. */
static void test_refused(void **state)
{
	char bdf[PCI_NAME_MAX];
	uint8_t *mem = pages(PAGE);
	int fd = new_fd(), group, dev;
	uint32_t ioas;

	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, bdf), 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
	group = new_group(bdf);
	/* Without a group there is no IOAS. */
	assert_int_equal(type1_set_iommu(fd, VFIO_TYPE1v2_IOMMU), -ENODEV);
	assert_int_equal(type1_join(group, fd), 0);
	assert_int_equal(iommufd_vfio_ioas(fd, IOMMU_VFIO_IOAS_GET, &ioas), 0);
	/* Where interrupts go. */
	assert_int_equal(type1_map(fd, TYPE1_RW, mem, PAGE, 0xfee00000), 0);
	assert_int_equal(type1_set_iommu(fd, VFIO_TYPE1v2_IOMMU), -EADDRINUSE);
	/* The device can be had, and does no DMA. */
	dev = type1_device_open(group, bdf);
	assert_true(dev >= 0);
	close(dev);
	assert_int_equal(type1_set_iommu(fd, VFIO_TYPE1v2_IOMMU), -EADDRINUSE);
	assert_int_equal(type1_unmap_all(fd, NULL), 0);
	assert_int_equal(type1_set_iommu(fd, VFIO_TYPE1v2_IOMMU), 0);
	close(group);
	assert_int_equal(iommufd_destroy(fd, ioas), 0);
	close(fd);
	munmap(mem, PAGE);
}

static void *set_iommu(void *fd)
{
	return (void *)(long)type1_set_iommu(*(int *)fd, VFIO_TYPE1v2_IOMMU);
}

static void *ask_container(void *fd)
{
	return (void *)(long)type1_extension(*(int *)fd, VFIO_TYPE1v2_IOMMU);
}

static bool ends(pthread_t thread, long result)
{
	struct timespec end;
	void *got;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 20;
	return !pthread_timedjoin_np(thread, &got, &end) && (long)got == result;
}

/* A SET_IOMMU that waits for memory lets no other container wait. */
static void test_others_go_on(void **state)
{
	static const uint8_t data[PAGE];
	int fd, other, group;
	pthread_t waits, asks;
	char bdf[PCI_NAME_MAX];
	struct userfault fault;
	bool goes_on;

	if (kernel_is_6_1()) {
		print_message("6.1 refuses such memory, and does not wait\n");
		skip();
	}
	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, bdf), 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
	fd = new_fd();
	other = type1_container_open();
	group = new_group(bdf);
	assert_int_equal(type1_join(group, fd), 0);
	userfault_missing(&fault);
	assert_int_equal(type1_map(fd, TYPE1_RW, fault.page, PAGE, AT), 0);
	assert_int_equal(pthread_create(&waits, NULL, set_iommu, &fd), 0);
	assert_true(userfault_waits(&fault));
	assert_int_equal(pthread_create(&asks, NULL, ask_container, &other), 0);
	goes_on = ends(asks, 1);
	userfault_give(&fault, data);
	assert_true(ends(waits, 0));
	assert_true(goes_on);
	close(group);
	close(other);
	close(fd);
	userfault_close(&fault);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_V1(name) cmocka_unit_test_setup_teardown(name, setup_v1, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_dma),
	TEST_V1(test_dma),
	TEST_V1(test_part),
	TEST(test_one_ioas),
	TEST(test_excluded),
	TEST(test_closed_first),
	TEST(test_leave_and_join),
	TEST(test_number),
	cmocka_unit_test(test_refused),
	cmocka_unit_test(test_others_go_on),
};

/*
 * With the stock backend alone, with ours that was loaded last, and without the node of
 * containers.
 */
int main(void)
{
	int failed;

	if (bed_load())
		return 1;
	failed = cmocka_run_group_tests_name("by itself", tests, NULL, NULL);
	if (module_load("vfio_iommufd", NULL))
		return 1;
	failed += cmocka_run_group_tests_name("with vfio_iommufd", tests, NULL,
					      NULL);
	module_unload("vfio_iommufd");
	return failed;
}
