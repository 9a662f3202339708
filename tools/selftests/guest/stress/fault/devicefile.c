// SPDX-License-Identifier: GPL-2.0
/*
 * Faults in the opening of files, of /dev/iommu and of a device, in BIND, and where a
 * device gets its driver.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>
#include <sys/syscall.h>

#include "bed.h"
#include "devicebed.h"
#include "devicefile.h"
#include "edu.h"
#include "edubed.h"
#include "faults.h"
#include "file.h"
#include "iommufd.h"
#include "pci.h"
#include "scene.h"
#include "sweep.h"
#include "user.h"
#include "vfio.h"

static int call_open(struct scene *scene)
{
	scene->file = iommufd_open();
	return scene->file < 0 ? scene->file : 0;
}

static void undo_open(struct scene *scene)
{
	close(scene->file);
}

/* As another user, who has no file open: nobody counts for that one yet. */
static int call_open_first(struct scene *scene)
{
	int rc;

	/* Both of these can be what fails. */
	if (syscall(SYS_setresuid, USER, 0, 0))
		return -errno;
	rc = call_open(scene);
	while (syscall(SYS_setresuid, 0, 0, 0))
		;
	return rc;
}

void test_open(void **state)
{
	struct scene scene = {
		.name = "open", .bed = *state, .call = call_open_first,
		.undo = undo_open,
	};

	sweep(&scene);
}

static char device_node[VFIO_NODE_MAX];

static int call_open_device(struct scene *scene)
{
	scene->file = open(device_node, O_RDWR | O_CLOEXEC);
	return scene->file < 0 ? -errno : 0;
}

void test_open_device(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "open of a device", .bed = bed,
		.call = call_open_device, .undo = undo_open,
	};

	assert_int_equal(vfio_cdev_node(bed->edu.bdf, device_node), 0);
	sweep(&scene);
}

static int call_bind(struct scene *scene)
{
	return vfio_bind(scene->bed->edu.dev, scene->file, NULL);
}

static void undo_bind(struct scene *scene)
{
	struct edu *edu = &scene->bed->edu;

	close(edu->dev);
	check_no_object(scene->file);
	edu->dev = vfio_cdev_open(edu->bdf);
	assert_true(edu->dev >= 0);
}

/* Not bound, so nothing but BIND works; and there is no device object. */
static void inspect_bind(struct scene *scene)
{
	assert_int_equal(vfio_detach(scene->bed->edu.dev), -EINVAL);
	check_no_object(scene->file);
}

/*
 * The device is enabled while no driver has it: to enable it asks the firmware,
 * and the kernel's interpreter of that does not survive each fault.
 */
static void enable_device(const char *bdf, const char *enable)
{
	char path[128];

	assert_int_equal(pci_unbind(bdf), 0);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable", bdf);
	assert_int_equal(file_write(path, enable), 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
}

void test_bind(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "BIND", .bed = bed, .call = call_bind,
		.undo = undo_bind, .inspect = inspect_bind, .file = new_fd(),
	};

	edu_close(&bed->edu);
	enable_device(bed->edu.bdf, "1");
	bed->edu.dev = vfio_cdev_open(bed->edu.bdf);
	assert_true(bed->edu.dev >= 0);
	sweep(&scene);
	close(scene.file);
	close(bed->edu.dev);
	enable_device(bed->edu.bdf, "0");
	assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
}

/* With a token, which the device has no use for, in a longer struct. */
static int call_bind_token(struct scene *scene)
{
	struct {
		struct vfio_cdev_bind_iommufd cmd;
		uint64_t more[2];
	} arg = {
		.cmd = {
			.argsz = sizeof(arg), .iommufd = scene->file,
			.flags = VFIO_DEVICE_BIND_FLAG_TOKEN,
			.token_uuid_ptr = (uintptr_t)scene->bed->scratch,
		},
	};

	return iommufd_call(scene->bed->edu.dev, VFIO_DEVICE_BIND_IOMMUFD,
			    &arg);
}

void test_bind_token(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "BIND with a token", .bed = bed, .error = -EINVAL,
		.call = call_bind_token, .inspect = inspect_bind,
		.file = new_fd(),
	};

	edu_close(&bed->edu);
	bed->edu.dev = vfio_cdev_open(bed->edu.bdf);
	assert_true(bed->edu.dev >= 0);
	sweep(&scene);
	close(scene.file);
	close(bed->edu.dev);
	assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
}

static int call_feature(struct scene *scene)
{
	struct vfio_device_feature arg = { .argsz = sizeof(arg) };

	return iommufd_call(scene->bed->edu.dev, VFIO_DEVICE_FEATURE, &arg);
}

void test_feature(void **state)
{
	struct scene scene = {
		.name = "FEATURE", .bed = *state, .error = -ENOTTY,
		.call = call_feature,
	};

	sweep(&scene);
}

/* The device is there without a node, where none can be made. */
static int call_probe(struct scene *scene)
{
	const char *bdf = scene->bed->edu.bdf;
	int rc = pci_bind(bdf, "vfio-pci");

	if (rc)
		return rc;
	if (!vfio_cdev_node(bdf, device_node) && !access(device_node, F_OK))
		return 0;
	assert_int_equal(pci_unbind(bdf), 0);
	return -ENOMEM;
}

static void undo_probe(struct scene *scene)
{
	assert_int_equal(pci_unbind(scene->bed->edu.bdf), 0);
	assert_int_not_equal(access(device_node, F_OK), 0);
}

void test_probe(void **state)
{
	struct edubed *bed = *state;
	struct scene scene = {
		.name = "a node in /dev/vfio/devices", .bed = bed,
		.call = call_probe, .undo = undo_probe,
	};

	/* Those of the kernel would hit the driver of the device, not us. */
	if (faults == &of_kernel)
		skip();
	edu_close(&bed->edu);
	assert_int_equal(pci_unbind(bed->edu.bdf), 0);
	sweep(&scene);
	assert_int_equal(edu_open(&bed->edu, 0, bed->fd), 0);
}
