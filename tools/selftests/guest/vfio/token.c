// SPDX-License-Identifier: GPL-2.0
/*
 * VF tokens: who has a virtual function shows that he is trusted by who has the
 * physical one, at BIND. Needs a device with SR-IOV, and the edu.
 *
 * QEMU 7.2 forgets the virtual function when the physical one is reset, and
 * vfio-pci would wait for it for a minute. So neither is reset when it is
 * opened, and the virtual one is made anew for each test.
 */
#include <linux/vfio.h>

#include "bed.h"
#include "edu.h"
#include "file.h"
#include "iommufd.h"
#include "pci.h"
#include "vfio.h"

enum { PF, VF };

struct functions {
	char bdf[2][PCI_NAME_MAX];
	int dev[2];
	int iommufd;
};

static const uint8_t token[16] = {
	0xbd, 0x8d, 0x9d, 0x2b, 0x5a, 0x5f, 0x4f, 0x5a,
	0xa2, 0x11, 0xf5, 0x91, 0x51, 0x4b, 0xa1, 0xf3,
};

static const uint8_t other_token[16] = { 1 };

static const char *attribute(const char *bdf, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, name);
	return path;
}

static void find_pf(char *bdf)
{
	int n;

	for (n = 0; !pci_find_class(PCI_CLASS_NVME, n, bdf); n++)
		if (!access(attribute(bdf, "sriov_totalvfs"), F_OK))
			return;
	fail_msg("no device with SR-IOV: scripts/vm --device nvme-sriov");
}

static void give(const char *bdf)
{
	assert_int_equal(file_write(attribute(bdf, "reset_method"), "\n"), 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
}

static void open_again(struct functions *functions, int i)
{
	close(functions->dev[i]);
	functions->dev[i] = vfio_cdev_open(functions->bdf[i]);
	assert_true(functions->dev[i] >= 0);
}

static int setup(void **state)
{
	struct functions *functions = calloc(1, sizeof(*functions));
	const char *pf = functions->bdf[PF];
	char link[64] = "";

	find_pf(functions->bdf[PF]);
	assert_int_equal(file_write("/sys/module/vfio_pci/parameters/enable_sriov",
				    "1"), 0);
	give(pf);
	assert_int_equal(file_write(attribute(pf, "sriov_numvfs"), "1"), 0);
	assert_true(readlink(attribute(pf, "virtfn0"), link,
			     sizeof(link) - 1) > 0);
	snprintf(functions->bdf[VF], PCI_NAME_MAX, "%.15s",
		 strrchr(link, '/') + 1);
	give(functions->bdf[VF]);
	functions->dev[PF] = -1;
	functions->dev[VF] = -1;
	open_again(functions, PF);
	open_again(functions, VF);
	functions->iommufd = new_fd();
	*state = functions;
	return 0;
}

static int teardown(void **state)
{
	struct functions *functions = *state;

	close(functions->dev[PF]);
	close(functions->dev[VF]);
	close(functions->iommufd);
	assert_int_equal(file_write(attribute(functions->bdf[PF],
					      "sriov_numvfs"), "0"), 0);
	free(functions);
	return 0;
}

/* Who binds the physical function first says which token it is. */
static void test_both(void **state)
{
	struct functions *functions = *state;
	int fd = functions->iommufd, pf = functions->dev[PF];
	int vf = functions->dev[VF];

	assert_int_equal(vfio_bind_token(pf, fd, token), 0);
	assert_int_equal(vfio_bind(vf, fd, NULL), -EACCES);
	assert_int_equal(vfio_bind_token(vf, fd, other_token), -EACCES);
	assert_int_equal(vfio_bind_token(vf, fd, NULL), -EFAULT);
	assert_int_equal(vfio_bind_token(vf, fd, token), 0);

	/* And the physical one, while somebody has the virtual one. */
	open_again(functions, PF);
	pf = functions->dev[PF];
	assert_int_equal(vfio_bind(pf, fd, NULL), -EACCES);
	assert_int_equal(vfio_bind_token(pf, fd, other_token), -EACCES);
	assert_int_equal(vfio_bind_token(pf, fd, token), 0);
}

/* Or says so later, by a feature. */
static void test_feature(void **state)
{
	struct functions *functions = *state;
	int fd = functions->iommufd, pf = functions->dev[PF];
	int vf = functions->dev[VF];
	uint64_t buffer[(sizeof(struct vfio_device_feature) + 16) / 8];
	struct vfio_device_feature *arg = (struct vfio_device_feature *)buffer;

	arg->argsz = sizeof(buffer);
	arg->flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_PCI_VF_TOKEN;
	memcpy(arg->data, other_token, 16);
	assert_int_equal(vfio_bind_token(pf, fd, token), 0);
	assert_int_equal(iommufd_call(pf, VFIO_DEVICE_FEATURE, arg), 0);
	assert_int_equal(vfio_bind_token(vf, fd, token), -EACCES);
	assert_int_equal(vfio_bind_token(vf, fd, other_token), 0);
}

/* A device that is neither has no use for one. */
static void test_no_function(void **state)
{
	char bdf[PCI_NAME_MAX];
	int fd = new_fd(), dev;

	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, bdf), 0);
	assert_int_equal(pci_bind(bdf, "vfio-pci"), 0);
	dev = vfio_cdev_open(bdf);
	assert_int_equal(vfio_bind_token(dev, fd, token), -EINVAL);
	assert_int_equal(vfio_bind(dev, fd, NULL), 0);
	close(dev);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_both),
	TEST(test_feature),
	cmocka_unit_test(test_no_function),
};

int main(void)
{
	if (bed_load())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
