// SPDX-License-Identifier: GPL-2.0
/*
 * PCI hot reset by device id: whom it reaches, who may, and that it resets.
 * Needs an edu on the root bus, two on a bus of theirs, which are one group,
 * and an NVMe disk on its own.  Where all of them are on the root bus nothing
 * can be reset but single functions.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "bed.h"
#include "edu.h"
#include "iommufd.h"
#include "memory.h"
#include "module.h"
#include "pci.h"
#include "vfio.h"

#define DEVICES 4
#define NOT_OWNED ((uint32_t)VFIO_PCI_DEVID_NOT_OWNED)

#define BY_ID VFIO_PCI_HOT_RESET_FLAG_DEV_ID
#define ALL_OWNED (BY_ID | VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED)

struct answer {
	struct vfio_pci_hot_reset_info info;
	struct vfio_pci_dependent_device devices[DEVICES];
};

/* As for devices that were opened by a group: with a proof. */
struct request {
	struct vfio_pci_hot_reset header;
	int32_t fd;
};

static void ask(int dev, struct answer *answer)
{
	assert_int_equal(vfio_hot_reset_info(dev, &answer->info,
					     sizeof(*answer)), 0);
}

/* The id that the answer has for a device; it must be there. */
static uint32_t devid(const struct answer *answer, const char *bdf)
{
	const struct vfio_pci_dependent_device *device = answer->devices;
	char name[PCI_NAME_MAX];
	uint32_t i;

	for (i = 0; i < answer->info.count; i++, device++) {
		snprintf(name, sizeof(name), "%04x:%02x:%02x.%x",
			 device->segment, device->bus, device->devfn >> 3,
			 device->devfn & 7);
		if (!strcmp(name, bdf))
			return device->group_id;
	}
	fail_msg("%s is not in the list", bdf);
	return 0;
}

/* ---- two devices of one group ---- */

struct pair {
	char bdf[2][PCI_NAME_MAX];
	int dev;
	int iommufd;
	uint32_t devid;
};

/* The last edus are those behind the bridge. */
static int pair_setup(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));
	char bdf[PCI_NAME_MAX];
	int n, i, group[2];

	for (n = 0; !pci_find_id(EDU_VENDOR, EDU_DEVICE, n, bdf); n++) {
		memcpy(pair->bdf[0], pair->bdf[1], PCI_NAME_MAX);
		memcpy(pair->bdf[1], bdf, PCI_NAME_MAX);
	}
	for (i = 0; i < 2; i++) {
		assert_int_equal(pci_bind(pair->bdf[i], "vfio-pci"), 0);
		assert_int_equal(pci_group(pair->bdf[i], &group[i]), 0);
	}
	assert_int_equal(group[0], group[1]);
	pair->dev = vfio_cdev_open(pair->bdf[0]);
	assert_true(pair->dev >= 0);
	pair->iommufd = new_fd();
	assert_int_equal(vfio_bind(pair->dev, pair->iommufd, &pair->devid), 0);
	*state = pair;
	return 0;
}

static int pair_teardown(void **state)
{
	struct pair *pair = *state;

	close(pair->dev);
	close(pair->iommufd);
	free(pair);
	return 0;
}

/* As VMMs do: the count first, then the list. */
static void test_two_calls(void **state)
{
	struct pair *pair = *state;
	const uint32_t enough = sizeof(struct vfio_pci_hot_reset_info) +
		2 * sizeof(struct vfio_pci_dependent_device);
	struct answer answer;
	uint32_t size;
	int rc;

	for (size = sizeof(answer.info); size <= enough; size++) {
		memset(&answer, 0x5a, sizeof(answer));
		answer.info.argsz = size;
		rc = iommufd_call(pair->dev, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
				  &answer);
		assert_int_equal(rc, size < enough ? -ENOSPC : 0);
		assert_int_equal(answer.info.argsz, size);
		assert_int_equal(answer.info.count, 2);
		assert_int_equal(answer.info.flags, rc ? 0 : ALL_OWNED);
		if (rc)
			assert_int_equal(answer.devices[0].group_id,
					 0x5a5a5a5a);
		assert_int_equal(answer.devices[2].group_id, 0x5a5a5a5a);
	}
}

static void test_info_refused(void **state)
{
	struct pair *pair = *state;
	struct answer *answer = pages(PAGE);
	int unbound = vfio_cdev_open(pair->bdf[1]);
	uint32_t size;

	for (size = 0; size < sizeof(answer->info); size++) {
		answer->info.argsz = size;
		assert_int_equal(iommufd_call(pair->dev,
					      VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
					      answer), -EINVAL);
	}
	assert_int_equal(vfio_hot_reset_info(unbound, &answer->info,
					     sizeof(*answer)), -EINVAL);
	assert_int_equal(iommufd_call(pair->dev,
				      VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
				      NULL), -EFAULT);
	answer->info.argsz = PAGE;
	mprotect(answer, PAGE, PROT_READ);
	assert_int_equal(iommufd_call(pair->dev,
				      VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
				      answer), -EFAULT);
	munmap(answer, PAGE);
	close(unbound);
}

/* Of a group that the iommufd owns: not open, open, and bound. */
static void test_ids(void **state)
{
	struct pair *pair = *state;
	struct answer answer;
	uint32_t second_id;
	int second;

	ask(pair->dev, &answer);
	assert_int_equal(answer.info.flags, ALL_OWNED);
	assert_int_equal(devid(&answer, pair->bdf[0]), pair->devid);
	assert_int_equal(devid(&answer, pair->bdf[1]), VFIO_PCI_DEVID_OWNED);
	assert_int_equal(vfio_hot_reset(pair->dev), 0);

	second = vfio_cdev_open(pair->bdf[1]);
	ask(pair->dev, &answer);
	assert_int_equal(devid(&answer, pair->bdf[1]), VFIO_PCI_DEVID_OWNED);

	assert_int_equal(vfio_bind(second, pair->iommufd, &second_id), 0);
	ask(second, &answer);
	assert_int_equal(answer.info.flags, ALL_OWNED);
	assert_int_equal(devid(&answer, pair->bdf[0]), pair->devid);
	assert_int_equal(devid(&answer, pair->bdf[1]), second_id);
	assert_int_equal(vfio_hot_reset(second), 0);

	close(second);
	ask(pair->dev, &answer);
	assert_int_equal(devid(&answer, pair->bdf[1]), VFIO_PCI_DEVID_OWNED);
}

/* What no VFIO driver has cannot be reset under somebody. */
static void test_without_driver(void **state)
{
	struct pair *pair = *state;
	struct answer answer;

	assert_int_equal(pci_unbind(pair->bdf[1]), 0);
	ask(pair->dev, &answer);
	assert_int_equal(answer.info.count, 2);
	assert_int_equal(answer.info.flags, BY_ID);
	assert_int_equal(devid(&answer, pair->bdf[0]), pair->devid);
	assert_int_equal(devid(&answer, pair->bdf[1]), NOT_OWNED);
	assert_int_equal(vfio_hot_reset(pair->dev), -EINVAL);
}

static void test_reset_refused(void **state)
{
	struct pair *pair = *state;
	struct vfio_pci_hot_reset arg = { .argsz = sizeof(arg) };
	struct request list = { .header = { .argsz = sizeof(list), .count = 1 } };
	int unbound = vfio_cdev_open(pair->bdf[1]), bit;

	assert_int_equal(vfio_hot_reset(unbound), -EINVAL);
	close(unbound);
	for (arg.argsz = 0; arg.argsz < sizeof(arg); arg.argsz++)
		assert_int_equal(iommufd_call(pair->dev,
					      VFIO_DEVICE_PCI_HOT_RESET, &arg),
				 -EINVAL);
	for (bit = 0; bit < 32; bit++) {
		arg.flags = 1U << bit;
		assert_int_equal(iommufd_call(pair->dev,
					      VFIO_DEVICE_PCI_HOT_RESET, &arg),
				 -EINVAL);
	}
	list.fd = pair->dev;
	assert_int_equal(iommufd_call(pair->dev, VFIO_DEVICE_PCI_HOT_RESET,
				      &list), -EINVAL);
	assert_int_equal(iommufd_call(pair->dev, VFIO_DEVICE_PCI_HOT_RESET,
				      NULL), -EFAULT);
	assert_int_equal(vfio_hot_reset(pair->dev), 0);
}

/* A device on a root bus has nothing that could be reset. */
static void test_no_bus(void **state)
{
	struct answer answer;
	int iommufd = new_fd();
	struct edu edu;

	assert_int_equal(edu_open(&edu, 0, iommufd), 0);
	assert_int_equal(vfio_hot_reset_info(edu.dev, &answer.info,
					     sizeof(answer)), -ENODEV);
	assert_int_equal(vfio_hot_reset(edu.dev), -ENODEV);
	edu_close(&edu);
	close(iommufd);
}

/* ---- what a reset does ---- */

/* NVMe's interrupt mask: bits that are set stay set until a reset. */
static volatile uint32_t *witness(const struct vfio_map *bar)
{
	return (volatile uint32_t *)((char *)bar->base + 0x0c);
}

#define WITNESS 0x5

/* Reads it, and says whether that took a page fault. */
static bool faults(const struct vfio_map *bar, uint32_t *value)
{
	struct rusage before, after;

	getrusage(RUSAGE_SELF, &before);
	*value = *witness(bar);
	getrusage(RUSAGE_SELF, &after);
	return after.ru_minflt != before.ru_minflt;
}

static void open_disk(int iommufd, char *bdf, int *dev, uint32_t *id)
{
	assert_int_equal(pci_find_class(PCI_CLASS_NVME, 0, bdf), 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
	*dev = vfio_cdev_open(bdf);
	assert_true(*dev >= 0);
	assert_int_equal(vfio_bind(*dev, iommufd, id), 0);
}

/* The registers start again, and mappings of them are found and taken away. */
static void check_reset(int dev, int (*reset)(int dev))
{
	struct vfio_map bar;
	uint32_t value;

	assert_int_equal(vfio_enable(dev, 1), 0);
	assert_int_equal(vfio_bar_map(dev, 0, &bar), 0);
	*witness(&bar) = WITNESS;
	/* The first time getrusage() itself may fault. */
	faults(&bar, &value);
	assert_false(faults(&bar, &value));
	assert_int_equal(value, WITNESS);

	assert_int_equal(reset(dev), 0);
	assert_int_equal(vfio_enable(dev, 1), 0);
	assert_true(faults(&bar, &value));
	assert_int_equal(value, 0);
	vfio_bar_unmap(&bar);
}

static void test_resets(void **state)
{
	int iommufd = new_fd(), dev;
	char bdf[PCI_NAME_MAX];
	struct answer answer;
	uint32_t id;

	open_disk(iommufd, bdf, &dev, &id);
	ask(dev, &answer);
	assert_int_equal(answer.info.count, 1);
	assert_int_equal(devid(&answer, bdf), id);
	check_reset(dev, vfio_hot_reset);
	close(dev);
	close(iommufd);
}

/* VFIO_DEVICE_RESET: of the function alone. */
static void test_function_resets(void **state)
{
	int iommufd = new_fd(), dev;
	char bdf[PCI_NAME_MAX];
	uint32_t id;

	open_disk(iommufd, bdf, &dev, &id);
	check_reset(dev, vfio_reset);
	close(dev);
	close(iommufd);
}

/* Mappings go of all that is reset, not only of the one that is asked. */
static void test_resets_other(void **state)
{
	struct pair *pair = *state;
	int second = vfio_cdev_open(pair->bdf[1]);
	struct vfio_map bar;
	uint32_t value;

	assert_int_equal(vfio_bind(second, pair->iommufd, NULL), 0);
	assert_int_equal(vfio_enable(second, 1), 0);
	assert_int_equal(vfio_bar_map(second, 0, &bar), 0);
	faults(&bar, &value);
	assert_false(faults(&bar, &value));
	assert_int_equal(vfio_hot_reset(pair->dev), 0);
	assert_int_equal(vfio_enable(second, 1), 0);
	assert_true(faults(&bar, &value));
	vfio_bar_unmap(&bar);
	close(second);
}

/* ---- groups and containers ---- */

static int group_reset(int dev, int fd)
{
	struct request request = {
		.header = { .argsz = sizeof(request), .count = 1 },
		.fd = fd,
	};

	return iommufd_call(dev, VFIO_DEVICE_PCI_HOT_RESET, &request);
}

/* They ask and reset as ever; a file of ours proves nothing there. */
static void test_groups(void **state)
{
	int container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC), group, id;
	struct pair *pair = *state;
	struct answer answer;
	char path[64];
	int dev;

	close(pair->dev);
	assert_int_equal(pci_group(pair->bdf[0], &id), 0);
	snprintf(path, sizeof(path), "/dev/vfio/%d", id);
	group = open(path, O_RDWR | O_CLOEXEC);
	assert_true(group >= 0);
	assert_int_equal(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), 0);
	assert_int_equal(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU),
			 0);
	dev = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, pair->bdf[0]);
	assert_true(dev >= 0);

	ask(dev, &answer);
	assert_int_equal(answer.info.flags, 0);
	assert_int_equal(devid(&answer, pair->bdf[1]), id);
	pair->dev = vfio_cdev_open(pair->bdf[0]);
	assert_int_equal(group_reset(dev, pair->dev), -EINVAL);
	assert_int_equal(group_reset(dev, container), -EINVAL);
	assert_int_equal(group_reset(dev, group), 0);
	close(dev);
	close(group);
	close(container);
}

#define PAIR(name) \
	cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

static const struct CMUnitTest tests[] = {
	PAIR(test_two_calls),
	PAIR(test_info_refused),
	PAIR(test_ids),
	PAIR(test_without_driver),
	PAIR(test_reset_refused),
	cmocka_unit_test(test_no_bus),
	cmocka_unit_test(test_resets),
	cmocka_unit_test(test_function_resets),
	PAIR(test_resets_other),
	PAIR(test_groups),
};

/*
 * On a machine without another bus than the root's, or on a kernel that is built
 * without ftrace: the devices work, resets do not.
 */
static const struct CMUnitTest tests_without_resets[] = {
	cmocka_unit_test(test_no_bus),
	cmocka_unit_test(test_function_resets),
};

static bool disk_is_on_root_bus(void)
{
	char bdf[PCI_NAME_MAX];

	return !pci_find_class(PCI_CLASS_NVME, 0, bdf) &&
	       !strncmp(bdf, "0000:00:", strlen("0000:00:"));
}

int main(void)
{
	bool root_only;

	if (bed_load() || module_load("vfio_iommu_type1", NULL))
		return 1;
	root_only = disk_is_on_root_bus();
	if (root_only)
		print_message("no bus but the root's: nothing there can be reset\n");
	if (root_only ||
	    access("/proc/sys/kernel/ftrace_enabled", F_OK))
		return cmocka_run_group_tests(tests_without_resets, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
