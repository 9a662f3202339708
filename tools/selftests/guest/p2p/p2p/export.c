// SPDX-License-Identifier: GPL-2.0
/*
 * Registers that their driver exports as a dma-buf: no process need have them mapped, and
 * they end with the device. Kernels before 7.3 export none.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bed.h"
#include "clock.h"
#include "export.h"
#include "p2pbed.h"

/* VFIO_DEVICE_FEATURE_DMA_BUF, which older headers do not have. */
#define FEATURE_DMA_BUF 11

/* Those of a region. */
struct range {
	uint64_t offset;
	uint64_t length;
};

/* The first two pages of BAR 0, in @ranges pieces. A file, or a negative errno. */
static int export_bar(int dev, unsigned int ranges)
{
	struct {
		struct vfio_device_feature feature;
		uint32_t region;
		uint32_t open_flags;
		uint32_t flags;
		uint32_t count;
		struct range ranges[2];
	} arg = {
		.feature = {
			.argsz = sizeof(arg),
			.flags = VFIO_DEVICE_FEATURE_GET | FEATURE_DMA_BUF,
		},
		.open_flags = O_RDWR | O_CLOEXEC,
		.count = ranges,
	};
	unsigned int i;
	int fd;

	for (i = 0; i < ranges; i++) {
		arg.ranges[i].offset = i * PAGE;
		arg.ranges[i].length = 2 * PAGE / ranges;
	}
	arg.feature.argsz -= (2 - ranges) * sizeof(struct range);
	fd = ioctl(dev, VFIO_DEVICE_FEATURE, &arg);
	return fd < 0 ? -errno : fd;
}

/* One that the test needs; skips it where the kernel has none. */
static int need_export(struct p2p *p2p)
{
	int fd = export_bar(p2p->target.dev, 1);

	if (fd == -ENOTTY)
		skip();
	assert_true(fd >= 0);
	return fd;
}

static int map_export(struct p2p *p2p, int fd, uint64_t start, uint64_t length,
		      uint64_t iova)
{
	return iommufd_map_file(p2p->reader.fd, p2p->ioas, MAP_RW | MAP_FIXED_IOVA,
				fd, start, length, &iova);
}

static bool revived(struct p2p *p2p)
{
	uint64_t start = clock_ms();

	while (!p2p_live(p2p))
		if (clock_ms() - start > P2P_PATIENCE_MS)
			return false;
	return true;
}

/* Blocked before each call returns, there again after it; and without a mapping. */
void test_export(void **state)
{
	struct p2p *p2p = *state;
	uint64_t unmapped = 0;
	int fd = need_export(p2p);
	int i;

	assert_int_equal(map_export(p2p, fd, 0, PAGE, P2P_IOVA), 0);
	close(fd);
	p2p_device_unmap(&p2p->target);
	assert_true(p2p_live(p2p));
	for (i = 0; i < 3; i++) {
		assert_int_equal(vfio_decode(p2p->target.dev, 0), 0);
		assert_true(p2p_dead(p2p));
		assert_int_equal(vfio_decode(p2p->target.dev, 1), 0);
		assert_true(p2p_live(p2p));
	}
	assert_int_equal(vfio_reset(p2p->target.dev), 0);
	/* It turns decoding off; whether it is on again is the device's. */
	assert_int_equal(vfio_decode(p2p->target.dev, 1), 0);
	assert_true(revived(p2p));
	assert_int_equal(p2p_unmap(p2p, P2P_IOVA, PAGE, &unmapped), 0);
	assert_int_equal(unmapped, PAGE);
	assert_true(p2p_dead(p2p));
}

/* The device goes, and what was mapped of it stays without. */
void test_export_ends(void **state)
{
	struct p2p *p2p = *state;
	uint64_t unmapped = 0;
	int fd = need_export(p2p);

	assert_int_equal(map_export(p2p, fd, 0, 2 * PAGE, P2P_IOVA), 0);
	assert_true(p2p_live(p2p));
	p2p_device_unmap(&p2p->target);
	p2p_device_close(&p2p->target);
	assert_true(p2p_dead(p2p));
	assert_int_equal(map_export(p2p, fd, 0, PAGE, P2P_IOVA + 4 * PAGE),
			 -ENODEV);
	usleep(200 * 1000);
	assert_true(p2p_dead(p2p));
	assert_int_equal(map_export(p2p, fd, 0, PAGE, P2P_IOVA), -ENODEV);
	assert_int_equal(p2p_unmap(p2p, P2P_IOVA, 2 * PAGE, &unmapped), 0);
	assert_int_equal(unmapped, 2 * PAGE);
	close(fd);
}

void test_export_errors(void **state)
{
	struct p2p *p2p = *state;
	int fd = need_export(p2p), two;

	assert_int_equal(map_export(p2p, fd, 0, 3 * PAGE, P2P_IOVA), -EINVAL);
	assert_int_equal(map_export(p2p, fd, 2 * PAGE, PAGE, P2P_IOVA),
			 -EINVAL);
	assert_int_equal(map_export(p2p, fd, UINT64_MAX - PAGE + 1, 2 * PAGE,
				    P2P_IOVA), -EOVERFLOW);
	assert_int_equal(map_export(p2p, fd, 0, 0, P2P_IOVA), -EINVAL);
	/* The second page is one for itself. */
	assert_int_equal(map_export(p2p, fd, PAGE, PAGE, P2P_IOVA), 0);
	assert_int_equal(map_export(p2p, fd, 0, PAGE, P2P_IOVA), -EEXIST);
	two = export_bar(p2p->target.dev, 2);
	assert_true(two >= 0);
	assert_int_equal(map_export(p2p, two, 0, PAGE, P2P_IOVA + 4 * PAGE),
			 -EOPNOTSUPP);
	assert_int_equal(p2p_unmap(p2p, P2P_IOVA, PAGE, NULL), 0);
	close(two);
	close(fd);
}
