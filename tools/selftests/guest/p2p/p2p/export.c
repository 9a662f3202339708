// SPDX-License-Identifier: GPL-2.0
/*
 * Registers that their driver exports as a dma-buf: no process need have them mapped, and
 * they end with the device. Kernels before 7.3 export none.
 */
#include <errno.h>
#include <unistd.h>

#include "bed.h"
#include "clock.h"
#include "export.h"
#include "p2pbed.h"

/* The first two pages of BAR 0, in @ranges pieces. A file, or a negative errno. */
static int export_bar(int dev, unsigned int ranges)
{
	return vfio_dma_buf(dev, 0, 2 * PAGE, ranges);
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
