// SPDX-License-Identifier: GPL-2.0
/*
 * Low power: the features by which a device may be suspended while it is open,
 * and what wakes it, with vfio-pci. Every test runs with a character device and
 * with a group's, which are to behave in the same way. Needs the edu device.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/eventfd.h>

#include "bed.h"
#include "clock.h"
#include "edu.h"
#include "file.h"
#include "iommufd.h"
#include "module.h"
#include "pci.h"
#include "type1.h"
#include "vfio.h"

#define GET VFIO_DEVICE_FEATURE_GET
#define SET VFIO_DEVICE_FEATURE_SET
#define PROBE VFIO_DEVICE_FEATURE_PROBE

#define ENTRY VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY
#define ENTRY_WAKE VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP
#define EXIT VFIO_DEVICE_FEATURE_LOW_POWER_EXIT

#define LIMIT_MS 5000

struct power {
	char bdf[PCI_NAME_MAX];
	int dev;
	int fd;		/* an iommufd or a container */
	int group;	/* or -1 */
};

static int setup_cdev(void **state)
{
	struct power *power = calloc(1, sizeof(*power));
	struct edu edu;

	power->fd = new_fd();
	power->group = -1;
	assert_int_equal(edu_open(&edu, 0, power->fd), 0);
	vfio_bar_unmap(&edu.bar);
	power->dev = edu.dev;
	memcpy(power->bdf, edu.bdf, sizeof(power->bdf));
	*state = power;
	return 0;
}

static int setup_group(void **state)
{
	struct power *power = calloc(1, sizeof(*power));

	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, power->bdf), 0);
	assert_int_equal(pci_bind(power->bdf, "vfio-pci"), 0);
	power->fd = type1_container_open();
	power->group = type1_group_open(power->bdf);
	assert_int_equal(type1_join(power->group, power->fd), 0);
	assert_int_equal(type1_set_iommu(power->fd, VFIO_TYPE1v2_IOMMU), 0);
	power->dev = type1_device_open(power->group, power->bdf);
	assert_true(power->dev >= 0);
	*state = power;
	return 0;
}

static int teardown(void **state)
{
	struct power *power = *state;

	close(power->dev);
	if (power->group >= 0)
		close(power->group);
	close(power->fd);
	free(power);
	return 0;
}

static int feature(struct power *power, uint32_t flags, const void *data,
		   size_t size)
{
	uint64_t buffer[4] = { 0 };
	struct vfio_device_feature *arg = (struct vfio_device_feature *)buffer;

	arg->argsz = sizeof(*arg) + size;
	arg->flags = flags;
	memcpy(arg->data, data, size);
	return iommufd_call(power->dev, VFIO_DEVICE_FEATURE, arg);
}

static bool is(struct power *power, const char *status)
{
	char path[128], text[32] = "";

	snprintf(path, sizeof(path),
		 "/sys/bus/pci/devices/%s/power/runtime_status", power->bdf);
	assert_true(file_read(path, text, sizeof(text)) > 0);
	return !strcmp(text, status);
}

/* Suspending is the kernel's to do, at some time soon. */
static void becomes(struct power *power, const char *status)
{
	uint64_t end = clock_ms() + LIMIT_MS;

	while (!is(power, status)) {
		if (clock_ms() > end)
			fail_msg("not %s", status);
		clock_pause_us(1000);
	}
}

static void stays_active(struct power *power)
{
	clock_pause_us(200000);
	assert_true(is(power, "active"));
}

static void get_info(struct power *power)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	assert_int_equal(iommufd_call(power->dev, VFIO_DEVICE_GET_INFO, &info),
			 0);
}

static void test_arguments(void **state)
{
	struct power *power = *state;
	struct vfio_device_low_power_entry_with_wakeup wake = {
		.wakeup_eventfd = -1,
	};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	assert_int_equal(feature(power, PROBE | SET | ENTRY, "", 0), 0);
	assert_int_equal(feature(power, PROBE | SET | ENTRY_WAKE, "", 0), 0);
	assert_int_equal(feature(power, PROBE | SET | EXIT, "", 0), 0);
	assert_int_equal(feature(power, PROBE | GET | ENTRY, "", 0), -EINVAL);
	assert_int_equal(feature(power, GET | ENTRY, "", 0), -EINVAL);
	assert_int_equal(feature(power, SET | ENTRY_WAKE, &wake, 4), -EINVAL);
	assert_int_equal(feature(power, SET | ENTRY_WAKE, &wake, sizeof(wake)),
			 -EINVAL);
	wake.wakeup_eventfd = null;
	assert_int_equal(feature(power, SET | ENTRY_WAKE, &wake, sizeof(wake)),
			 -EINVAL);
	stays_active(power);
	close(null);
}

/* Each call finds it awake, and lets it sleep again, until EXIT. */
static void test_entry_exit(void **state)
{
	struct power *power = *state;
	uint16_t vendor = 0;

	stays_active(power);
	assert_int_equal(feature(power, SET | ENTRY, "", 0), 0);
	becomes(power, "suspended");
	assert_int_equal(feature(power, SET | ENTRY, "", 0), -EINVAL);
	becomes(power, "suspended");
	get_info(power);
	becomes(power, "suspended");
	assert_int_equal(vfio_config_read(power->dev, 0, &vendor, 2), 0);
	assert_int_equal(vendor, EDU_VENDOR);
	becomes(power, "suspended");
	assert_int_equal(feature(power, SET | EXIT, "", 0), 0);
	stays_active(power);
	assert_int_equal(feature(power, SET | EXIT, "", 0), 0);
	stays_active(power);
}

static void enter_with(struct power *power, int eventfd)
{
	struct vfio_device_low_power_entry_with_wakeup wake = {
		.wakeup_eventfd = eventfd,
	};

	assert_int_equal(feature(power, SET | ENTRY_WAKE, &wake, sizeof(wake)),
			 0);
	becomes(power, "suspended");
}

/* A call, or the host: whoever wakes it is told, and it stays awake. */
static void test_wakeup(void **state)
{
	int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct power *power = *state;
	uint64_t times = 0;
	char path[128];

	enter_with(power, event);
	assert_int_equal(read(event, &times, sizeof(times)), -1);
	get_info(power);
	assert_int_equal(read(event, &times, sizeof(times)), sizeof(times));
	assert_int_equal(times, 1);
	stays_active(power);

	enter_with(power, event);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/power/control",
		 power->bdf);
	assert_int_equal(file_write(path, "on"), 0);
	assert_int_equal(read(event, &times, sizeof(times)), sizeof(times));
	assert_int_equal(file_write(path, "auto"), 0);
	stays_active(power);
	close(event);
}

/* Asleep, it may be closed, and be opened again. */
static void test_close(void **state)
{
	struct power *power = *state;

	assert_int_equal(feature(power, SET | ENTRY, "", 0), 0);
	becomes(power, "suspended");
	close(power->dev);
	if (power->group >= 0) {
		power->dev = type1_device_open(power->group, power->bdf);
	} else {
		power->dev = vfio_cdev_open(power->bdf);
		assert_int_equal(vfio_bind(power->dev, power->fd, NULL), 0);
	}
	stays_active(power);
	assert_int_equal(feature(power, SET | EXIT, "", 0), 0);
	stays_active(power);
}

#define CDEV(name) cmocka_unit_test_setup_teardown(name, setup_cdev, teardown)
#define GROUP(name) cmocka_unit_test_setup_teardown(name, setup_group, teardown)

static const struct CMUnitTest tests[] = {
	CDEV(test_arguments),
	GROUP(test_arguments),
	CDEV(test_entry_exit),
	GROUP(test_entry_exit),
	CDEV(test_wakeup),
	GROUP(test_wakeup),
	CDEV(test_close),
	GROUP(test_close),
};

/* A kernel without CONFIG_PM has no status of it. */
static bool kernel_suspends(void)
{
	char bdf[PCI_NAME_MAX], path[128];

	if (pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, bdf))
		return true;
	snprintf(path, sizeof(path),
		 "/sys/bus/pci/devices/%s/power/runtime_status", bdf);
	return !access(path, F_OK);
}

int main(void)
{
	if (bed_load() || module_load("vfio_iommu_type1", NULL))
		return 1;
	if (!kernel_suspends()) {
		print_message("no power management, nothing to test\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
