// SPDX-License-Identifier: GPL-2.0
/*
 * What udev sees of a node, without udev: the `uevent` file of the VFIO device,
 * /sys/dev/char, and the kernel's events, as the device is bound and unbound,
 * as vfio_cdev.ko is loaded and unloaded, and as somebody asks for an event.
 * What udev makes of it is for scripts/udev. Needs the edu device.
 *
 * In the end readers of `uevent` race with the module, which goes and comes: for
 * some seconds and some times, with TEST_LONG or RACE_SECONDS for longer.
 */
#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <linux/netlink.h>

#include "bed.h"
#include "clock.h"
#include "compiler.h"
#include "edubed.h"
#include "env.h"
#include "file.h"
#include "module.h"

#define SECONDS 3
#define SECONDS_LONG 60
#define LOADS 3

/* Of the kernel itself, and not of udev. */
#define KERNEL_GROUP 1
#define EVENT_MAX 4096
#define EVENT_WAIT_MS 10000

/* "MAJOR=...", "MINOR=...", "DEVNAME=...", each with its NUL. */
#define PROPERTIES_MAX 96

struct place {
	char bdf[PCI_NAME_MAX];
	char node[VFIO_NODE_MAX];
	const char *name;	/* vfioN */
	char sysfs[128];	/* its directory */
	char uevent[160];	/* the file */
	char properties[PROPERTIES_MAX];
	int length;
	int events;	/* a socket */
};

static int events_open(void)
{
	struct sockaddr_nl address = {
		.nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP,
	};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (void *)&address, sizeof(address)), 0);
	return fd;
}

/* Where the edu's node is, and what is to be told of it. */
static void place_find(struct place *place)
{
	struct stat node;

	assert_int_equal(vfio_cdev_node(place->bdf, place->node), 0);
	place->name = strrchr(place->node, '/') + 1;
	snprintf(place->sysfs, sizeof(place->sysfs),
		 "/sys/bus/pci/devices/%s/vfio-dev/%.32s", place->bdf,
		 place->name);
	snprintf(place->uevent, sizeof(place->uevent), "%s/uevent",
		 place->sysfs);
	assert_int_equal(stat(place->node, &node), 0);
	place->length = 1 + snprintf(place->properties, PROPERTIES_MAX,
				     "MAJOR=%u%cMINOR=%u%cDEVNAME=%s",
				     major(node.st_rdev), 0,
				     minor(node.st_rdev), 0,
				     place->node + strlen("/dev/"));
}

static int load(void)
{
	/* The node of another user of iommufd says nothing of this one. */
	return bed_load() || module_load("vfio_cdev", NULL);
}

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_int_equal(load(), 0);
	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, place->bdf), 0);
	assert_int_equal(pci_bind(place->bdf, "vfio-pci"), 0);
	place_find(place);
	place->events = events_open();
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;

	close(place->events);
	free(place);
	return load();
}

/* Whether @head, "ACTION@DEVPATH", says that of the VFIO device. */
static bool is_about(const struct place *place, const char *head,
		     const char *action)
{
	const char *name = strrchr(head, '/');

	return name && !strcmp(name + 1, place->name) &&
	       strstr(head, "/vfio-dev/") && head[strlen(action)] == '@' &&
	       !strncmp(head, action, strlen(action));
}

/*
 * Waits for such an event of the VFIO device. The core has its own ones, which
 * know of no node: @told says which is meant.
 */
static bool event_comes(const struct place *place, const char *action,
			bool told)
{
	struct pollfd wait = { .fd = place->events, .events = POLLIN };
	char event[EVENT_MAX];

	while (poll(&wait, 1, EVENT_WAIT_MS) == 1) {
		ssize_t size = recv(place->events, event, sizeof(event), 0);

		assert_true(size > 0);
		if (!is_about(place, event, action))
			continue;
		if (memmem(event, size, place->properties, place->length))
			return told;
		assert_null(memmem(event, size, "DEVNAME=", 8));
		if (!told)
			return true;
	}
	return false;
}

static bool node_is_there(const struct place *place)
{
	return !access(place->node, F_OK);
}

/* Whether the file has the properties, or else that it is empty. */
static bool file_tells(const struct place *place)
{
	char text[EVENT_MAX];
	int i, size = file_read(place->uevent, text, sizeof(text));

	assert_true(size >= 0);
	for (i = 0; i < size; i++)
		if (text[i] == '\n')
			text[i] = '\0';
	if (size + 1 == place->length)
		return !memcmp(text, place->properties, size);
	assert_int_equal(size, 0);
	return false;
}

static void test_file(void **state)
{
	struct place *place = *state;

	assert_true(file_tells(place));
	assert_int_equal(module_unload("vfio_cdev"), 0);
	assert_false(file_tells(place));
	assert_int_equal(module_load("vfio_cdev", NULL), 0);
	assert_true(file_tells(place));
}

/* What VMMs and device plugins look at, by the class or by the device. */
static void test_node(void **state)
{
	struct place *place = *state;
	char path[192], want[32], text[32];
	struct stat node;

	assert_int_equal(stat(place->node, &node), 0);
	assert_int_equal(node.st_mode, S_IFCHR | 0600);
	assert_int_equal(node.st_uid, 0);
	assert_int_equal(node.st_gid, 0);
	snprintf(want, sizeof(want), "%u:%u", major(node.st_rdev),
		 minor(node.st_rdev));
	snprintf(path, sizeof(path), "%s/dev", place->sysfs);
	assert_true(file_read(path, text, sizeof(text)) > 0);
	assert_string_equal(text, want);
	snprintf(path, sizeof(path), "/sys/class/vfio-dev/%s/dev",
		 place->name);
	assert_true(file_read(path, text, sizeof(text)) > 0);
	assert_string_equal(text, want);
	assert_int_equal(system("grep -q '^ *[0-9]* vfio-dev$' /proc/devices"),
			 0);
	assert_int_equal(module_unload("vfio_cdev"), 0);
	assert_int_equal(access(path, F_OK), -1);
}

/* Who has the number, such as by stat(), finds the VFIO device. */
static void test_number(void **state)
{
	struct place *place = *state;
	char path[64], there[PATH_MAX], device[PATH_MAX];
	struct stat node;

	assert_int_equal(stat(place->node, &node), 0);
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u",
		 major(node.st_rdev), minor(node.st_rdev));
	assert_non_null(realpath(path, there));
	assert_non_null(realpath(place->sysfs, device));
	assert_string_equal(there, device);
	/* Nothing is left of it. */
	assert_int_equal(module_unload("vfio_cdev"), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(readlink(path, there, sizeof(there)), -1);
}

static int is_vfio(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "vfio", 4);
}

static int count_vfio(const char *path)
{
	struct dirent **names;
	int count = scandir(path, &names, is_vfio, NULL), i;

	for (i = 0; i < count; i++)
		free(names[i]);
	if (count >= 0)
		free(names);
	return count;
}

/* One device for udev and for VMMs: no second one has the same node. */
static void test_one_device(void **state)
{
	static const char others[] =
		"grep -l DEVNAME=vfio/dev /sys/class/*/*/uevent | grep -qv vfio-dev";
	struct place *place = *state;
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev",
		 place->bdf);
	assert_int_equal(count_vfio(path), 1);
	/* Of groups, and of devices. */
	assert_int_equal(count_vfio("/sys/class"), 2);
	assert_int_equal(system(others), 256);
}

/* As the node comes and goes with the driver. */
static void test_bind(void **state)
{
	struct place *place = *state;

	assert_int_equal(pci_unbind(place->bdf), 0);
	assert_true(event_comes(place, "remove", true));
	assert_false(node_is_there(place));
	assert_true(event_comes(place, "remove", false));
	/* The number is the old one, or else the next. */
	assert_int_equal(pci_bind(place->bdf, "vfio-pci"), 0);
	place_find(place);
	assert_true(event_comes(place, "add", false));
	assert_true(event_comes(place, "add", true));
	assert_true(node_is_there(place));
}

/* The same with the module. */
static void test_load(void **state)
{
	struct place *place = *state;

	assert_int_equal(module_unload("vfio_cdev"), 0);
	assert_true(event_comes(place, "remove", true));
	assert_false(node_is_there(place));
	assert_int_equal(module_load("vfio_cdev", NULL), 0);
	place_find(place);
	assert_true(event_comes(place, "add", true));
	assert_true(node_is_there(place));
}

/* What `udevadm trigger` writes. */
static void test_trigger(void **state)
{
	struct place *place = *state;

	assert_int_equal(file_write(place->uevent, "change"), 0);
	assert_true(event_comes(place, "change", true));
	assert_int_equal(module_unload("vfio_cdev"), 0);
	assert_int_equal(file_write(place->uevent, "change"), 0);
	assert_true(event_comes(place, "change", false));
}

struct reader {
	const struct place *place;
	bool *end;
	unsigned long turns;
	int error;
	pthread_t thread;
};

/* Reads, and asks for an event: both end in the function of our module. */
static void *reader_run(void *arg)
{
	struct reader *reader = arg;
	char text[EVENT_MAX];
	int rc = 0;

	while (!__atomic_load_n(reader->end, __ATOMIC_RELAXED) && rc >= 0) {
		rc = file_read(reader->place->uevent, text, sizeof(text));
		if (rc >= 0 && !(reader->turns++ % 4))
			rc = file_write(reader->place->uevent, "change");
	}
	reader->error = rc;
	return NULL;
}

static void test_readers(void **state)
{
	struct place *place = *state;
	uint64_t end = clock_ms() + race_seconds(SECONDS, SECONDS_LONG) * 1000;
	struct reader readers[3] = { 0 };
	unsigned int loads = 0, i;
	bool stop = false;

	for (i = 0; i < ARRAY_SIZE(readers); i++) {
		readers[i].place = place;
		readers[i].end = &stop;
		assert_int_equal(pthread_create(&readers[i].thread, NULL,
						reader_run, &readers[i]), 0);
	}
	do {
		assert_int_equal(module_unload("vfio_cdev"), 0);
		assert_int_equal(module_load("vfio_cdev", NULL), 0);
		loads++;
	} while (clock_ms() < end || loads < LOADS);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < ARRAY_SIZE(readers); i++) {
		pthread_join(readers[i].thread, NULL);
		assert_true(readers[i].error >= 0);
		assert_true(readers[i].turns > 0);
	}
	print_message("vfio_cdev.ko loaded %u times, the file read %lu times\n",
		      loads, readers[0].turns + readers[1].turns +
		      readers[2].turns);
	assert_true(file_tells(place));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_node),
	TEST(test_file),
	TEST(test_number),
	TEST(test_one_device),
	TEST(test_bind),
	TEST(test_load),
	TEST(test_trigger),
	TEST(test_readers),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
