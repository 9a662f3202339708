// SPDX-License-Identifier: GPL-2.0
/*
 * What arrives: registers written, registers of an edu, and memory that lies in a
 * BAR, of which an edu moves kilobytes.
 */
#include <linux/vfio.h>

#include "bed.h"
#include "bytes.h"
#include "edubed.h"
#include "mmio.h"
#include "p2pbed.h"

/* An edu keeps what is written here: where the next transfer is from. */
#define EDU_KEEPS 0x80

/* ---- registers ---- */

static uint32_t marks(struct p2p *p2p)
{
	return mmio_read32(p2p->target.bar.base, P2P_SET) & P2P_MARK;
}

static void put_mark(struct p2p *p2p)
{
	mmio_write32(p2p->target.bar.base, P2P_CLEAR, UINT32_MAX);
	assert_int_equal(marks(p2p), 0);
	assert_int_equal(nvme_put(&p2p->engine, P2P_IOVA + P2P_SET, P2P_MARK),
			 0);
}

/* What may only be read is not written, and what has been unmapped is not. */
void test_write(void **state)
{
	struct p2p *p2p = *state;
	struct vfio_map *bar = &p2p->target.bar;

	p2p_map_bar(p2p);
	put_mark(p2p);
	assert_int_equal(marks(p2p), P2P_MARK);
	p2p_unmap_bar(p2p);
	put_mark(p2p);
	assert_int_equal(marks(p2p), 0);

	assert_int_equal(p2p_map(p2p, MAP_R, bar->base, bar->size, P2P_IOVA),
			 0);
	assert_true(p2p_live(p2p));
	put_mark(p2p);
	assert_int_equal(marks(p2p), 0);
	p2p_unmap_bar(p2p);
}

/*
 * A dma-buf: parts of it, more than it has, and while the target is off. It needs no
 * mapping of the process; and it is the device's, not its owner's, that ends it.
 */
void test_dma_buf(void **state)
{
	struct p2p *p2p = *state;
	uint8_t *base = p2p->target.bar.base;
	size_t size = p2p->target.bar.size;
	uint64_t iova = P2P_IOVA;

	assert_int_equal(p2p_map(p2p, MAP_RW, base, size + PAGE, P2P_IOVA),
			 -EINVAL);
	assert_int_equal(p2p_map(p2p, MAP_RW, base + PAGE, size, P2P_IOVA),
			 -EINVAL);
	assert_int_equal(iommufd_map_file(p2p->reader.fd, p2p->ioas,
					  MAP_RW | MAP_FIXED_IOVA, p2p->dma_buf,
					  size, PAGE, &iova), -EINVAL);
	assert_int_equal(vfio_decode(p2p->target.dev, 0), 0);
	assert_int_equal(p2p_map(p2p, MAP_RW, base, size, P2P_IOVA), -ENODEV);
	assert_int_equal(vfio_decode(p2p->target.dev, 1), 0);
	assert_true(p2p_dead(p2p));

	assert_int_equal(p2p_map(p2p, MAP_RW, base + PAGE, PAGE,
				 P2P_IOVA + PAGE), 0);
	assert_true(p2p_dead(p2p));
	assert_int_equal(p2p_map(p2p, MAP_RW, base, PAGE, P2P_IOVA), 0);
	assert_true(p2p_live(p2p));
	p2p_device_unmap(&p2p->target);
	assert_true(p2p_live(p2p));
	p2p_close(&p2p->dma_buf);
	assert_true(p2p_live(p2p));
	p2p_close(&p2p->target.dev);
	assert_true(p2p_dead(p2p));
	assert_int_equal(iommufd_unmap(p2p->reader.fd, p2p->ioas, P2P_IOVA,
				       2 * PAGE, NULL), 0);
}

/* ---- the edu ---- */

/* In an IOAS of its own, with a target that a test chooses. */
struct two {
	struct edubed *bed;
	struct p2p_device target;
};

int two_setup(void **state)
{
	struct two *two = calloc(1, sizeof(*two));

	two->target = (struct p2p_device){ .fd = -1, .group = -1, .dev = -1 };
	edubed_setup(state);
	two->bed = *state;
	*state = two;
	return 0;
}

int two_teardown(void **state)
{
	struct two *two = *state;
	void *bed = two->bed;

	p2p_device_close(&two->target);
	free(two);
	return edubed_teardown(&bed);
}

/* The target's @bar, to where the edu reaches it. */
static void two_open(struct two *two, const char *bdf, unsigned int bar)
{
	struct p2p_device *target = &two->target;

	memcpy(target->bdf, bdf, PCI_NAME_MAX);
	p2p_device_open(target, false, two->bed->fd);
	p2p_device_unmap(target);
	assert_int_equal(vfio_bar_map(target->dev, bar, &target->bar), 0);
	map_at(two->bed, P2P_IOVA, MAP_RW, target->bar.base, target->bar.size);
	assert_int_equal(pinned(two->bed), 0);
}

/* An edu reads an NVMe, and writes it. */
void test_edu_reads(void **state)
{
	struct two *two = *state;
	struct vfio_map *bar = &two->target.bar;
	char bdf[PCI_NAME_MAX];
	uint64_t cap;

	assert_int_equal(pci_find_class(PCI_CLASS_NVME, 0, bdf), 0);
	two_open(two, bdf, 0);
	cap = mmio_read64(bar->base, 0);
	assert_true(dma_reads(two->bed, P2P_IOVA, &cap, sizeof(cap)));
	*(uint32_t *)two->bed->scratch = htole32(P2P_MARK);
	assert_int_equal(edu_load(&two->bed->edu, SCRATCH_IOVA, 0, 4), 0);
	assert_int_equal(edu_store(&two->bed->edu, P2P_IOVA + P2P_SET, 0, 4),
			 0);
	assert_int_equal(mmio_read32(bar->base, P2P_SET), P2P_MARK);
	unmap(two->bed, P2P_IOVA, bar->size);
	assert_false(dma_reads(two->bed, P2P_IOVA, &cap, sizeof(cap)));
}

/* And an edu is read, and written: its registers arrive as they are. */
void test_edu_is_read(void **state)
{
	const uint64_t there = 0x123456780000, back = 0x9abcdef00000;
	struct p2p *p2p = *state;
	struct p2p_device *edu = &p2p->third;

	assert_int_equal(pci_find_id(EDU_VENDOR, EDU_DEVICE, 0, edu->bdf), 0);
	p2p_device_open(edu, false, p2p->reader.fd);
	assert_int_equal(p2p_map(p2p, MAP_RW, edu->bar.base, edu->bar.size,
				 P2P_IOVA), 0);
	mmio_write64(edu->bar.base, EDU_KEEPS, there);
	assert_int_equal(p2p_fetch(p2p, P2P_IOVA + EDU_KEEPS), there);
	assert_int_equal(nvme_put(&p2p->engine, P2P_IOVA + EDU_KEEPS, back), 0);
	assert_int_equal(mmio_read64(edu->bar.base, EDU_KEEPS) & NVME_KEPT,
			 back);
	assert_int_equal(munmap(edu->bar.base, edu->bar.size), 0);
	assert_int_equal(p2p_fetch(p2p, P2P_IOVA + EDU_KEEPS), 0);
	edu->bar.base = NULL;
}

/* ---- memory in a BAR ---- */

#define PIECE 1024

/* There and back, at both ends, in the middle, and across pages of each size. */
static void check_memory(struct two *two)
{
	size_t size = two->target.bar.size;
	const size_t places[] = {
		0, PAGE - PIECE / 2, HUGE - PIECE / 2, size / 2 + PAGE,
		size - PIECE,
	};
	unsigned int i;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		uint8_t *at = (uint8_t *)two->target.bar.base + places[i];
		uint64_t iova = P2P_IOVA + places[i];

		fill(at, PIECE);
		assert_true(dma_reads(two->bed, iova, at, PIECE));
		assert_true(dma_writes(two->bed, iova, at, PIECE));
	}
}

static void check_bar(struct two *two, const char *bdf, unsigned int bar)
{
	struct p2p_device *target = &two->target;
	uint8_t there[PIECE];

	two_open(two, bdf, bar);
	print_message("%zu MiB\n", target->bar.size >> 20);
	check_memory(two);
	memcpy(there, target->bar.base, PIECE);
	assert_int_equal(vfio_decode(target->dev, 0), 0);
	assert_int_equal(pci_decode(bdf, 1), 0);
	assert_false(dma_reads(two->bed, P2P_IOVA, there, PIECE));
	assert_int_equal(pci_decode(bdf, 0), 0);
	assert_int_equal(vfio_decode(target->dev, 1), 0);
	check_memory(two);
	unmap(two->bed, P2P_IOVA, target->bar.size);
	assert_true(dma_write_blocked(two->bed, P2P_IOVA, target->bar.base,
				      PIECE));
}

/* The first NVMe that has memory, in BAR 2. */
void test_nvme_memory(void **state)
{
	struct two *two = *state;
	char bdf[PCI_NAME_MAX];
	int n;

	for (n = 0; !pci_find_class(PCI_CLASS_NVME, n, bdf); n++) {
		char path[128];

		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource2",
			 bdf);
		if (access(path, F_OK))
			continue;
		check_bar(two, bdf, 2);
		return;
	}
	skip();
}

void test_large_bar(void **state)
{
	char bdf[PCI_NAME_MAX];

	if (pci_find_id(0x1af4, 0x1110, 0, bdf))
		skip();
	check_bar(*state, bdf, 2);
}
